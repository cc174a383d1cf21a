//go:build !windows

package reports

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"
	"golang.org/x/sys/unix"
)

type pendingFile = renameio.PendingFile

// newPendingFile opens a temporary file in the folder that it will be moved to the name
// in: a rename from another file system would not be atomic. A lock on it, which ends
// with the process, tells others that it is being written.
func newPendingFile(dir, name string) (*pendingFile, error) {
	p, err := renameio.NewPendingFile(filepath.Join(dir, name),
		renameio.WithTempDir(dir), renameio.WithPermissions(0o644), renameio.WithExistingPermissions())
	if err == nil {
		_ = unix.Flock(int(p.Fd()), unix.LOCK_SH|unix.LOCK_NB)
	}
	return p, err
}

// abandoned is the age from which a temporary file counts as left by a killed process,
// where files cannot be locked: far longer than a report takes to write.
const abandoned = time.Hour

// inUse reports whether a process is writing a temporary file.
func inUse(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return true
	}
	defer f.Close()
	switch err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); {
	case err == nil:
		return false
	case errors.Is(err, unix.EWOULDBLOCK):
		return true
	}
	info, err := f.Stat()
	return err == nil && time.Since(info.ModTime()) < abandoned
}
