package registry

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"adferry/jobs/store"
)

// Registry is a user's state folder. Nothing is made in it before a job is.
type Registry struct{ dir string }

// In is the registry in a state folder.
func In(folder string) Registry { return Registry{folder} }

func (r Registry) jobs() string { return filepath.Join(r.dir, "jobs") }

// Start is a job whose writes are about to be sent.
type Start struct {
	Folder   string      // of the job, which this process has locked
	Endpoint string      // the origin of the server
	Reopen   bool        // its failed operations will be left to do again
	Timer    string      // folder under which a timer makes the folders of such jobs; empty: no timer's
	Warn     func(error) // is told what cannot be read, and an UnavailableError
}

// UnavailableError is a state folder that cannot be written to: the job goes on, and
// no other one can see it.
type UnavailableError struct {
	Folder string
	Err    error
}

func (e *UnavailableError) Error() string {
	return fmt.Sprintf("the job cannot be entered in %s, where other jobs would see that it is unfinished: %v", e.Folder, e.Err)
}
func (e *UnavailableError) Unwrap() error { return e.Err }

// ErrBusy: another process has been starting a job for minutes.
var ErrBusy = errors.New("another process has been starting a job for minutes, and did not end that")

// mostWait is how long a start waits for others, whose look into two jobs of a
// million rows takes some seconds.
const mostWait = 5 * time.Minute

// Enter registers a job until it is finished. It is a [ContradictionError], and
// nothing is registered, if another unfinished job is in the way.
func (r Registry) Enter(ctx context.Context, job *store.Job, s Start) (*Entry, error) {
	mine, err := describe(ctx, job, s)
	if err != nil {
		return nil, err
	}
	unlock, err := r.lock(ctx)
	var unavailable *UnavailableError
	if err != nil && !errors.As(err, &unavailable) {
		return nil, err
	}
	defer unlock()
	all, unread, err := read(r.jobs())
	switch {
	case err != nil && unavailable == nil:
		unavailable = &UnavailableError{r.dir, err}
	case unread != nil:
		s.Warn(fmt.Errorf("a job that may be unfinished cannot be looked at: %w", unread))
	}
	before, err := check(ctx, job, s, mine, all)
	if err != nil {
		return nil, err
	}
	if unavailable == nil {
		if err := mine.write(r.jobs()); err != nil {
			unavailable = &UnavailableError{r.dir, err}
		}
	}
	if unavailable != nil {
		s.Warn(unavailable)
		return nil, nil
	}
	for _, e := range before {
		remove(e.path)
	}
	removeDrafts(r.jobs())
	held := flock.New(lockOf(mine.path))
	_, _ = held.TryLock() // where that is not possible, the folder alone tells whether the job runs
	return &Entry{mine.path, held}, nil
}

// describe makes the entry of a job.
func describe(ctx context.Context, job *store.Job, s Start) (*entry, error) {
	folder, err := filepath.Abs(s.Folder)
	if err == nil {
		folder, err = filepath.EvalSymlinks(folder)
	}
	if err != nil {
		return nil, fmt.Errorf("job folder: %w", err)
	}
	roles, err := job.Roles(ctx)
	if err != nil {
		return nil, err
	}
	e := &entry{Version: version, Folder: folder, Endpoint: s.Endpoint, Since: time.Now().UTC()}
	for _, r := range roles {
		e.Accounts = append(e.Accounts, account(r))
	}
	return e, nil
}

// lock keeps others from starting a job; unlock is never nil.
func (r Registry) lock(ctx context.Context) (unlock func(), err error) {
	unlock = func() {}
	if err := os.MkdirAll(r.jobs(), 0o700); err != nil {
		return unlock, &UnavailableError{r.dir, err}
	}
	l := flock.New(filepath.Join(r.dir, "registry.lock"))
	waiting, cancel := context.WithTimeout(ctx, mostWait)
	defer cancel()
	_, err = l.TryLockContext(waiting, 50*time.Millisecond)
	switch {
	case err == nil:
		return func() { _ = l.Unlock() }, nil
	case ctx.Err() != nil:
		return unlock, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return unlock, fmt.Errorf("%s: %w", l.Path(), ErrBusy)
	}
	return unlock, &UnavailableError{r.dir, err}
}

// Entry is a job in the registry, held by the process that runs it. A nil one is that
// of a job that could not be registered.
type Entry struct {
	path string
	held *flock.Flock
}

// Leave lets go of the entry, and takes a job out of the registry of which nothing is
// left to do.
func (e *Entry) Leave(finished bool) {
	if e == nil {
		return
	}
	_ = e.held.Unlock()
	if finished {
		remove(e.path)
	}
}
