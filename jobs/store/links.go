package store

import (
	"errors"
	"fmt"
	"os"
)

// LinkedError is a job file that is a symbolic link or has several hard links. The lock is
// in one folder only, and SQLite keeps the log beside the name by which the file was
// opened.
type LinkedError struct {
	Path   string
	Target string // what the symbolic link points to; empty for a hard link
}

func (e *LinkedError) Error() string {
	if e.Target != "" {
		return fmt.Sprintf("job file %s is a symbolic link to %s", e.Path, e.Target)
	}
	return fmt.Sprintf("job file %s has another name, too (a hard link)", e.Path)
}

// checkRegular refuses a job file that is not a regular file. The folder may be a symbolic
// link.
func checkRegular(path string) error {
	info, err := os.Lstat(path)
	switch {
	case err != nil, info.Mode().IsRegular():
		return nil // reading the file gives any other error
	case info.Mode()&os.ModeSymlink == 0:
		return &DamagedError{path, errors.New("it is not a regular file")}
	}
	target, err := os.Readlink(path)
	if err != nil {
		return err
	}
	return &LinkedError{path, target}
}

// checkSingleLink refuses a job file that has several hard links. It does not open the file,
// because closing it would drop SQLite's locks of this process.
func checkSingleLink(path string) error {
	if linkCount(path) > 1 {
		return &LinkedError{Path: path}
	}
	return nil
}
