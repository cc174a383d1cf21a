package store

import (
	"context"
	"fmt"
	"iter"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/outlook"
	"adferry/plan"
)

// pageRows is how many rows one query reads. A query that took minutes would keep SQLite from
// reusing the write-ahead log.
const pageRows = 5000

// Results streams the manifest's rows with their fates, in manifest order.
func (j *Job) Results(ctx context.Context) iter.Seq2[jobs.Result, error] {
	return pages(pageRows, func(after jobs.Result) ([]jobs.Result, error) { return j.resultPage(ctx, after.Line) })
}

func (j *Job) resultPage(ctx context.Context, after int) ([]jobs.Result, error) {
	rows, err := j.read.QueryContext(ctx, `SELECT r.line, r.verb, r.record, r.first IS NOT NULL, r.del IS NOT NULL,
		coalesce(p.source, q.source), coalesce(p.hash, q.hash), coalesce(p.target, ''), coalesce(p.file, ''),
		`+j.outcomeColumns("o")+`, `+j.outcomeColumns("d")+`
		FROM rows r LEFT JOIN ops p ON p.id = r.first LEFT JOIN ops q ON q.id = r.del
		LEFT JOIN outcomes o ON o.op = r.first LEFT JOIN outcomes d ON d.op = r.del
		WHERE r.line > ? ORDER BY r.line LIMIT ?`, after, pageRows)
	all := make([]jobs.Result, 0, pageRows)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var r jobs.Result
		var verb string
		var hasFirst, hasDel bool
		var first, del outcomeRow
		into := append([]any{&r.Line, &verb, &r.Record, &hasFirst, &hasDel, &r.Source, &r.Hash, &r.Target, &r.File}, first.dest()...)
		if err := scan(append(into, del.dest()...)...); err != nil {
			return err
		}
		a, errA := outcomeOrPending(hasFirst, &first)
		b, errB := outcomeOrPending(hasDel, &del)
		for _, err := range []error{r.Verb.UnmarshalText([]byte(verb)), errA, errB} {
			if err != nil {
				return &DamagedError{j.path, fmt.Errorf("line %d: %w", r.Line, err)}
			}
		}
		r.Fate = jobs.FateOf(a, b)
		all = append(all, r)
		return nil
	})
	return all, j.readError(err)
}

// outcomeOrPending returns the outcome of an operation, pending if it was never sent, or nil
// if the row has no such operation.
func outcomeOrPending(has bool, r *outcomeRow) (*jobs.Outcome, error) {
	if !has {
		return nil, nil
	}
	o, err := r.outcome()
	if o == nil {
		o = &jobs.Outcome{State: jobs.Pending}
	}
	return o, err
}

// Mappings streams the copies whose images are in their targets, without those that a chain of
// moves has moved on from there.
func (j *Job) Mappings(ctx context.Context) iter.Seq2[jobs.Mapping, error] {
	return func(yield func(jobs.Mapping, error) bool) {
		last := plan.OpID(0)
		into := func(m *jobs.Mapping) []any { return []any{&last, &m.Source, &m.SourceHash, &m.Target, &m.TargetHash} }
		pages(pageRows, func(jobs.Mapping) ([]jobs.Mapping, error) {
			page, err := allRows(ctx, j.read, into, `SELECT p.id, p.source, p.hash, p.target, o.target_hash
				FROM ops p JOIN outcomes o ON o.op = p.id
				WHERE p.id > ? AND p.kind = 'copy' AND o.state IN ('done', 'skipped')
				AND NOT `+movedOn+`
				ORDER BY p.id LIMIT ?`, last, pageRows)
			return page, j.readError(err)
		})(yield)
	}
}

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
		Version: jobs.SummaryVersion, Job: m.Name, Manifest: m.Manifest, Policy: m.Policy, Stop: m.Stop,
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
	running = running || j.unlock == nil && j.Running()
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
		s.State, s.ExitCode = jobs.JobRunning, nil
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
	rows, err := j.read.QueryContext(ctx, `SELECT lane, sum(n) FROM `+j.opCounts()+` WHERE state = 'done' AND n > 0 GROUP BY 1`)
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
