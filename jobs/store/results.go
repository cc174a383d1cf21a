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
	return func(yield func(jobs.Result, error) bool) {
		for line := 0; ; {
			rows, err := j.resultPage(ctx, line)
			if err != nil {
				yield(jobs.Result{}, err)
				return
			}
			for _, r := range rows {
				if !yield(r, nil) {
					return
				}
			}
			if len(rows) < pageRows {
				return
			}
			line = rows[len(rows)-1].Line
		}
	}
}

func (j *Job) resultPage(ctx context.Context, after int) ([]jobs.Result, error) {
	rows, err := j.read.QueryContext(ctx, `SELECT r.line, r.verb, r.record, r.first IS NOT NULL, r.del IS NOT NULL,
		coalesce(p.source, q.source), coalesce(p.hash, q.hash), coalesce(p.target, ''), coalesce(p.file, ''),
		`+j.outcomeColumns("o")+`, `+j.outcomeColumns("d")+`
		FROM rows r LEFT JOIN ops p ON p.id = r.first LEFT JOIN ops q ON q.id = r.del
		LEFT JOIN outcomes o ON o.op = r.first LEFT JOIN outcomes d ON d.op = r.del
		WHERE r.line > ? ORDER BY r.line LIMIT ?`, after, pageRows)
	if err != nil {
		return nil, j.readError(err)
	}
	defer rows.Close()
	all := make([]jobs.Result, 0, pageRows)
	for rows.Next() {
		var r jobs.Result
		var verb string
		var hasFirst, hasDel bool
		var first, del outcomeRow
		into := append([]any{&r.Line, &verb, &r.Record, &hasFirst, &hasDel, &r.Source, &r.Hash, &r.Target, &r.File}, first.dest()...)
		if err := rows.Scan(append(into, del.dest()...)...); err != nil {
			return nil, j.readError(err)
		}
		a, errA := outcomeOrPending(hasFirst, &first)
		b, errB := outcomeOrPending(hasDel, &del)
		for _, err := range []error{r.Verb.UnmarshalText([]byte(verb)), errA, errB} {
			if err != nil {
				return nil, &DamagedError{j.path, fmt.Errorf("line %d: %w", r.Line, err)}
			}
		}
		r.Fate = jobs.FateOf(a, b)
		all = append(all, r)
	}
	return all, j.readError(rows.Err())
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

// Mappings streams the copies whose images are in their targets.
func (j *Job) Mappings(ctx context.Context) iter.Seq2[jobs.Mapping, error] {
	return func(yield func(jobs.Mapping, error) bool) {
		for id := int64(0); ; {
			page, last, err := j.mappingPage(ctx, id)
			if err != nil {
				yield(jobs.Mapping{}, err)
				return
			}
			for _, m := range page {
				if !yield(m, nil) {
					return
				}
			}
			id = last
			if len(page) < pageRows {
				return
			}
		}
	}
}

// mappingPage leaves out copies that a chain of moves has moved on from their target.
func (j *Job) mappingPage(ctx context.Context, after int64) ([]jobs.Mapping, int64, error) {
	rows, err := j.read.QueryContext(ctx, `SELECT p.id, p.source, p.hash, p.target, o.target_hash
		FROM ops p JOIN outcomes o ON o.op = p.id
		WHERE p.id > ? AND p.kind = 'copy' AND o.state IN ('done', 'skipped')
		AND NOT `+movedOn+`
		ORDER BY p.id LIMIT ?`, after, pageRows)
	if err != nil {
		return nil, 0, j.readError(err)
	}
	defer rows.Close()
	var all []jobs.Mapping
	for rows.Next() {
		var m jobs.Mapping
		if err := rows.Scan(&after, &m.Source, &m.SourceHash, &m.Target, &m.TargetHash); err != nil {
			return nil, 0, j.readError(err)
		}
		all = append(all, m)
	}
	return all, after, j.readError(rows.Err())
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
	addLanes(&s, lanes)
	running = running || j.unlock == nil && j.Running()
	ops, err := j.opTotals(ctx)
	if err != nil {
		return s, err
	}
	ahead, err := j.outlook(ctx, s, ops, lanes, tally, m, running)
	if err != nil {
		return s, err
	}
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

func addLanes(s *jobs.Summary, lanes []jobs.LaneState) {
	for _, l := range lanes {
		if l.Account == "" {
			continue
		}
		a := s.Accounts[l.Account]
		a.Calls, a.Throttles, a.ParkedS = l.Calls, l.Throttles, seconds(l.Parked)
		if l.Tier != graph.TierUnknown {
			a.Tier = l.Tier.String()
		}
		if l.ParkedUntil.After(time.Now()) {
			a.ParkedUntil, a.ParkedFor = timeOrNil(l.ParkedUntil), l.ParkedFor
		}
		s.Accounts[l.Account] = a
	}
}

// Done returns the number of operations that are done, by the ad account that is charged
// for them.
func (j *Job) Done(ctx context.Context) (map[plan.Account]int, error) {
	rows, err := j.read.QueryContext(ctx, `SELECT lane, sum(n) FROM `+j.opCounts()+` WHERE state = 'done' AND n > 0 GROUP BY 1`)
	if err != nil {
		return nil, j.readError(err)
	}
	defer rows.Close()
	done := map[plan.Account]int{}
	for rows.Next() {
		var a plan.Account
		var n int
		if err := rows.Scan(&a, &n); err != nil {
			return nil, j.readError(err)
		}
		done[a] = n
	}
	return done, j.readError(rows.Err())
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
	rows, err := j.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, j.readError(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s jobs.Sample
		var at int64
		if err := rows.Scan(&at, &s.Settled, &s.Failed, &s.Parked); err != nil {
			return nil, j.readError(err)
		}
		s.At = timeOf(at)
		samples = append(samples, s)
	}
	return samples, j.readError(rows.Err())
}

func (j *Job) parks(ctx context.Context) (parks []jobs.Park, err error) {
	rows, err := j.read.QueryContext(ctx, `SELECT account, since, until, code, subcode FROM parks ORDER BY since`)
	if err != nil {
		return nil, j.readError(err)
	}
	defer rows.Close()
	for rows.Next() {
		var p jobs.Park
		var from, until int64
		if err := rows.Scan(&p.Account, &from, &until, &p.Code, &p.Subcode); err != nil {
			return nil, j.readError(err)
		}
		p.From, p.Until = timeOf(from), timeOf(until)
		parks = append(parks, p)
	}
	return parks, j.readError(rows.Err())
}

func fromMillis(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond }

func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
