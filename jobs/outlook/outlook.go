package outlook

import (
	"time"

	"adferry/jobs"
	"adferry/jobs/quota"
	"adferry/plan"
)

// State is what the outlook of a job follows from. The checkpoint has all of it.
type State struct {
	At               time.Time // the moment that it is of
	Paused           bool
	NetworkDownSince time.Time // zero: the API can be reached
	MaxRate          float64   // writes a second and ad account; 0: no limit
	Share            float64   // of each limit of the API that the job may use, to 1; 0: all
	Elapsed          time.Duration
	Operations       int // in the whole job
	Rows             int // in the whole job
	Left             []Work
	Lanes            []jobs.LaneState
	Parks            []jobs.Park   // oldest first
	Samples          []jobs.Sample // the latest ones, oldest first
}

// Work is a number of operations that are left, and that the same ad accounts keep back.
type Work struct {
	Lane       plan.Account // that the API charges
	Other      plan.Account // that it is read in or copied to before; "": none
	Operations int
}

// Of returns the outlook from a state.
func Of(s State) jobs.Outlook {
	o := jobs.Outlook{At: s.At, Waits: s.waits()}
	if !s.NetworkDownSince.IsZero() {
		since := s.NetworkDownSince.UTC()
		o.NetworkDownSince = &since
	}
	left := 0
	for _, w := range s.Left {
		left += w.Operations
	}
	pace := recentPace(s.Samples, jobs.Sample{At: s.At, Settled: s.Operations - left})
	if s.Operations > 0 {
		o.RowsPerS = pace * float64(s.Rows) / float64(s.Operations)
	}
	if s.Paused || o.NetworkDownSince != nil {
		return o
	}
	o.Standstill = s.standstill(o.Waits)
	if took, known := s.timeLeft(left, pace, o.Waits); known {
		seconds := took.Seconds()
		o.EtaS = &seconds
	}
	return o
}

// waits lists who has to wait now, of those that something that is left needs.
func (s State) waits() (waits []jobs.Wait) {
	needed := map[plan.Account]bool{}
	for _, w := range s.Left {
		needed[""], needed[w.Lane], needed[w.Other] = true, true, true
	}
	for _, l := range s.Lanes {
		// While the network is down, its last end is over as often as not: it is being tried.
		down := l.Account == "" && !s.NetworkDownSince.IsZero() && l.ParkedFor != ""
		if needed[l.Account] && (l.ParkedUntil.After(s.At) || down) {
			waits = append(waits, jobs.Wait{Account: l.Account, Until: l.ParkedUntil.UTC(), Reason: l.ParkedFor, Imposed: l.Imposed})
		}
	}
	return waits
}

// blocking is the wait that ends last of those that keep work back; nil: none.
func blocking(w Work, waits []jobs.Wait) (last *jobs.Wait) {
	for i := range waits {
		switch waits[i].Account {
		case "", w.Lane, w.Other:
			if last == nil || waits[i].Until.After(last.Until) {
				last = &waits[i]
			}
		}
	}
	return last
}

// standstill is the wait that ends first if waits keep back all that is left.
func (s State) standstill(waits []jobs.Wait) (first *jobs.Wait) {
	for _, w := range s.Left {
		wait := blocking(w, waits)
		if wait == nil {
			return nil
		}
		if first == nil || wait.Until.Before(first.Until) {
			first = wait
		}
	}
	return first
}

// timeLeft is known once the job moved, or if the quota alone takes long.
func (s State) timeLeft(left int, pace float64, waits []jobs.Wait) (most time.Duration, known bool) {
	if left == 0 {
		return 0, true
	}
	lanes := map[plan.Account]jobs.LaneState{}
	for _, l := range s.Lanes {
		lanes[l.Account] = l
	}
	ofLane, soonest := map[plan.Account]int{}, map[plan.Account]time.Duration{}
	first := time.Duration(-1)
	for _, w := range s.Left {
		wait := time.Duration(0)
		if last := blocking(w, waits); last != nil {
			wait = max(0, last.Until.Sub(s.At))
		}
		if before, ok := soonest[w.Lane]; !ok || wait < before {
			soonest[w.Lane] = wait
		}
		if first < 0 || wait < first {
			first = wait
		}
		ofLane[w.Lane] += w.Operations
		most = max(most, wait+s.workTime(lanes[w.Lane], w.Operations, wait, pace))
	}
	for account, n := range ofLane {
		wait := soonest[account]
		most = max(most, wait+s.workTime(lanes[account], n, wait, pace))
	}
	most = max(most, first+at(pace, left))
	return most, pace > 0 || most-first > time.Minute
}

// workTime is how long a lane takes for operations that begin after a wait.
func (s State) workTime(l jobs.LaneState, operations int, wait time.Duration, pace float64) time.Duration {
	took := max(at(pace, operations), at(s.MaxRate, operations))
	if budgets, ok := quota.Documented(l.Tier); ok {
		return max(took, s.budgetTime(budgets.Shared(quota.Share(s.Share)), l.Calls, operations, wait))
	}
	return time.Duration(float64(took) * s.slowdown(l))
}

// readsEach is about how many bulk reads each fifty operations need: is it in the target,
// in the source, and did it arrive.
const readsEach = 3

// budgetTime is how long operations take under documented budgets of which calls were
// used, as preflight forecasts it; 0 if the job has shown that they do not hold.
func (s State) budgetTime(b quota.Budgets, calls, operations int, wait time.Duration) time.Duration {
	if s.Elapsed < b.Time(calls, 0)*4/5 {
		return 0
	}
	reads := readsEach * ((operations + 49) / 50)
	return max(b.Time(reads, operations), b.Time(reads, calls+operations)-s.Elapsed-wait)
}

// slowdown is how many times longer a lane took because it was made to wait again and
// again; 1 if it was not, or only once, which says nothing of the time to come.
func (s State) slowdown(l jobs.LaneState) float64 {
	var waited time.Duration
	var busy time.Time
	times := 0
	for _, p := range s.Parks {
		if p.Account != l.Account || p.From.After(s.At) {
			continue
		}
		if !p.From.Before(busy) {
			times++
		} else {
			p.From = busy
		}
		until := p.Until
		if until.After(s.At) {
			until = s.At
		}
		if until.After(p.From) {
			waited += until.Sub(p.From)
			busy = until
		}
	}
	if times < 2 || waited >= s.Elapsed {
		return 1
	}
	return s.Elapsed.Seconds() / (s.Elapsed - waited).Seconds()
}

// at is how long operations take at a pace per second; 0 if that is not known.
func at(pace float64, operations int) time.Duration {
	if pace <= 0 {
		return 0
	}
	const most = 100 * 365 * 24 * time.Hour
	return time.Duration(min(float64(operations)/pace, most.Seconds()) * float64(time.Second))
}
