package fleet

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"adferry/jobs/board"
	"adferry/jobs/credentials"
	"adferry/jobs/proof"
	"adferry/jobs/store"
	"adferry/plan"
)

// found is a job of the database, as a sweep found it.
type found struct {
	name  string
	meta  store.Meta
	left  bool   // it has operations that are not settled
	unfit string // why this worker leaves it alone; "": it does not
	parts *parts // nil: no lane of it is carried out here
	lanes map[Deck][]plan.Account
}

// sweepIfPossible is sweep. An error that passes ends this sweep alone, and is told once.
func (s *session) sweepIfPossible(ctx context.Context) error {
	err := s.sweep(ctx)
	if err != nil && s.passes(err) {
		if !s.unswept {
			s.unswept = true
			s.tell(Event{Kind: Unswept, Err: err})
		}
		return nil
	}
	s.unswept = false
	return err
}

// sweep looks after what no lane looks after: which jobs there are, which slices are missing,
// which workers are dead, and how many lanes are whose.
func (s *session) sweep(ctx context.Context) error {
	buried, err := s.member.Bury(ctx)
	if err != nil {
		return err
	}
	for _, name := range buried {
		s.tell(Event{Kind: Buried, Worker: name})
	}
	workers, err := s.opt.Board.Workers(ctx)
	if err != nil {
		return err
	}
	var all []found
	if err := s.opt.Jobs(ctx, func(name string, job *store.Job) error {
		f, err := s.find(ctx, name, job, workers)
		switch {
		case errors.Is(err, store.ErrNoJob): // it was removed meanwhile
			return nil
		case errors.As(err, new(*store.DamagedError)): // the others are not
			s.notHere(name, err)
			f, err = found{name: name, left: true, unfit: err.Error()}, nil
		}
		all = append(all, f)
		return err
	}); err != nil {
		return err
	}
	if err := s.refuseUnfit(ctx, all); err != nil {
		return err
	}
	if err := s.deal(ctx, all); err != nil {
		return err
	}
	if err := s.keep(ctx); err != nil {
		return err
	}
	for _, f := range all {
		if err := s.tidy(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// refuseUnfit makes known which jobs this worker leaves alone, if they are others than before.
func (s *session) refuseUnfit(ctx context.Context, all []found) error {
	why := map[string]string{}
	for _, f := range all {
		if f.unfit != "" {
			why[f.name] = f.unfit
		}
	}
	if maps.Equal(why, s.unfit) {
		return nil
	}
	err := s.member.Refuse(ctx, why)
	if err == nil {
		s.unfit = why
	}
	return err
}

// takePart are the workers that do not leave a job alone.
func takePart(workers []board.Worker, job string) []board.Worker {
	return slices.DeleteFunc(slices.Clone(workers), func(w board.Worker) bool { return w.Refused[job] != "" })
}

// find reads how a job stands, and which of its lanes have work.
func (s *session) find(ctx context.Context, name string, job *store.Job, workers []board.Worker) (f found, err error) {
	f.name = name
	if f.meta, err = job.Meta(ctx); err != nil {
		return f, err
	}
	if f.left, err = job.Unfinished(ctx); err != nil || !f.left || !f.meta.PausedAt.IsZero() {
		return f, err
	}
	if r := s.refusal(name); r.holds() {
		f.unfit = r.why.Error()
		return f, nil
	}
	if err := s.fits(ctx, job, f.meta); err != nil {
		if !isUnfit(err) {
			return f, err
		}
		s.notHere(name, err)
		f.unfit = err.Error()
		return f, nil
	}
	labels, err := s.labelsOf(ctx, job, f.meta)
	if err != nil {
		return f, err
	}
	holds, err := holdsOf(ctx, s.member, name, labels)
	if err != nil {
		return f, err
	}
	f.lanes = map[Deck][]plan.Account{}
	for _, h := range holds {
		d := Deck{name, h.Label}
		f.lanes[d] = append(f.lanes[d], h.Lane)
	}
	p := partsOf(s.name, holds, takePart(workers, name))
	f.parts = &p
	return f, nil
}

// fits returns why a job is not carried out here, see isUnfit, or an error of the database.
func (s *session) fits(ctx context.Context, job *store.Job, m store.Meta) error {
	if err := s.opt.Fits(m); err != nil {
		return &unfitError{err}
	}
	return Fit(ctx, job, m, s.opt.Credentials)
}

// unfitError is why this worker cannot carry out lanes of a job.
type unfitError struct{ error }

func (e *unfitError) Unwrap() error { return e.error }

func isUnfit(err error) bool {
	return errors.As(err, new(*unfitError)) || errors.As(err, new(*proof.UnseenError)) || errors.As(err, new(*credentials.OtherLabelError))
}

// laneLabels are the labels of a job's lanes. They stay as they are until a process runs the job
// alone, or another job gets its name.
type laneLabels struct {
	created, running time.Time
	labels           map[plan.Account][]string
}

func (s *session) labelsOf(ctx context.Context, job *store.Job, m store.Meta) (map[plan.Account][]string, error) {
	known, ok := s.labels[m.Name]
	if ok && known.created.Equal(m.Created) && known.running.Equal(m.Running) {
		return known.labels, nil
	}
	labels, err := job.LaneLabels(ctx)
	if err == nil {
		s.labels[m.Name] = laneLabels{m.Created, m.Running, labels}
	}
	return labels, err
}

// deal has the slices there that there have to be, and this worker's decks watched.
func (s *session) deal(ctx context.Context, all []found) error {
	var unfinished []string
	var decks []Deck
	lanes, offers := map[Deck][]plan.Account{}, map[string]parts{}
	for _, f := range all {
		if f.left {
			unfinished = append(unfinished, f.name)
		}
		if f.parts == nil {
			continue
		}
		offers[f.name] = *f.parts
		for d, accounts := range f.lanes {
			lanes[d] = accounts
			if Able(s.opt.Worker, d.Label) {
				decks = append(decks, d)
			}
		}
	}
	s.mu.Lock()
	s.offers, s.decks = offers, decks
	s.mu.Unlock()
	if err := s.hand.Tidy(ctx, unfinished); err != nil {
		return err
	}
	if err := s.hand.Add(ctx, lanes); err != nil {
		return err
	}
	return s.watch(ctx)
}

// keep has the slices of the lanes that are this worker's dealt to it.
func (s *session) keep(ctx context.Context) error {
	var held []Slice
	for _, j := range s.openJobs() {
		for _, l := range j.held() {
			held = append(held, Slice{j.name, l.account})
		}
	}
	if len(held) == 0 {
		return nil
	}
	return s.hand.Keep(ctx, held)
}

// watch has the decks watched of which this worker may have more lanes. Of others it would
// only keep slices from other workers.
func (s *session) watch(ctx context.Context) error {
	s.watching.Lock()
	defer s.watching.Unlock()
	s.mu.Lock()
	decks := slices.DeleteFunc(slices.Clone(s.decks), func(d Deck) bool {
		j := s.jobs[d.Job]
		return j != nil && (j.closing || !j.hasRoom(d.Label)) || j == nil && s.offers[d.Job].none()
	})
	s.mu.Unlock()
	return s.hand.Watch(ctx, decks)
}

// watchAgain is watch once the work on the present slice is over, which comes from a deck.
func (s *session) watchAgain() {
	s.tasks.Go(func() {
		ctx, cancel := context.WithTimeout(s.ctx, stepTime)
		defer cancel()
		if err := s.watch(ctx); err != nil && !s.leaving() && !s.passes(err) { // else the next sweep watches them
			s.fail(err)
		}
	})
}

// tidy ends the work on a job that has come to its end or is to be left alone, and gives lanes back
// of which this worker has more than its part.
func (s *session) tidy(ctx context.Context, f found) error {
	j := s.openJob(f.name)
	switch {
	case !f.left:
		if j != nil || f.meta.ExitCode == nil && !f.meta.Running.IsZero() {
			s.finish(f.name, j)
		}
		return nil
	case j == nil:
		return nil
	case f.parts == nil:
		s.tasks.Go(func() { s.close(j, false) })
		return nil
	}
	excess, unused := j.share(*f.parts)
	if unused {
		s.tasks.Go(func() { s.close(j, false) })
	}
	var woken []Slice
	for _, l := range excess {
		l.recall()
		woken = append(woken, Slice{j.name, l.account})
	}
	if len(woken) == 0 {
		return nil
	}
	return s.hand.Wake(ctx, woken)
}

// finish ends the work on a job whose operations are all settled, and then records its end, unless
// another worker did. j is nil if the job is not open.
func (s *session) finish(name string, j *job) {
	s.finished.run(s, name, func() {
		if j != nil && !s.close(j, true) {
			return
		}
		ctx, cancel := context.WithTimeout(s.ctx, stepTime)
		defer cancel()
		err := s.opt.Jobs(ctx, func(found string, job *store.Job) error {
			if found != name {
				return nil
			}
			meta, err := job.Meta(ctx)
			if err != nil || meta.ExitCode != nil {
				return err
			}
			if left, err := job.Unfinished(ctx); err != nil || left {
				return err
			}
			s.tell(Event{Kind: JobFinished, Job: name})
			return s.opt.Record(ctx, job, nil)
		})
		if err != nil && !s.passes(err) { // else the next sweep finds it again
			s.fail(err)
		}
	})
}
