package store

import (
	"context"
	"slices"
	"time"

	"adferry/jobs"
	"adferry/jobs/outlook"
)

// recentSamples are enough to measure the pace of late.
const recentSamples = 200

// outlook reads what lies before the job: now if a process runs it, else when its last
// process stopped.
func (j *Job) outlook(ctx context.Context, s jobs.Summary, ops opTotals, lanes []jobs.LaneState, tally jobs.Tally, m Meta, running bool) (o outlook.State, err error) {
	o = outlook.State{At: tally.Saved, NetworkDownSince: tally.NetworkDownSince, Elapsed: tally.Elapsed, Operations: ops.operations, Rows: s.Totals.Rows, Lanes: lanes, Paused: !m.PausedAt.IsZero(), MaxRate: m.Pace.MaxRate, Share: m.Pace.Share}
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
	if o.Left, err = j.workLeft(ctx, lanes); err != nil {
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
