package cli

import (
	"context"
	"iter"
	"sort"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/preflight"
	"adferry/jobs/reader"
	"adferry/jobs/store"
	"adferry/plan"
)

// newFinding tells what a run would do by how the rehearsal of its reads ended.
func newFinding(ctx context.Context, job *store.Job, f preflight.Forecast, r *reader.Reader, fence *fence) (*preflight.Finding, error) {
	summary, err := job.Summary(ctx)
	if err != nil {
		return nil, err
	}
	writes, err := job.Done(ctx)
	if err != nil {
		return nil, err
	}
	c := &preflight.Finding{ToDo: summary.Totals.Done, Already: map[jobs.Reason]int{}, Problems: map[jobs.Reason]int{}, Calls: int(fence.calls.Load())}
	for reason, n := range summary.Reasons {
		if reason == jobs.AlreadyPresent || reason == jobs.AlreadyAbsent {
			c.Already[reason] = n
		} else {
			c.Problems[reason] = n
		}
	}
	tiers := map[plan.Account]graph.Tier{}
	for _, a := range f.Accounts {
		rows := summary.Accounts[a.Account]
		one := preflight.AccountFinding{Account: a.Account, Readable: true, ToDo: rows.Done, Already: rows.Skipped, Failing: rows.Failed, Writes: writes[a.Account]}
		tier := r.Tier(a.Account)
		if tier != graph.TierUnknown {
			one.Tier = tier.String()
		}
		if e := fence.closed[string(a.Account)]; e != nil {
			one.Readable, one.Error = false, e.Error()
			c.Unread++
			tier = graph.TierFull // nothing is done there, at any speed
		} else if tier == graph.TierUnknown {
			c.Untold++
		}
		tiers[a.Account] = tier
		c.Accounts = append(c.Accounts, one)
	}
	sort.Slice(c.Accounts, func(i, j int) bool { return c.Accounts[i].Account < c.Accounts[j].Account })
	c.Least, c.Most = f.Within(func(a plan.Account) graph.Tier { return tiers[a] }, func(a plan.Account) int { return writes[a] })
	return c, nil
}

// otherRows are the rows that would not be carried out.
func otherRows(results iter.Seq2[jobs.Result, error]) iter.Seq2[preflight.RowFinding, error] {
	return func(yield func(preflight.RowFinding, error) bool) {
		for r, err := range results {
			if err == nil && r.Status == jobs.StatusDone {
				continue
			}
			if !yield(preflight.RowFinding{
				Row: r.Line, Operation: r.Verb.String(), Source: r.Source, Hash: r.Hash, Target: r.Target,
				Status: r.Status, Reason: r.Reason, Message: r.Message,
			}, err) {
				return
			}
		}
	}
}
