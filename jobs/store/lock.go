package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofrs/flock"
)

// lock locks the job in dir, which need not exist yet. A process that runs a job holds
// three locks of the operating system, which are released however the process ends. The
// lock file works everywhere, but it can be removed, and a moved folder may get a new one.
// So the folder is locked as well, and so is job.db (see lockFile), on systems with such
// locks.
func lock(dir string) (unlock func(), err error) {
	var taken []*flock.Flock
	unlock = func() {
		for _, l := range slices.Backward(taken) {
			_ = l.Unlock()
		}
	}
	file := flock.New(filepath.Join(dir, lockName))
	for _, l := range []*flock.Flock{file, newFolderLock(dir)} {
		free, err := tryLock(l.TryLock)
		switch {
		case err != nil && l == file:
			err = fmt.Errorf("lock job: %w", err)
		case err != nil: // the system cannot lock folders
			continue
		case !free:
			err = fmt.Errorf("%s: %w", dir, ErrLocked)
		}
		if err != nil {
			unlock()
			return nil, err
		}
		taken = append(taken, l)
	}
	return unlock, nil
}

// lockFile locks job.db of a job that lock has locked. It must be released after this process
// has closed its last connection to the database.
func lockFile(dir string) (unlock func(), err error) {
	f, err := lockInode(filepath.Join(dir, fileName))
	switch {
	case errors.Is(err, ErrLocked):
		return nil, fmt.Errorf("%s: its job file is in use under another path: %w", dir, ErrLocked)
	case err != nil: // the system has no such locks
		return func() {}, nil
	}
	return func() { _ = f.Close() }, nil
}

// newFolderLock is a lock on a folder itself, not yet taken.
func newFolderLock(dir string) *flock.Flock { return flock.New(dir, flock.SetFlag(os.O_RDONLY)) }

// tryLock tries a few times to take a lock, because [Job.Running] takes it for a moment.
func tryLock(take func() (bool, error)) (free bool, err error) {
	for n := range 5 {
		if n > 0 {
			time.Sleep(10 * time.Millisecond)
		}
		if free, err = take(); free || err != nil {
			break
		}
	}
	return free, err
}

func (f *file) Running() bool { return isRunning(f.dir) }

// isRunning reports whether a process is running the job in dir.
func isRunning(dir string) bool {
	if locked, err := isLocked(newFolderLock(dir)); err == nil {
		return locked
	}
	path := filepath.Join(dir, lockName)
	if _, err := os.Stat(path); err != nil {
		return false
	}
	locked, err := isLocked(flock.New(path, flock.SetFlag(os.O_RDONLY)))
	return err == nil && locked
}

// isLocked reports whether another process has the lock.
func isLocked(l *flock.Flock) (bool, error) {
	free, err := l.TryRLock()
	if free {
		_ = l.Unlock()
	}
	return !free, err
}

// LockFolder locks a folder as that of a job that is running, for a job whose checkpoint is
// elsewhere. The error is ErrLocked if another process has it.
func LockFolder(dir string) (unlock func(), err error) { return lock(dir) }
