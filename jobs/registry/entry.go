package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"adferry/jobs/store"
	"adferry/plan"
)

const version = 1

// entry is what the file of a job holds.
type entry struct {
	Version  int       `json:"version"`
	Folder   string    `json:"folder"`
	Endpoint string    `json:"endpoint"`
	Accounts []account `json:"accounts"`
	Since    time.Time `json:"since"`

	path string // of the file
}

type account struct {
	Account plan.Account `json:"account"`
	Role    store.Role   `json:"role"`
}

// A file being made begins so; one that a killed process left goes with the next start.
const draftPrefix = ".new-"

// read reads the entries of a folder. Those that cannot be understood come back as
// unread.
func read(dir string) (all []entry, unread, err error) {
	names, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		path := filepath.Join(dir, name.Name())
		if filepath.Ext(path) != ".json" || strings.HasPrefix(name.Name(), draftPrefix) {
			continue
		}
		e := entry{path: path}
		raw, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(raw, &e)
		}
		switch {
		case errors.Is(err, os.ErrNotExist): // its job has ended meanwhile
			continue
		case err == nil && e.Version > version:
			err = fmt.Errorf("format %d is of a newer adferry", e.Version)
		case err == nil && (e.Version < 1 || e.Folder == ""):
			err = errors.New("it names no job")
		}
		if err != nil {
			unread = errors.Join(unread, fmt.Errorf("%s: %w", path, err))
			continue
		}
		all = append(all, e)
	}
	return all, unread, nil
}

// write makes the entry's file, on disk when it returns.
func (e *entry) write(dir string) error {
	text, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, draftPrefix+"*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	path := filepath.Join(dir, strings.TrimPrefix(filepath.Base(f.Name()), draftPrefix)+".json")
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	e.path = path
	return syncFolder(dir)
}

// syncFolder makes what was renamed in dir survive a power failure. Windows has no
// handle of a folder to flush.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// lockOf is the file that the process locks which runs the job of an entry. Windows
// would let nobody read the entry itself meanwhile.
func lockOf(path string) string { return strings.TrimSuffix(path, ".json") + ".lock" }

// remove takes an entry out.
func remove(path string) {
	_ = os.Remove(path) // what cannot be removed goes when another job starts
	_ = os.Remove(lockOf(path))
}

// running reports whether a process runs the entry's job.
func (e *entry) running() bool {
	l := flock.New(lockOf(e.path), flock.SetFlag(os.O_RDONLY))
	free, err := l.TryRLock()
	if free {
		_ = l.Unlock()
	}
	return err == nil && !free
}

// removeDrafts removes what killed processes left of making entries.
func removeDrafts(dir string) {
	names, _ := os.ReadDir(dir)
	for _, name := range names {
		if strings.HasPrefix(name.Name(), draftPrefix) {
			_ = os.Remove(filepath.Join(dir, name.Name()))
		}
	}
}
