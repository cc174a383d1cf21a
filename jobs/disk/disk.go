// Package disk makes files that exist completely or not at all, also after a power failure.
// What a file holds is on disk before its name is, and the name before anything relies on it. Nobody
// waits for ever for a file system that hangs: see [Within].
package disk

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// Move moves a file, which nobody has open, to another name on the same file system, where it
// replaces what is there. Both are on disk when Move returns.
func Move(from, to string) error {
	f, err := os.OpenFile(from, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(to))
}

// Sum is the SHA-256 of what is left to read, in hex.
func Sum(r io.Reader) (string, error) {
	h := sha256.New()
	_, err := io.Copy(h, r)
	return hex.EncodeToString(h.Sum(nil)), err
}

// SyncFolder writes the names of a folder's files to disk. Windows cannot flush folders.
func SyncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
