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
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, fault("", fmt.Errorf("make folder: %w", err))
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
// it that is neither the store's nor among files, the names of what else adferry
// puts there. It goes on after an error.
func (s *Series) Prune(ctx context.Context, keep int, files []string) (removed []string, err error) {
	dirs, err := s.folders()
	finished := 0
	for _, dir := range slices.Backward(dirs) {
		job, e := View(ctx, dir)
		var summary jobs.Summary
		switch {
		case errors.Is(e, ErrNoJob):
		case e != nil:
			continue
		default:
			summary, e = job.Summary(ctx)
			job.Close()
			if e != nil || summary.State != jobs.JobFinished {
				continue
			}
			if finished++; finished <= keep {
				continue
			}
		}
		switch gone, e := remove(dir, files); {
		case e != nil:
			err = errors.Join(err, fmt.Errorf("remove %s: %w", dir, e))
		case gone:
			removed = append(removed, dir)
		}
	}
	return removed, err
}

// remove removes a job's folder, unless it holds what is not adferry's or another
// process holds the job.
func remove(dir string, files []string) (gone bool, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false, err
	}
	ours := append([]string{fileName, fileName + "-wal", fileName + "-shm", fileName + ".new", fileName + ".new-wal", fileName + ".new-shm", lockName}, files...)
	for _, e := range entries {
		if !e.Type().IsRegular() || !slices.Contains(ours, e.Name()) {
			return false, nil
		}
	}
	unlock, err := lock(dir)
	if errors.Is(err, ErrLocked) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer unlock()
	// What remains after a crash in between is still a finished job, then a folder
	// that holds none: the next time removes it.
	for _, name := range append(files, ours...) {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return false, err
		}
	}
	return true, os.Remove(dir)
}
