package preflight

import (
	"context"
	"iter"
	"sort"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/reader"
	"adferry/plan"
)

// Options make a run find out what it would do: it sends no write, and settles as done what
// it would write. Failures do not stop it, because they are what is looked for.
func Options(o engine.Options) engine.Options {
	o.ReadOnly = true
	o.MaxFailures = jobs.Limit{Percent: 100, Set: true}
	return o
}

// CheckedJob is a job whose reads were made and whose writes were settled as done without
// being sent: *store.Job is one.
type CheckedJob interface {
	Summary(ctx context.Context) (jobs.Summary, error)
	// Done counts the operations that would be carried out, by the ad account that is
	// charged for them.
	Done(ctx context.Context) (map[plan.Account]int, error)
}

// Find tells what a run would do from how the rehearsal of its reads ended.
func Find(ctx context.Context, job CheckedJob, f Forecast, r *reader.Reader, fence *Fence) (*Finding, error) {
	summary, err := job.Summary(ctx)
	if err != nil {
		return nil, err
	}
	writes, err := job.Done(ctx)
	if err != nil {
		return nil, err
	}
	c := &Finding{ToDo: summary.Totals.Done, Already: map[jobs.Reason]int{}, Problems: map[jobs.Reason]int{}, Calls: fence.Calls()}
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
		one := AccountFinding{Account: a.Account, Readable: true, ToDo: rows.Done, Already: rows.Skipped, Failing: rows.Failed, Writes: writes[a.Account]}
		tier := r.Tier(a.Account)
		if tier != graph.TierUnknown {
			one.Tier = tier.String()
		}
		if e := fence.Closed(a.Account); e != nil {
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

// OtherRows are the rows that would not be carried out.
func OtherRows(results iter.Seq2[jobs.Result, error]) iter.Seq2[RowFinding, error] {
	return func(yield func(RowFinding, error) bool) {
		for r, err := range results {
			if err == nil && r.Status == jobs.StatusDone {
				continue
			}
			if !yield(RowFinding{
				Row: r.Line, Operation: r.Verb.String(), Source: r.Source, Hash: r.Hash, Target: r.Target,
				Status: r.Status, Reason: r.Reason, Message: r.Message,
			}, err) {
				return
			}
		}
	}
}
