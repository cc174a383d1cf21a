package backup

import (
	"errors"
	"os"
	"path"
	"path/filepath"
	"runtime"
)

// tempDir is the folder of temporary files.
func (f *Folder) tempDir() string { return filepath.Join(f.dir, "new") }

// writeAtomic writes a file so that it exists completely or not at all. fill writes to a
// temporary file and returns the final name; the file is renamed when it is on disk.
func (f *Folder) writeAtomic(folder string, fill func(*os.File) (name string, err error)) (err error) {
	temp, err := os.CreateTemp(f.tempDir(), "*")
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
	if err := errors.Join(temp.Chmod(0o644), temp.Sync(), temp.Close()); err != nil {
		return err
	}
	if err := os.Rename(temp.Name(), filepath.Join(f.dir, filepath.FromSlash(path.Join(folder, name)))); err != nil {
		return err
	}
	return f.sync(folder)
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
	return f.sync(".")
}

// sync writes a folder's entries to disk. Windows cannot flush folders.
func (f *Folder) sync(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := f.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
