package store

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"
)

// ForeignError is another user's job, which this user may not read or change. While the
// other user runs it, it is also ErrLocked.
type ForeignError struct {
	Dir      string
	Owner    string // name, or number if there is no name
	Running  bool
	Readable bool // this user may read it
}

func (e *ForeignError) Error() string {
	may := "and this user may not read it"
	if e.Readable {
		may = "and this user may not change it"
	}
	if e.Running {
		return fmt.Sprintf("%s is being run by %s, %s", e.Dir, e.Owner, may)
	}
	return fmt.Sprintf("%s belongs to %s, %s", e.Dir, e.Owner, may)
}

// Is makes it ErrLocked while the job runs.
func (e *ForeignError) Is(target error) bool { return e.Running && target == ErrLocked }

// checkWritable returns a ForeignError if this user may not write to the job in dir.
func checkWritable(dir string) error {
	for _, path := range []string{dir, filepath.Join(dir, fileName)} {
		if !isWritable(path) {
			return &ForeignError{Dir: dir, Owner: ownerOf(path), Running: isRunning(dir), Readable: true}
		}
	}
	return nil
}

// openError is the error for a job file that cannot be opened.
func openError(path string, err error) error {
	switch {
	case errors.Is(err, syscall.ENOTDIR):
		return err
	case !errors.Is(err, fs.ErrPermission):
		return &DiskError{err}
	}
	dir := filepath.Dir(path)
	return &ForeignError{Dir: dir, Owner: ownerOf(dir), Running: isRunning(dir)}
}
