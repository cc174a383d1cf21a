package jobs_test

import (
	"testing"
	"time"

	"adferry/jobs"
)

// The network is down for a job when the one worker that tries cannot reach the API, and not when
// another one does.
func TestNetworkDownOfWorkers(t *testing.T) {
	down := time.Unix(1e9, 0)
	var all jobs.Tally
	wrote := map[string]jobs.Tally{}
	for _, step := range []struct {
		worker string
		calls  int
		down   bool
		want   bool
	}{
		{"a", 5, false, false},
		{"b", 0, false, false},
		{"a", 5, true, true},
		{"b", 0, false, true}, // it has sent nothing
		{"b", 3, false, false},
		{"a", 5, true, false}, // known for long
		{"b", 3, true, true},
		{"a", 6, false, false},
	} {
		t.Logf("%+v", step)
		now := jobs.Tally{APICounts: jobs.APICounts{Calls: step.calls}}
		if step.down {
			now.NetworkDownSince = down
		}
		all = all.With(now, wrote[step.worker])
		wrote[step.worker] = now
		if got := !all.NetworkDownSince.IsZero(); got != step.want {
			t.Errorf("got down %v, want %v", got, step.want)
		}
	}
	if all.Calls != 9 {
		t.Errorf("got %d calls, want 9", all.Calls)
	}
}
