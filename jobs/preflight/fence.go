package preflight

import (
	"context"
	"sync/atomic"

	"adferry/graph"
	"adferry/jobs/dispatch"
	"adferry/plan"
)

// Fence keeps calls from ad accounts that are known to refuse them, and counts the
// others: refused calls count against the quota and the app's access tier.
type Fence struct {
	api    dispatch.API
	closed map[string]*graph.Error
	calls  atomic.Int64
}

// NewFence makes a fence around an API; no account is closed.
func NewFence(api dispatch.API) *Fence {
	return &Fence{api: api, closed: map[string]*graph.Error{}}
}

// Close makes the error the answer to every call of the account. What failed again and
// again counts as refused, so that nobody tries it once more. It must not be called while
// calls are on their way.
func (f *Fence) Close(a plan.Account, err *graph.Error) {
	e := *err
	if e.Class == graph.Transient {
		e.Class = graph.RefusedAccount
	}
	f.closed[string(a)] = &e
}

// Closed is the error of a closed account, or nil.
func (f *Fence) Closed(a plan.Account) *graph.Error { return f.closed[string(a)] }

// Calls is how many calls passed.
func (f *Fence) Calls() int { return int(f.calls.Load()) }

// Do sends calls unless their account is closed. The calls of one request are all of one
// account.
func (f *Fence) Do(ctx context.Context, calls []graph.Call) []graph.Reply {
	refusal := f.closed[calls[0].Account]
	if refusal == nil {
		f.calls.Add(int64(len(calls)))
		return f.api.Do(ctx, calls)
	}
	replies := make([]graph.Reply, len(calls))
	for i := range replies {
		e := *refusal
		replies[i].Err = &e
	}
	return replies
}
