package backup

import (
	"errors"
	"os"
	"path"
	"path/filepath"

	"adferry/jobs/disk"
)

// writeAtomic writes a file so that it exists completely or not at all. fill writes to a
// temporary file and returns the final name; the file is renamed when it is on disk.
func (f *Folder) writeAtomic(folder string, fill func(*os.File) (name string, err error)) (err error) {
	temp, err := f.received.Create()
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = temp.Close()
			_ = os.Remove(temp.Name())
		}
	}()
	name, err := fill(temp)
	if err != nil {
		return err
	}
	if err := errors.Join(temp.Chmod(0o644), temp.Close()); err != nil {
		return err
	}
	return disk.Move(temp.Name(), filepath.Join(f.dir, filepath.FromSlash(folder), name))
}

// write writes a small file atomically.
func (f *Folder) write(name string, data []byte) error {
	return f.writeAtomic(path.Dir(name), func(temp *os.File) (string, error) {
		_, err := temp.Write(data)
		return path.Base(name), err
	})
}

// makeAccountFolder makes the folder of an ad account.
func (f *Folder) makeAccountFolder(account string) error {
	if err := f.root.Mkdir(account, 0o755); errors.Is(err, os.ErrExist) {
		return nil
	} else if err != nil {
		return err
	}
	return disk.SyncFolder(f.dir)
}
