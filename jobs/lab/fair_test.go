package lab_test

import (
	"fmt"
	"testing"
	"time"

	"adferry/graph/sandbox"
)

// A large lane does not starve small ones: beside 100,000 copies into one ad
// account, fifty accounts that get 20 each are done within twice the time that
// eight requests in flight need for them alone.
func TestLargeLaneIsFair(t *testing.T) {
	t.Parallel()
	const small = 20
	m := model{tier: sandbox.Full, blocked: []string{"21"}, lasts: time.Minute, targets: map[string]int{"21": 100_000}}
	m.options = sandbox.Options{Tier: sandbox.Full, Limits: sandbox.Limits{Score: sandbox.Linear, BurstPerSecond: 100}}
	const lanes, batch, workers = 50, 10, 8
	for i := range lanes {
		m.targets[fmt.Sprint(22+i)] = small
	}
	// Each lane is read once, its source once, and written in two requests; the
	// three come one after the other.
	ideal := time.Duration(lanes*(2+small/batch)/workers+2) * labLatency
	r := labRun(t, m)
	t.Logf("the small lanes took %v of %v, ideal %v", r.others, r.took, ideal)
	if r.others > 2*ideal {
		t.Errorf("the small lanes took %v, want twice %v at most", r.others, ideal)
	}
	if r.small != lanes*small {
		t.Errorf("%d small copies were made, want %d", r.small, lanes*small)
	}
}
