package store

import (
	"context"
	"slices"
	"time"

	"adferry/jobs"
	"adferry/jobs/outlook"
	"adferry/plan"
)

// recentSamples are enough to measure the pace of late.
const recentSamples = 200

// outlook reads what lies before the job: now if a process runs it, else when its last
// process stopped.
func (j *Job) outlook(ctx context.Context, s jobs.Summary, lanes []jobs.LaneState, tally jobs.Tally, m Meta, running bool) (o outlook.State, err error) {
	o = outlook.State{At: tally.Saved, NetworkDownSince: tally.NetworkDownSince, Elapsed: tally.Elapsed, Rows: s.Totals.Rows, Lanes: lanes, Paused: !m.PausedAt.IsZero()}
	if m.MaxRate != nil {
		o.MaxRate = *m.MaxRate
	}
	if running {
		o.At = time.Now()
		from := tally.Saved
		if m.Running.After(from) { // nothing of this process is saved yet
			from, o.NetworkDownSince = m.Running, time.Time{}
		}
		if !from.IsZero() {
			o.Elapsed += max(0, o.At.Sub(from))
		}
	}
	if err := j.read.QueryRowContext(ctx, `SELECT count(*) FROM ops`).Scan(&o.Operations); err != nil {
		return o, j.readError(err)
	}
	if o.Left, err = j.workLeft(ctx); err != nil {
		return o, err
	}
	if o.Samples, err = j.samples(ctx, `SELECT at, settled, failed, parked FROM samples ORDER BY at DESC LIMIT ?`, recentSamples); err != nil {
		return o, err
	}
	slices.Reverse(o.Samples)
	if n := len(o.Samples); o.At.IsZero() && n > 0 { // earlier versions did not tell
		o.At = o.Samples[n-1].At
	}
	o.Parks, err = j.parks(ctx)
	return o, err
}

// workLeft counts the unsettled operations by what can keep them back: their lane, and
// the account of their source or, if they wait for others, that of those that waits
// longest.
func (j *Job) workLeft(ctx context.Context) (all []outlook.Work, err error) {
	rows, err := j.read.QueryContext(ctx, `WITH work AS (SELECT p.id, p.lane, p.source, p.needs FROM ops p LEFT JOIN outcomes o ON o.op = p.id WHERE `+unsettled+`)
		SELECT lane, source, count(*) FROM work WHERE needs = 0 GROUP BY 1, 2
		UNION ALL
		SELECT lane, other, count(*) FROM (SELECT w.lane, q.target AS other, max(coalesce(l.parked_until, 0))
			FROM work w JOIN needs n ON n.op = w.id JOIN ops q ON q.id = n.need LEFT JOIN lanes l ON l.account = q.target
			WHERE w.needs = 1 GROUP BY w.id) GROUP BY 1, 2`)
	if err != nil {
		return nil, j.readError(err)
	}
	defer rows.Close()
	for rows.Next() {
		var w outlook.Work
		if err := rows.Scan(&w.Lane, &w.Other, &w.Operations); err != nil {
			return nil, j.readError(err)
		}
		if w.Other == w.Lane {
			w.Other = plan.Account("")
		}
		all = append(all, w)
	}
	return all, j.readError(rows.Err())
}
