package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"adferry/jobs/disk"
	"adferry/jobs/store"
)

const version = 1

// entry is the file of a registered job.
type entry struct {
	Version  int                 `json:"version"`
	Folder   string              `json:"folder"`
	Endpoint string              `json:"endpoint"`
	Accounts []store.AccountRole `json:"accounts"`
	Since    time.Time           `json:"since"`

	path string // of the file
}

// draftPrefix begins the name of a file that is being written. The next start of a job
// removes files that a killed process left.
const draftPrefix = ".new-"

// readEntries reads the entries in a folder. unread has an error for each that cannot be
// read.
func readEntries(dir string) (all []entry, unread, err error) {
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
			err = fmt.Errorf("version %d is of a newer version of adferry", e.Version)
		case err == nil && (e.Version < 1 || e.Folder == ""):
			err = errors.New("it names no job folder")
		}
		if err != nil {
			unread = errors.Join(unread, fmt.Errorf("%s: %w", path, err))
			continue
		}
		all = append(all, e)
	}
	return all, unread, nil
}

// write writes the entry's file. It is on disk when write returns.
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
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	path := filepath.Join(dir, strings.TrimPrefix(filepath.Base(f.Name()), draftPrefix)+".json")
	if err := disk.Move(f.Name(), path); err != nil {
		return err
	}
	e.path = path
	return nil
}

// lockPath is the file that is locked while a process runs the job of an entry. The entry
// itself is not locked, because on Windows nobody could read it then.
func lockPath(path string) string { return strings.TrimSuffix(path, ".json") + ".lock" }

// removeEntry removes an entry and its lock file.
func removeEntry(path string) {
	_ = os.Remove(path) // if this fails, the next start of a job removes it
	_ = os.Remove(lockPath(path))
}

// running reports whether a process is running the entry's job.
func (e *entry) running() bool {
	l := flock.New(lockPath(e.path), flock.SetFlag(os.O_RDONLY))
	free, err := l.TryRLock()
	if free {
		_ = l.Unlock()
	}
	return err == nil && !free
}

// removeDrafts removes files that killed processes left.
func removeDrafts(dir string) {
	names, _ := os.ReadDir(dir)
	for _, name := range names {
		if strings.HasPrefix(name.Name(), draftPrefix) {
			_ = os.Remove(filepath.Join(dir, name.Name()))
		}
	}
}
