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

// While the app of one token is blocked for hours, the accounts of another app are as fast as
// they are alone.
func TestAppsDoNotWaitForEachOther(t *testing.T) {
	var free, beside []string
	for i := range 6000 {
		free = append(free, fmt.Sprintf("copy 21 free%d 22", i))
		if i < 300 {
			beside = append(beside, fmt.Sprintf("copy 11 blocked%d 12", i))
		}
	}
	alone, _ := timeBeside(t, free)
	took, all := timeBeside(t, append(beside, free...))
	t.Logf("alone %v, beside a blocked app %v; the blocked app %v", alone, took, all)
	if limit := alone + alone/50; took > limit {
		t.Errorf("beside a blocked app it took %v, alone %v: more than 2 %% longer", took, alone)
	}
	if all < 2*time.Hour {
		t.Errorf("the blocked app was done in %v: it was not blocked", all)
	}
}

// timeBeside runs rows, and says how long those of the free app took, and all.
func timeBeside(t *testing.T, rows []string) (free, all time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		w := newBusinessesOn(t, sandbox.Options{
			Latency: sandbox.Latency{Min: 300 * time.Millisecond},
			Apps:    map[string]sandbox.App{"1": {HourlyCalls: 100}},
		}, rows)
		w.opts.Workers = 8
		if err := w.Run(w.opts); err != nil {
			t.Fatal(err)
		}
		for _, r := range w.Results() {
			if r.Source == "21" {
				free = max(free, r.Finished.Sub(began))
			}
			all = max(all, r.Finished.Sub(began))
		}
		if n := w.Server.Stats().Outside; n != 0 {
			t.Errorf("%d calls with a token that the account does not have", n)
		}
	})
	return free, all
}

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
