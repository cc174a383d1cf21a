package store

import (
	"context"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/outlook"
	"adferry/plan"
)

// Summary counts the rows and reads the tally.
func (j *Job) Summary(ctx context.Context) (jobs.Summary, error) { return j.summary(ctx, false) }

// Live is Summary for the process that is running the job.
func (j *Job) Live(ctx context.Context) (jobs.Summary, error) { return j.summary(ctx, true) }

func (j *Job) summary(ctx context.Context, running bool) (jobs.Summary, error) {
	m, err := j.Meta(ctx)
	if err != nil {
		return jobs.Summary{}, err
	}
	s := jobs.Summary{
		Version: jobs.SummaryVersion, Job: m.Name, Manifest: m.Manifest, Policy: m.Policy, Sandbox: m.Sandbox, Stop: m.Stop,
		Operations: map[string]jobs.Totals{}, Reasons: map[jobs.Reason]int{}, Accounts: map[plan.Account]jobs.AccountSummary{},
	}
	if err := j.count(ctx, &s); err != nil {
		return s, err
	}
	tally, err := j.tally(ctx)
	if err != nil {
		return s, err
	}
	s.API, s.WaitedS = tally.APICounts, seconds(tally.Waited)
	s.StartedAt, s.PausedAt, s.Tuned = timeOrNil(tally.Started), timeOrNil(m.PausedAt), m.Tuning
	lanes, err := j.lanes(ctx)
	if err != nil {
		return s, err
	}
	running = running || j.writer == nil && j.Running()
	ops, err := j.opTotals(ctx)
	if err != nil {
		return s, err
	}
	ahead, err := j.outlook(ctx, s, ops, lanes, tally, m, running)
	if err != nil {
		return s, err
	}
	addLanes(&s, lanes, ahead.At)
	s.ElapsedS = seconds(ahead.Elapsed)
	s.State, s.ExitCode = jobs.JobStopped, m.ExitCode
	if running {
		s.Outlook = outlook.Of(ahead)
	} else {
		s.AtStop = outlook.Of(ahead)
	}
	switch {
	case running:
		s.State, s.ExitCode, s.Stop = jobs.JobRunning, nil, ""
		if s.PausedAt != nil {
			s.State = jobs.JobPaused
		}
	case s.Totals.Settled() == s.Totals.Rows:
		s.State, s.FinishedAt = jobs.JobFinished, timeOrNil(ops.finished)
	}
	return s, nil
}

func addRows(s *jobs.Summary, verb string, account plan.Account, fate jobs.Fate, n int) {
	s.Totals.Add(fate.Status, n)
	t := s.Operations[verb]
	t.Add(fate.Status, n)
	s.Operations[verb] = t
	a := s.Accounts[account]
	a.Totals.Add(fate.Status, n)
	s.Accounts[account] = a
	if fate.Reason != "" {
		s.Reasons[fate.Reason] += n
	}
}

// addLanes adds what the lanes have to tell at a moment: now, or when the last process stopped.
func addLanes(s *jobs.Summary, lanes []jobs.LaneState, at time.Time) {
	for _, l := range lanes {
		if l.Account == "" {
			continue
		}
		a := s.Accounts[l.Account]
		a.Calls, a.Throttles, a.ParkedS = l.Calls, l.Throttles, seconds(parkedUntil(l, at))
		if l.Tier != graph.TierUnknown {
			a.Tier = l.Tier.String()
		}
		if l.ParkedUntil.After(time.Now()) {
			a.ParkedUntil, a.ParkedFor = timeOrNil(l.ParkedUntil), l.ParkedFor
		}
		s.Accounts[l.Account] = a
	}
}

// parkedUntil is how long a lane was parked until a moment. What its state counts begins with the
// whole of a park.
func parkedUntil(l jobs.LaneState, at time.Time) time.Duration {
	if !l.Imposed || !l.ParkedUntil.After(at) {
		return l.Parked
	}
	return max(0, l.Parked-l.ParkedUntil.Sub(at))
}

// Done returns the number of operations that are done, by the ad account that is charged
// for them.
func (j *Job) Done(ctx context.Context) (map[plan.Account]int, error) {
	done := map[plan.Account]int{}
	rows, err := j.read.QueryContext(ctx, `SELECT lane, sum(n) FROM op_counts WHERE state = 'done' AND n > 0 GROUP BY 1`)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var a plan.Account
		var n int
		err := scan(&a, &n)
		done[a] = n
		return err
	})
	return done, j.readError(err)
}

// History returns the progress over time and the waits that the API imposed.
func (j *Job) History(ctx context.Context) ([]jobs.Sample, []jobs.Park, error) {
	samples, err := j.samples(ctx, `SELECT at, settled, failed, parked FROM samples ORDER BY at`)
	if err != nil {
		return nil, nil, err
	}
	parks, err := j.parks(ctx)
	return samples, parks, err
}

func (j *Job) samples(ctx context.Context, query string, args ...any) (samples []jobs.Sample, err error) {
	samples, err = allRows(ctx, j.read, func(s *jobs.Sample) []any { return []any{moment{&s.At}, &s.Settled, &s.Failed, &s.Parked} }, query, args...)
	return samples, j.readError(err)
}

func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
