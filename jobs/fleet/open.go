package fleet

import (
	"context"
	"errors"
	"sync"
	"time"

	"adferry/jobs/board"
	"adferry/jobs/store"
)

// open is the job of a slice, or else how long the slice stays in its deck: until the job was opened,
// which may take longer than a slice. The caller uses it until users.Done.
func (s *session) open(name string) (j *job, later time.Duration) {
	if j := s.used(name); j != nil {
		return j, 0
	}
	s.mu.Lock()
	p := s.offers[name]
	may := s.jobs[name] == nil && !p.none() && !s.refused[name].holds()
	s.mu.Unlock()
	if !may || s.leaving() {
		return nil, elsewhere
	}
	s.opened.run(s, name, func() { s.begin(name, p) })
	return nil, again
}

// oneEach runs one thing at a time for each name.
type oneEach struct{ names sync.Map }

// run has do run as a task of the session, unless something for that name is under way.
func (o *oneEach) run(s *session, name string, do func()) {
	if _, under := o.names.LoadOrStore(name, nil); under {
		return
	}
	s.tasks.Go(func() {
		defer o.names.Delete(name)
		do()
	})
}

// begin opens a job, unless the worker leaves before.
func (s *session) begin(name string, p parts) {
	s.opening <- struct{}{}
	defer func() { <-s.opening }()
	if s.leaving() || s.openJob(name) != nil { // it was opened just now
		return
	}
	ctx, cancel := context.WithTimeout(s.ctx, openTime)
	defer cancel()
	go func() {
		select {
		case <-s.left:
			cancel()
		case <-ctx.Done():
		}
	}()
	err := s.start(ctx, name, p)
	switch unfit, is := errors.AsType[*unfitError](err); {
	case err == nil, errors.Is(err, store.ErrLocked), errors.Is(err, store.ErrNoJob), errors.Is(err, errPaused), s.leaving():
	case is:
		s.leaveAlone(name, unfit.error)
	case s.passes(err): // it may have no connections left, and renew the lease all the same
		s.leaveAlone(name, err)
	default:
		s.fail(err)
	}
}

// leaveAlone has the worker leave a job alone for a moment, and tells why.
func (s *session) leaveAlone(name string, why error) {
	s.refuse(name, time.Now().Add(2*sweepEvery), why)
	s.notHere(name, why)
}

// passes reports whether an error of the database may be gone when it is asked again. Whether the lease
// can still be renewed says whether this worker goes on.
func (s *session) passes(err error) bool {
	return s.ctx.Err() == nil && !errors.Is(err, board.ErrLeaseLost) && (s.opt.Lost(err) || errors.Is(err, context.DeadlineExceeded))
}

// used is a job that is open, for the caller to use.
func (s *session) used(name string) *job {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.jobs[name]
	if j == nil || j.closing {
		return nil
	}
	j.users.Add(1)
	return j
}

// refusal is until when a job is left alone, and why.
type refusal struct {
	until time.Time
	why   error
}

func (r refusal) holds() bool { return time.Now().Before(r.until) }

// refuse has the worker leave a job alone for a time. The next sweep makes that known.
func (s *session) refuse(name string, until time.Time, why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused[name] = refusal{until, why}
}

func (s *session) refusal(name string) refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused[name]
}

// notHere tells once why a job is not carried out here.
func (s *session) notHere(name string, why error) {
	s.mu.Lock()
	known := s.toldWhy[name] == why.Error()
	s.toldWhy[name] = why.Error()
	s.mu.Unlock()
	if !known {
		s.tell(Event{Kind: JobRefused, Job: name, Err: why})
	}
}

// openJob is the job of that name if it is open, or nil.
func (s *session) openJob(name string) *job {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.jobs[name]
}

func (s *session) openJobs() (all []*job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range s.jobs {
		all = append(all, j)
	}
	return all
}
