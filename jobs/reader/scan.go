package reader

import (
	"slices"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/quota"
)

// scan is one call of a Reader's method: ad accounts that are read side by side. It is the
// dispatcher's client.
type scan struct {
	*Reader
	all     []*accountScan
	open    []*accountScan // those that may have something left to read
	hurried bool           // doubtful answers are not waited for
	doubted int            // requests that will be asked again because their answers are doubted
}

// Prepare implements [dispatch.Client].
func (s *scan) Prepare(time.Time) {}

// Next implements [dispatch.Client].
func (s *scan) Next(time.Time) time.Time { return quota.Never }

// Rest implements [dispatch.Client].
func (s *scan) Rest(time.Time) {}

// Busy implements [dispatch.Client].
func (s *scan) Busy() bool { return false }

// Doubts implements [dispatch.Client].
func (s *scan) Doubts() bool { return s.doubted > 0 }

// Done implements [dispatch.Client].
func (s *scan) Done() bool {
	s.open = slices.DeleteFunc(s.open, (*accountScan).done)
	return len(s.open) == 0
}

// Stuck implements [dispatch.Client].
func (s *scan) Stuck() error { return jobs.ErrStuck }

// Returned implements [dispatch.Client].
func (s *scan) Returned(*dispatch.Request, dispatch.Result, time.Time) {}

// Parked implements [dispatch.Client]: a reader has no checkpoint.
func (s *scan) Parked(jobs.Park) {}

// AppParked implements [dispatch.Client].
func (s *scan) AppParked(jobs.AppPark) {}

// Learned implements [dispatch.Client].
func (s *scan) Learned(*dispatch.Lane, graph.Reply) {}

// accountScan is an ad account that is being read.
type accountScan struct {
	*scan
	lane    *dispatch.Lane
	backlog backlog
	release func()         // ends the backlog
	queue   []*pageRequest // what to read next, or again
	out     int            // reads on their way
	held    int            // refused reads of which it is not known yet what was refused
	refused *graph.Error   // why nothing more is read
	endless bool           // ... because the list has no end
}

func (a *accountScan) done() bool {
	return a.out == 0 && a.held == 0 && (a.refused != nil || len(a.queue) == 0 && a.backlog.done())
}

// Prepare implements [dispatch.Queue].
func (a *accountScan) Prepare(time.Time) (dispatch.Work, time.Time) { return nil, quota.Never }

// Urgent implements [dispatch.Queue].
func (a *accountScan) Urgent() bool { return false }

// HeldBack implements [dispatch.Queue].
func (a *accountScan) HeldBack(dispatch.Offer, bool, time.Time, time.Time) {}

// GaveUp implements [dispatch.Queue].
func (a *accountScan) GaveUp() { a.giveUp(a.lane.GivenUp) }

// TokenEnded implements [dispatch.Queue]. Refusals that are held are not explained any more.
func (a *accountScan) TokenEnded(err *graph.Error) {
	a.held = 0
	a.giveUp(err)
}

// giveUp has nothing more read.
func (a *accountScan) giveUp(err *graph.Error) {
	for _, r := range a.queue {
		a.undoubt(r)
	}
	a.refused, a.queue = err, nil
}

// Offer implements [dispatch.Queue]. It puts the next read first in the queue.
func (a *accountScan) Offer(now time.Time) dispatch.Offer {
	nothing := dispatch.Offer{Due: quota.Never}
	if a.refused != nil || a.lane.Reads.OneByOne() && a.out > 0 { // a few refusals in a row decide
		return nothing
	}
	first := 0
	for i, r := range a.queue {
		if r.due.Before(a.queue[first].due) {
			first = i
		}
	}
	if len(a.queue) == 0 || a.queue[first].due.After(now) {
		r, err := a.backlog.next(a.lane.Reads.Size(), a.out+len(a.queue))
		if err != nil {
			a.d.Halt(err)
			return nothing
		}
		if r != nil {
			a.queue = append(a.queue, r)
			first = len(a.queue) - 1
		}
	}
	if len(a.queue) == 0 {
		return nothing
	}
	a.queue[0], a.queue[first] = a.queue[first], a.queue[0]
	return dispatch.Offer{Cost: quota.Read, Due: quota.Later(a.queue[0].due, a.lane.Reads.NotBefore), Next: quota.Never}
}

// Take implements [dispatch.Queue].
func (a *accountScan) Take(dispatch.Offer, time.Time) (graph.Call, dispatch.Item) {
	r := a.queue[0]
	a.queue = a.queue[1:]
	a.undoubt(r)
	most := a.lane.Reads.Size()
	if r.alone {
		most = 1
	}
	r.query = a.backlog.query(r, most)
	a.out++
	a.lane.WaitOver()
	return graph.Read(string(a.lane.Account), r.query), &pageRead{a, r}
}

// again queues a read that is to be sent again.
func (a *accountScan) again(r *pageRequest) { a.queue = append(a.queue, r) }

// doubt has a request asked again after a pause, because what its answer did not show may be
// there.
func (a *accountScan) doubt(r *pageRequest, pause time.Duration, now time.Time) {
	r.due, r.doubted = now.Add(pause), true
	r.asked++
	a.doubted++
	a.lane.ReportDoubt(r.due, now)
}

func (a *accountScan) undoubt(r *pageRequest) {
	if r.doubted {
		r.doubted = false
		a.doubted--
	}
}
