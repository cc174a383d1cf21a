//go:build !linux

package store

import (
	"errors"
	"os"
)

// lockInode is not supported: file locks on these systems conflict with SQLite's, or end
// when another descriptor of the file is closed.
func lockInode(string) (*os.File, error) { return nil, errors.ErrUnsupported }
