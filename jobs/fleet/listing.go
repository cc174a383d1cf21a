package fleet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"adferry/jobs/cleanup"
	"adferry/jobs/proof"
	"adferry/jobs/store"
	"adferry/plan"
)

// listing is a cleanup that this worker lists and makes the job of.
type listing struct {
	ended   chan struct{}
	err     error // is to be tried again
	cancel  context.CancelFunc
	release func() // of the schedule's name
}

// notHereError is why another worker has to make the job of a cleanup.
type notHereError struct{ error }

// uncollected is how long a cleanup that has ended waits for the attempt that is told so. If none
// comes the next one begins anew.
const uncollected = 5 * time.Minute

// listing is what is under way of a cleanup here, which is begun if no other worker has it.
func (c *Cleanups) listing(ctx context.Context, d due) (*listing, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l := c.underway[d]; l != nil {
		return l, nil
	}
	i := slices.IndexFunc(c.Scheduled, func(s cleanup.Scheduled) bool { return s.Name == d.Schedule })
	if i < 0 {
		return nil, notHereError{errors.New("the file of schedules does not have it")}
	}
	s := c.Scheduled[i]
	if !c.Covers(s.Accounts) {
		return nil, notHereError{errors.New("credentials of its ad accounts are missing")}
	}
	if err := checkBackup(ctx, s); err != nil {
		return nil, notHereError{err}
	}
	held, release, err := c.Database.Reserve(ctx, nameOf(s.Name))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	l := &listing{ended: make(chan struct{}), cancel: cancel, release: release}
	if c.underway == nil {
		c.underway = map[due]*listing{}
	}
	c.underway[d] = l
	c.running.Go(func() {
		defer close(l.ended)
		l.err = c.run(ctx, s, d, held)
		time.AfterFunc(uncollected, func() { c.collect(d, l) })
	})
	return l, nil
}

// othersMay returns [store.ErrBusy] while another worker has begun a cleanup that cannot be begun here,
// or may still do so: catchUp has to pass since any had, and since last.
func (c *Cleanups) othersMay(ctx context.Context, d due, last time.Time) error {
	_, release, err := c.Database.Reserve(ctx, nameOf(d.Schedule))
	if err == nil {
		release()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if errors.Is(err, store.ErrBusy) {
		if c.busy == nil {
			c.busy = map[string]time.Time{}
		}
		c.busy[d.Schedule] = time.Now()
	}
	if err == nil && (time.Since(last) <= catchUp || time.Since(c.busy[d.Schedule]) <= catchUp) {
		return store.ErrBusy
	}
	return err
}

// nameOf is a schedule's name as it is reserved in the database.
func nameOf(schedule string) string { return "schedule " + schedule }

// checkBackup returns an error unless this worker sees the backup folder of a cleanup.
func checkBackup(ctx context.Context, s cleanup.Scheduled) error {
	if s.Backup == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	return proof.CheckShared(ctx, s.Backup)
}

// collect forgets a cleanup that has ended, unless that was done before: then another one may have
// begun under its name.
func (c *Cleanups) collect(d due, l *listing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.underway[d] == l {
		delete(c.underway, d)
		l.cancel()
		l.release()
	}
}

// Close ends what is under way. The schedules are free for other workers.
func (c *Cleanups) Close() {
	c.mu.Lock()
	all := maps.Clone(c.underway)
	c.mu.Unlock()
	for _, l := range all {
		l.cancel()
	}
	c.running.Wait()
	for d, l := range all {
		c.collect(d, l)
	}
}

// run makes the job of a cleanup that is due. The error is to be tried again; all others are told.
func (c *Cleanups) run(ctx context.Context, s cleanup.Scheduled, d due, held func(context.Context) error) error {
	name := store.RunName(s.Name, d.At)
	earlier, err := c.earlier(ctx, s.Name)
	if err != nil {
		return err
	}
	for _, e := range earlier {
		switch {
		case e.name == name: // made by an attempt whose end was not saved
			return nil
		case !e.finished:
			c.Tell(CleanupEvent{Job: name, Err: fmt.Errorf("skipped, because job %s is not finished", e.name)})
			return nil
		}
	}
	deletes, err := c.makeJob(ctx, s, name, held)
	var limit *cleanup.LimitError
	switch {
	case errors.Is(err, store.ErrExists):
		return nil
	case errors.As(err, &limit):
		c.Tell(CleanupEvent{Job: name, Err: limit})
		return nil
	case ctx.Err() != nil: // the process ends
		return err
	case err != nil:
		c.Tell(CleanupEvent{Job: name, Err: err, Again: true})
		return err
	}
	c.Tell(CleanupEvent{Job: name, Deletes: deletes})
	if s.KeepJobs > 0 {
		c.prune(ctx, earlier, s.KeepJobs)
	}
	return nil
}

// makeJob lists the ad accounts and makes the job, if there is something to delete.
func (c *Cleanups) makeJob(ctx context.Context, s cleanup.Scheduled, name string, held func(context.Context) error) (deletes int, err error) {
	request, err := s.Request(c.Endpoint)
	if err != nil {
		return 0, err
	}
	inv, err := c.List(ctx, request)
	if err != nil {
		return 0, fmt.Errorf("the images could not be listed: %w", err)
	}
	defer inv.Close()
	for _, a := range inv.Accounts {
		if a.Err != nil {
			c.Tell(CleanupEvent{Job: name, Err: fmt.Errorf("%w; none of its images are deleted", a.Err)})
		}
	}
	if deletes = inv.Deletes(); deletes == 0 {
		return 0, nil
	}
	if err := inv.CheckLimit(); err != nil {
		return 0, err
	}
	if err := cmp.Or(checkBackup(ctx, s), held(ctx)); err != nil { // hours may have passed
		return 0, err
	}
	spec := store.Spec{
		Manifest: cleanup.ManifestName, Policy: inv.Policy(), Consent: true, Endpoint: c.Endpoint, Settings: store.Settings{Backup: s.Backup}, Proof: proof.New(),
		Read: func(visit func(plan.Row) error) (*plan.Plan, error) {
			r, w := io.Pipe()
			var writing sync.WaitGroup
			writing.Go(func() {
				_, err := plan.Write(w, inv.Rows())
				w.CloseWithError(err)
			})
			defer writing.Wait()
			defer r.Close()
			return plan.Read(r, visit)
		},
	}
	var left store.Folders
	spec.Agree = func(p *plan.Plan) error {
		left = spec.Folders(p)
		return proof.Leave(ctx, left)
	}
	job, _, err := c.Database.Create(ctx, name, spec)
	if err != nil {
		if ctx.Err() == nil { // else the job may be there
			proof.Remove(ctx, left)
		}
		return 0, err
	}
	return deletes, job.Close()
}

// earlierRun is a job of a schedule.
type earlierRun struct {
	name     string
	finished bool
}

// earlier are the jobs of a schedule, oldest first.
func (c *Cleanups) earlier(ctx context.Context, schedule string) (all []earlierRun, err error) {
	err = c.Database.Each(ctx, func(name string, job *store.Job) error {
		if !store.IsRun(schedule, name) {
			return nil
		}
		left, err := job.Unfinished(ctx)
		all = append(all, earlierRun{name, !left})
		return err
	})
	return all, err
}

// prune removes the oldest of the finished jobs until keep of them are left with the one that was
// just made. It goes on after an error, which is told.
func (c *Cleanups) prune(ctx context.Context, finished []earlierRun, keep int) {
	for _, e := range finished[:max(0, len(finished)-keep)] {
		if err := c.remove(ctx, e.name); err != nil {
			c.Tell(CleanupEvent{Job: e.name, Err: fmt.Errorf("it was to be removed: %w", err)})
		}
	}
}

func (c *Cleanups) remove(ctx context.Context, name string) error {
	job, err := c.Database.Open(ctx, name)
	if err != nil {
		return err
	}
	defer job.Close()
	meta, err := job.Meta(ctx)
	if err != nil {
		return err
	}
	if err := c.Database.Remove(ctx, name); err != nil {
		return err
	}
	proof.Remove(ctx, meta.Folders)
	return nil
}
