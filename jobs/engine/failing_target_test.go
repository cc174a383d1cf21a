package engine_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/plan"
)

// An image stays where it is if the ad account that has its copy was given up since. No
// write to it failed, so what is told is the refusal of its reads.
func TestDeleteAfterTargetWasGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first := func(account string, regain time.Duration) sandbox.Rule {
			return sandbox.Rule{
				Match: sandbox.Match{Account: account, Kind: sandbox.Read, Nth: 1},
				Fault: sandbox.Fault{Name: "80004/2446079", Regain: regain},
			}
		}
		w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{
			first("33", time.Minute),    // so that 22 is read for the others once it has a
			first("55", 10*time.Minute), // so that a is deleted after that
			{Match: sandbox.Match{Account: "22", Kind: sandbox.Read, Nth: 2, Count: 1e9}, Fault: sandbox.Fault{Name: "10"}},
		}})
		w.Has("11", "a")
		w.Has("44", "b", "c", "d")
		for _, account := range []string{"22", "33", "55"} {
			w.Has(account)
		}
		w.Manifest("move 11 a 22", "move 11 a 55", "copy 44 b 33", "copy 33 b 22", "copy 44 c 33", "copy 33 c 22", "copy 44 d 33", "copy 33 d 22")
		w.Finish(engine.Options{})
		jobtest.WantHolds(t, w, "11 a", "22 a", "55 a", "33 b", "!22 b", "!22 c", "!22 d")
		deletes := 0
		for _, o := range w.Operations() {
			if o.Kind != plan.KindDelete {
				continue
			}
			deletes++
			out := o.Outcome
			if out.Reason != jobs.DependencyFailed || !strings.Contains(out.Message, "calls to act_22") || !strings.Contains(out.Message, "are refused: (#10)") || out.Code != 10 {
				t.Errorf("got %s, code %d: %s", out.Reason, out.Code, out.Message)
			}
		}
		if deletes != 1 {
			t.Errorf("got %d deletions, want 1", deletes)
		}
	})
}
