//go:build !linux

package store

import (
	"errors"
	"os"
)

// lockInode has no lock to take: those of these systems meet SQLite's, or end with
// the first descriptor of the file that is closed.
func lockInode(string) (*os.File, error) { return nil, errors.ErrUnsupported }
