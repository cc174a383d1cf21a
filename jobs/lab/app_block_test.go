package lab_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs/dispatch"
	"adferry/jobs/jobtest"
)

// announced is an API that says after each throttle of the app how long to wait.
type announced struct {
	dispatch.API
	wait time.Duration
}

func (a announced) Do(ctx context.Context, calls []graph.Call) []graph.Reply {
	replies := a.API.Do(ctx, calls)
	for i := range replies {
		if e := replies[i].Err; graph.ClassOf(e) == graph.ThrottledApp {
			named := *e
			named.RetryAfter = a.wait
			replies[i].Err = &named
		}
	}
	return replies
}

// A block of the app that is announced for 50 s and lasts 5 s, while headers say that the app
// has used up its hour, costs 50 s: then one probe passes, and everything goes on at once.
func TestAnnouncedAppBlock(t *testing.T) {
	const wait = 50 * time.Second
	m := model{tier: sandbox.Full, targets: map[string]int{}}
	m.options = sandbox.Options{Tier: sandbox.Full, Limits: noLimits}
	for i := range 4 {
		m.targets[fmt.Sprint(21+i)] = 500
	}
	run := func(o sandbox.Options) (r measured) {
		m := m
		m.options = o
		synctest.Test(t, func(t *testing.T) {
			s := labServer(m)
			r = labPlay(t, m, s, announced{jobtest.ClientOver(t, sandbox.Transport(s)), wait})
		})
		return r
	}
	free := run(m.options)
	m.options.Script = []sandbox.Rule{{
		Match: sandbox.Match{Account: "21", Kind: sandbox.Copy, Nth: 250, Count: 1},
		Fault: sandbox.Fault{Name: "4", Hold: 5 * time.Second},
	}}
	blocked := run(m.options)
	t.Logf("took %v, and %v without the block; %d calls were rejected", blocked.took, free.took, blocked.rejected)
	if most := free.took + wait + 3*time.Second; blocked.rejected == 0 || blocked.took < wait || blocked.took > most {
		t.Errorf("took %v with %d calls rejected, want %v at most", blocked.took, blocked.rejected, most)
	}
	for _, w := range blocked.wrong {
		t.Error(w)
	}
}
