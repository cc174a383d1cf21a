package store

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"
)

// ForeignError is a job of another user that this one may not read or change. While
// that user runs it, it is ErrLocked as well.
type ForeignError struct {
	Dir     string
	Owner   string // name, or number where there is no name
	Running bool
	Read    bool // it may be read
}

func (e *ForeignError) Error() string {
	may := "and this user may not read it"
	if e.Read {
		may = "and this user may not change it"
	}
	if e.Running {
		return fmt.Sprintf("%s is being run by %s, %s", e.Dir, e.Owner, may)
	}
	return fmt.Sprintf("%s belongs to %s, %s", e.Dir, e.Owner, may)
}

// Is makes it an ErrLocked while the job runs.
func (e *ForeignError) Is(target error) bool { return e.Running && target == ErrLocked }

// mayChange says whether this user may write to the job in dir.
func mayChange(dir string) error {
	for _, path := range []string{dir, filepath.Join(dir, fileName)} {
		if !mayWrite(path) {
			return &ForeignError{Dir: dir, Owner: ownerOf(path), Running: (&Job{dir: dir}).Running(), Read: true}
		}
	}
	return nil
}

// unreadable is the error for a job's file that cannot be opened.
func unreadable(path string, err error) error {
	switch {
	case errors.Is(err, syscall.ENOTDIR):
		return err
	case !errors.Is(err, fs.ErrPermission):
		return &DiskError{err}
	}
	dir := filepath.Dir(path)
	return &ForeignError{Dir: dir, Owner: ownerOf(dir), Running: (&Job{dir: dir}).Running()}
}
