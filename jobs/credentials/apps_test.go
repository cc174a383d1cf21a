package credentials_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/plan"
)

// A block of one of several apps is told of each of its ad accounts: that it begins, that a
// probe is sent, and that it is over.
func TestAppBlockIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rows []string
		for i := range 40 {
			rows = append(rows, fmt.Sprintf("copy 11 north%d 12", i), fmt.Sprintf("copy 21 south%d 22", i))
		}
		w := newBusinessesOn(t, sandbox.Options{
			Latency: sandbox.Latency{Min: 300 * time.Millisecond},
			Script:  []sandbox.Rule{{Match: sandbox.Match{Account: "12", Kind: sandbox.Copy, Nth: 20, Count: 1}, Fault: sandbox.Fault{Name: "4", Hold: 5 * time.Minute}}},
		}, rows)
		if err := w.Run(w.opts); err != nil {
			t.Fatal(err)
		}
		told := map[plan.Account][]jobs.EventKind{}
		for _, e := range w.Events {
			if e.Kind.AboutWaits() {
				told[e.Account] = append(told[e.Account], e.Kind)
			}
		}
		if len(told) != 2 {
			t.Errorf("waits of %d ad accounts were told, want those of the blocked app alone: %v", len(told), told)
		}
		for _, a := range []plan.Account{"11", "12"} {
			if all := told[a]; len(all) < 3 || all[0] != jobs.EventParked || all[len(all)-1] != jobs.EventResumed || all[len(all)-2] != jobs.EventProbing {
				t.Errorf("of act_%s was told: %v", a, all)
			}
		}
	})
}
