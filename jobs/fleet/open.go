package fleet

import (
	"context"
	"errors"
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
	defer s.mu.Unlock()
	o := s.offers[name]
	if s.jobs[name] != nil || o == nil || o.parts.none() || s.refused[name].holds() || s.leaving() {
		return nil, elsewhere
	}
	if !s.begun[name] {
		s.begun[name] = true
		s.tasks.Go(func() {
			s.begin(o)
			s.mu.Lock()
			defer s.mu.Unlock()
			delete(s.begun, name)
		})
	}
	return nil, again
}

// begin opens a job, unless the worker leaves before.
func (s *session) begin(o *offer) {
	s.opening <- struct{}{}
	defer func() { <-s.opening }()
	if s.leaving() {
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
	err := s.start(ctx, o)
	switch unfit, is := errors.AsType[*unfitError](err); {
	case err == nil, errors.Is(err, store.ErrLocked), errors.Is(err, store.ErrNoJob), errors.Is(err, errPaused), s.leaving():
	case is:
		s.leaveAlone(o.name, unfit.error)
	case s.passes(err): // it may have no connections left, and renew the lease all the same
		s.leaveAlone(o.name, err)
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
	known := s.told[name] == why.Error()
	s.told[name] = why.Error()
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
