package engine

import (
	"time"

	"adferry/graph"
	"adferry/jobs"
)

// saveEvery is how often the counters go to the checkpoint while the job runs;
// what a crash loses of them is statistics.
const saveEvery = 2 * time.Second

// tally counts what the reports say of the run. The dispatcher alone touches
// it.
type tally struct {
	jobs.Tally
	since    time.Time     // when this process began
	before   time.Duration // Tally.Elapsed of earlier processes
	done     int           // operations settled
	failures int           // of those failed and counted by the guard
	saved    time.Time
	sampled  time.Time

	sampledParked int // ad accounts waiting in the last sample
}

func (t *tally) begin(s jobs.ResumePoint, now time.Time) {
	t.Tally, t.since, t.before = s.Tally, now, s.Tally.Elapsed
	t.done, t.failures = s.Settled, s.Failed
	t.NetworkDownSince = time.Time{} // of an earlier process
	if t.Started.IsZero() {
		t.Started = now
	}
}

// sent counts the calls of one request. What got no connection was none.
func (t *tally) sent(replies []graph.Reply) {
	calls := 0
	for _, r := range replies {
		if graph.ClassOf(r.Err) != graph.Unreachable {
			calls++
		}
	}
	if calls > 0 {
		t.HTTPRequests++
		t.Calls += calls
	}
}

func (t *tally) settled(o jobs.Outcome) {
	t.done++
	if o.Blames() {
		t.failures++
	}
}

func (t *tally) snapshot(now time.Time) *jobs.Tally {
	t.Elapsed, t.Saved = t.before+now.Sub(t.since), now
	snapshot := t.Tally
	return &snapshot
}

// dueSample is due every five seconds, less often in a run of hours, and when ad accounts
// begin or end to wait.
func (t *tally) dueSample(now time.Time, parked int) *jobs.Sample {
	least := max(5*time.Second, now.Sub(t.since)/500)
	if parked != t.sampledParked {
		least = time.Second
	}
	if now.Sub(t.sampled) < least {
		return nil
	}
	t.sampled, t.sampledParked = now, parked
	return &jobs.Sample{At: now, Settled: t.done, Failed: t.failures, Parked: parked}
}

// saveCounters brings the counters to the checkpoint now and then, and at once what a
// lane has to wait for.
func (e *Engine) saveCounters(now time.Time) {
	if !e.d.Unsaved() && now.Sub(e.tally.saved) < saveEvery {
		return
	}
	e.tally.saved = now
	e.commit.add(jobs.Change{Lanes: e.d.Changed(), Tally: e.snapshot(now), Sample: e.tally.dueSample(now, e.parkedLanes(now))}, nil)
}

// snapshot is the tally as it stands, with what the dispatcher counts.
func (e *Engine) snapshot(now time.Time) *jobs.Tally {
	e.tally.Waited += e.d.Waited()
	e.tally.Throttled += e.d.Throttled()
	e.tally.NetworkDownSince = e.d.DownSince()
	return e.tally.snapshot(now)
}

// finalChange is what a run leaves behind, however it ended.
func (e *Engine) finalChange(now time.Time) jobs.Change {
	e.tally.sampled = time.Time{}
	return jobs.Change{Lanes: e.d.Changed(), Tally: e.snapshot(now), Sample: e.tally.dueSample(now, e.parkedLanes(now))}
}

func (e *Engine) parkedLanes(now time.Time) int {
	n := 0
	for _, l := range e.order {
		if l.Closed(now) {
			n++
		}
	}
	return n
}
