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

// Registry is a user's state folder. Nothing is created in it before the first Register.
type Registry struct{ dir string }

// New returns the registry in a state folder.
func New(folder string) Registry { return Registry{folder} }

func (r Registry) jobs() string { return filepath.Join(r.dir, "jobs") }

// Start is a job whose writes are about to be sent.
type Start struct {
	Folder   string      // of the job, which this process has locked
	Name     string      // of a job of a database, see Compare
	Endpoint string      // the origin of the server
	Reopen   bool        // its failed operations will be reopened
	Timer    string      // root of the schedule that the job belongs to; empty: none
	Warn     func(error) // gets errors that do not keep the job from starting, such as an UnavailableError
}

// UnavailableError is a state folder that cannot be written to. The job goes on, but other
// processes cannot see it.
type UnavailableError struct {
	Folder string
	Err    error
}

func (e *UnavailableError) Error() string {
	return fmt.Sprintf("the job cannot be registered in %s, so that other jobs will not see it: %v", e.Folder, e.Err)
}
func (e *UnavailableError) Unwrap() error { return e.Err }

// ErrBusy means that another process has been starting a job for more than 5 minutes.
var ErrBusy = errors.New("another process has been starting a job for more than 5 minutes")

// maxWait is how long Register waits for another process, which needs some seconds to compare
// two jobs of a million rows.
const maxWait = 5 * time.Minute

// Register registers a job until it is finished. If it conflicts with another unfinished
// job, the error is a [ConflictError] and nothing is registered.
func (r Registry) Register(ctx context.Context, job *store.Job, s Start) (*Entry, error) {
	self, err := newEntry(ctx, job, s)
	if err != nil {
		return nil, err
	}
	unlock, err := r.lock(ctx)
	var unavailable *UnavailableError
	if err != nil && !errors.As(err, &unavailable) {
		return nil, err
	}
	defer unlock()
	all, unread, err := readEntries(r.jobs())
	switch {
	case err != nil && unavailable == nil:
		unavailable = &UnavailableError{r.dir, err}
	case unread != nil:
		s.Warn(fmt.Errorf("a job that may be unfinished cannot be checked: %w", unread))
	}
	own, err := checkAll(ctx, job, s, self, all)
	if err != nil {
		return nil, err
	}
	if unavailable == nil {
		if err := self.write(r.jobs()); err != nil {
			unavailable = &UnavailableError{r.dir, err}
		}
	}
	if unavailable != nil {
		s.Warn(unavailable)
		return nil, nil
	}
	for _, e := range own {
		removeEntry(e.path)
	}
	removeDrafts(r.jobs())
	lock := flock.New(lockPath(self.path))
	_, _ = lock.TryLock() // without this lock, only the job's own lock shows whether it runs
	return &Entry{self.path, lock}, nil
}

// newEntry makes the entry of a job.
func newEntry(ctx context.Context, job *store.Job, s Start) (*entry, error) {
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
	return &entry{Version: version, Folder: folder, Endpoint: s.Endpoint, Accounts: roles, Since: time.Now().UTC()}, nil
}

// lock keeps other processes from starting a job. unlock is never nil.
func (r Registry) lock(ctx context.Context) (unlock func(), err error) {
	unlock = func() {}
	if err := os.MkdirAll(r.jobs(), 0o700); err != nil {
		return unlock, &UnavailableError{r.dir, err}
	}
	l := flock.New(filepath.Join(r.dir, "registry.lock"))
	waiting, cancel := context.WithTimeout(ctx, maxWait)
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

// Entry is a registered job that this process runs. It is nil if the job could not be
// registered.
type Entry struct {
	path string
	lock *flock.Flock
}

// Release releases the entry. If the job is finished, it also removes it from the registry.
func (e *Entry) Release(finished bool) {
	if e == nil {
		return
	}
	_ = e.lock.Unlock()
	if finished {
		removeEntry(e.path)
	}
}
