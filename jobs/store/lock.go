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

// A process that runs a job holds three locks of the operating system's, which
// drops them when the process ends, however it ends. The lock file works everywhere,
// but can be removed or left behind under another path. So the folder itself is
// locked as well, where the system has locks for folders, and the file that holds
// the job, where such a lock does not meet SQLite's own.

// lock takes the folder's job, be it made or about to be.
func lock(dir string) (unlock func(), err error) {
	var held []*flock.Flock
	unlock = func() {
		for _, l := range slices.Backward(held) {
			_ = l.Unlock()
		}
	}
	file := flock.New(filepath.Join(dir, lockName))
	for _, l := range []*flock.Flock{file, folderLock(dir)} {
		free, err := try(l.TryLock)
		switch {
		case err != nil && l == file:
			err = fmt.Errorf("lock job: %w", err)
		case err != nil: // no locks for folders here
			continue
		case !free:
			err = fmt.Errorf("%s: %w", dir, ErrLocked)
		}
		if err != nil {
			unlock()
			return nil, err
		}
		held = append(held, l)
	}
	return unlock, nil
}

// lockFile takes the file that holds the job of dir, which lock has taken. It has to
// be let go of after the last database handle of this process on the file.
func lockFile(dir string) (unlock func(), err error) {
	f, err := lockInode(filepath.Join(dir, fileName))
	switch {
	case errors.Is(err, ErrLocked):
		return nil, fmt.Errorf("%s: its job file is in use under another path: %w", dir, ErrLocked)
	case err != nil: // no such locks here
		return func() {}, nil
	}
	return func() { _ = f.Close() }, nil
}

// folderLock is a lock on a folder itself.
func folderLock(dir string) *flock.Flock { return flock.New(dir, flock.SetFlag(os.O_RDONLY)) }

// try asks for a lock some times: whoever looks whether a job runs has it for a
// moment.
func try(take func() (bool, error)) (free bool, err error) {
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

// Running reports whether a process holds the job now.
func (j *Job) Running() bool {
	if taken, err := taken(folderLock(j.dir)); err == nil {
		return taken
	}
	path := filepath.Join(j.dir, lockName)
	if _, err := os.Stat(path); err != nil {
		return false
	}
	taken, err := taken(flock.New(path, flock.SetFlag(os.O_RDONLY)))
	return err == nil && taken
}

func taken(l *flock.Flock) (bool, error) {
	free, err := l.TryRLock()
	if free {
		_ = l.Unlock()
	}
	return !free, err
}
