package backup

import (
	"errors"
	"os"
	"path"
	"path/filepath"
	"runtime"
)

// temporary is the folder of files that are not in their place yet.
func (f *Folder) temporary() string { return filepath.Join(f.dir, "new") }

// place writes a file as a whole: fill gets a temporary one, says what it is to be
// called, and only when it is on disk does it get its place and name.
func (f *Folder) place(folder string, fill func(*os.File) (name string, err error)) (err error) {
	temp, err := os.CreateTemp(f.temporary(), "*")
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

// write places a small file.
func (f *Folder) write(name string, data []byte) error {
	return f.place(path.Dir(name), func(temp *os.File) (string, error) {
		_, err := temp.Write(data)
		return path.Base(name), err
	})
}

// folderOf makes the account's folder.
func (f *Folder) folderOf(account string) error {
	if err := f.root.Mkdir(account, 0o755); errors.Is(err, os.ErrExist) {
		return nil
	} else if err != nil {
		return err
	}
	return f.sync(".")
}

// sync brings a folder's entries to disk. Windows has no handle to flush.
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
