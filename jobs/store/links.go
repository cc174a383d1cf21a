package store

import (
	"errors"
	"fmt"
	"os"
)

// LinkedError is a job file that has a second name, or is one itself: a lock on one
// folder does not hold for the other, and SQLite keeps the log of what was written
// last beside the name by which the file was opened.
type LinkedError struct {
	Path   string
	Target string // what the symbolic link points to; empty for a hard link
}

func (e *LinkedError) Error() string {
	if e.Target != "" {
		return fmt.Sprintf("job file %s is a symbolic link to %s", e.Path, e.Target)
	}
	return fmt.Sprintf("job file %s is linked to under another name as well (a hard link)", e.Path)
}

// plainFile refuses a job file that is a symbolic link, or nothing that can be read
// to its end. A symbolic link to the folder is as good as the folder.
func plainFile(path string) error {
	info, err := os.Lstat(path)
	switch {
	case err != nil, info.Mode().IsRegular():
		return nil // what else there is to say, reading the file says
	case info.Mode()&os.ModeSymlink == 0:
		return &DamagedError{path, errors.New("it is no regular file")}
	}
	target, err := os.Readlink(path)
	if err != nil {
		return err
	}
	return &LinkedError{path, target}
}

// oneName refuses a job file that has other names. It does not open the file: that
// would end the locks that SQLite has on it in this process.
func oneName(path string) error {
	if links(path) > 1 {
		return &LinkedError{Path: path}
	}
	return nil
}
