//go:build !windows

package reports

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

type pending = renameio.PendingFile

// newPending opens a temporary file beside the place it is meant for: a rename
// from another file system would not be atomic.
func newPending(dir, name string) (*pending, error) {
	return renameio.NewPendingFile(filepath.Join(dir, name),
		renameio.WithTempDir(dir), renameio.WithPermissions(0o644), renameio.WithExistingPermissions())
}

// syncDir makes renames in dir survive a power failure.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
