package content

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// Folder is a folder that receives pictures, from several processes at the same time.
type Folder struct {
	*Index
	dir   string
	inUse *flock.Flock
}

// OpenFolder opens the folder, which it makes if necessary, and removes what killed processes
// left on its way, if no other process uses it.
func OpenFolder(dir string) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	f := &Folder{dir: dir, inUse: flock.New(filepath.Join(dir, "in-use"))}
	if err := f.open(); err != nil {
		return nil, errors.Join(err, f.inUse.Close())
	}
	return f, nil
}

func (f *Folder) open() (err error) {
	if err := f.clear(); err != nil {
		return err
	}
	if err := f.inUse.RLock(); err != nil {
		return err
	}
	if err := os.MkdirAll(f.incoming(), 0o755); err != nil {
		return err
	}
	f.Index, err = Open(filepath.Join(f.dir, "sums"))
	return err
}

// clear removes the temporary files, unless another process uses the folder.
func (f *Folder) clear() error {
	alone, err := f.inUse.TryLock()
	if err != nil || !alone {
		return err
	}
	return errors.Join(os.RemoveAll(f.incoming()), f.inUse.Unlock())
}

func (f *Folder) incoming() string { return filepath.Join(f.dir, "new") }

// Create makes a temporary file in the folder.
func (f *Folder) Create() (*os.File, error) { return os.CreateTemp(f.incoming(), "*") }

// Close closes the folder, and removes the temporary files if no other process uses it.
func (f *Folder) Close() error {
	return errors.Join(f.Index.Close(), f.inUse.Unlock(), f.clear(), f.inUse.Close())
}
