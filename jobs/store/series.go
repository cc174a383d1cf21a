package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"adferry/jobs"
)

// A Series is the job folders that a timer makes under one root, one a run, each
// named for its moment in UTC: cleanup-20261124-080719Z. While it is open no
// other process opens it.
type Series struct {
	root   string
	prefix string
	unlock func()
}

// seriesLock lies in the root. It is not a job's lock: a job of the series may be
// resumed by hand meanwhile.
const seriesLock = "series.lock"

// stamp sorts as text as it does by time.
const stamp = "20060102-150405Z"

// OpenSeries opens the series of that name under root, which is made if need be.
// It is ErrBusy while another process has it.
func OpenSeries(root, name string) (*Series, error) {
	if err := MakeFolder(root); err != nil {
		return nil, err
	}
	l := flock.New(filepath.Join(root, seriesLock))
	free, err := l.TryLock()
	if err != nil {
		return nil, fault("", fmt.Errorf("lock folder: %w", err))
	}
	if !free {
		return nil, fmt.Errorf("%s: %w", root, ErrBusy)
	}
	return &Series{root, name + "-", func() { _ = l.Unlock() }}, nil
}

// MakeFolder makes a folder, and those above it, unless they are there. A disk that
// does not take them is a [DiskError].
func MakeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fault("", fmt.Errorf("make folder: %w", err))
	}
	return nil
}

// Close lets others open the series.
func (s *Series) Close() { s.unlock() }

// folders are the series' own, oldest first.
func (s *Series) folders() ([]string, error) {
	entries, err := os.ReadDir(s.root)
	if err != nil {
		return nil, fmt.Errorf("read folder: %w", err)
	}
	var dirs []string
	for _, e := range entries {
		moment, ok := strings.CutPrefix(e.Name(), s.prefix)
		if _, err := time.Parse(stamp, moment); ok && err == nil && e.IsDir() { // no link to elsewhere, either
			dirs = append(dirs, filepath.Join(s.root, e.Name()))
		}
	}
	slices.Sort(dirs)
	return dirs, nil
}

// Last is the newest folder that holds a job, or empty.
func (s *Series) Last() (dir string, err error) {
	dirs, err := s.folders()
	for _, dir := range slices.Backward(dirs) {
		if _, err := os.Lstat(filepath.Join(dir, fileName)); err == nil {
			return dir, nil
		}
	}
	return "", err
}

// Make makes a folder for a run that starts now. Of two runs within a second the
// later is named for the next one that is free.
func (s *Series) Make(now time.Time) (dir string, err error) {
	for ; ; now = now.Add(time.Second) {
		dir = filepath.Join(s.root, s.prefix+now.UTC().Format(stamp))
		if err = os.Mkdir(dir, 0o755); err == nil {
			break
		}
		if !errors.Is(err, os.ErrExist) {
			return "", fault("", fmt.Errorf("make job folder: %w", err))
		}
	}
	return dir, fault("", syncFolder(s.root))
}

// Prune removes the oldest folders whose job is finished, until keep of those are
// left, and what a crash left of folders that never came to hold a job. A job that
// is unfinished, running or damaged stays, and so does a folder with any file in
// it that is neither the store's nor one that ours knows by its name. It goes on
// after an error.
func (s *Series) Prune(ctx context.Context, keep int, ours func(name string) bool) (removed []string, err error) {
	dirs, err := s.folders()
	finished := 0
	for _, dir := range slices.Backward(dirs) {
		state, known := stateOf(ctx, dir)
		if state == jobs.JobFinished {
			finished++
		}
		if !known || state != "" && (state != jobs.JobFinished || finished <= keep) {
			continue
		}
		switch gone, e := remove(dir, ours); {
		case e != nil:
			err = errors.Join(err, fmt.Errorf("remove %s: %w", dir, e))
		case gone:
			removed = append(removed, dir)
		}
	}
	return removed, err
}

// stateOf is the state of the job in dir, empty if there is no job.
func stateOf(ctx context.Context, dir string) (state jobs.JobState, known bool) {
	job, err := View(ctx, dir)
	if err != nil {
		return "", errors.Is(err, ErrNoJob)
	}
	defer job.Close()
	summary, err := job.Summary(ctx)
	return summary.State, err == nil
}

// remove removes a job's folder, unless it holds what is not adferry's or another
// process holds the job.
func remove(dir string, ours func(name string) bool) (gone bool, err error) {
	if names, err := files(dir, ours); names == nil { // before a lock is laid there
		return false, err
	}
	unlock, err := lock(dir)
	if errors.Is(err, ErrLocked) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer unlock()
	names, err := files(dir, ours)
	if names == nil {
		return false, err
	}
	// The job goes after its reports, and its lock last: after a crash in between
	// it is a finished job still, or a folder that holds none, and goes next time.
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	for _, name := range names {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			return false, err
		}
	}
	return true, os.Remove(dir)
}

// files are the names in dir, none if one is of no file of the store's or of ours.
func files(dir string, ours func(name string) bool) ([]string, error) {
	entries, err := os.ReadDir(dir)
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		if !e.Type().IsRegular() || rank(e.Name()) == 0 && !ours(e.Name()) {
			return nil, nil
		}
		names = append(names, e.Name())
	}
	if err != nil {
		return nil, err
	}
	return names, nil
}

// rank is 0 for a file that is not of the store's making, and highest for what is
// to be removed last.
func rank(name string) int {
	base := strings.TrimPrefix(name, fileName)
	switch {
	case name == lockName:
		return 2
	case base != name && slices.Contains([]string{"", "-wal", "-shm", ".new", ".new-wal", ".new-shm"}, base):
		return 1
	}
	return 0
}
