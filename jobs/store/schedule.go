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
	"adferry/jobs/disk"
)

// A Schedule is the root folder of a scheduled cleanup, with a job folder for each run, named
// for its start in UTC: cleanup-20261124-080719Z. Only one process can open it at a time.
type Schedule struct {
	root   string
	name   string
	unlock func()
}

// scheduleLock is a file in the root. It is not the lock of a job, because a job of the
// schedule may be resumed by hand meanwhile.
const scheduleLock = "series.lock"

// OpenSchedule opens the schedule with that name under root, which it makes if necessary. It
// returns ErrBusy while another process has it open.
func OpenSchedule(root, name string) (*Schedule, error) {
	if err := MakeFolder(root); err != nil {
		return nil, err
	}
	l := flock.New(filepath.Join(root, scheduleLock))
	free, err := l.TryLock()
	if err != nil {
		return nil, classifyError("", fmt.Errorf("lock folder: %w", err))
	}
	if !free {
		return nil, fmt.Errorf("%s: %w", root, ErrBusy)
	}
	return &Schedule{root, name, func() { _ = l.Unlock() }}, nil
}

// MakeFolder makes a folder and its parents if they do not exist. A disk that fails or is
// full is a [DiskError].
func MakeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return classifyError("", fmt.Errorf("make folder: %w", err))
	}
	return nil
}

// Close lets other processes open the schedule.
func (s *Schedule) Close() { s.unlock() }

// folders returns the job folders, oldest first.
func (s *Schedule) folders() ([]string, error) {
	entries, err := os.ReadDir(s.root)
	if err != nil {
		return nil, fmt.Errorf("read folder: %w", err)
	}
	var dirs []string
	for _, e := range entries {
		if IsRun(s.name, e.Name()) && e.IsDir() { // which excludes symbolic links
			dirs = append(dirs, filepath.Join(s.root, e.Name()))
		}
	}
	slices.Sort(dirs)
	return dirs, nil
}

// Last returns the latest folder that has a job, or "".
func (s *Schedule) Last() (dir string, err error) {
	dirs, err := s.folders()
	for _, dir := range slices.Backward(dirs) {
		if _, err := os.Lstat(filepath.Join(dir, fileName)); err == nil {
			return dir, nil
		}
	}
	return "", err
}

// Make makes a folder for a run that starts now. If the name is taken it uses the next
// second that is free.
func (s *Schedule) Make(now time.Time) (dir string, err error) {
	for ; ; now = now.Add(time.Second) {
		dir = filepath.Join(s.root, RunName(s.name, now))
		if err = os.Mkdir(dir, 0o755); err == nil {
			break
		}
		if !errors.Is(err, os.ErrExist) {
			return "", classifyError("", fmt.Errorf("make job folder: %w", err))
		}
	}
	return dir, classifyError("", disk.SyncFolder(s.root))
}

// Prune removes the oldest folders with finished jobs until keep of them are left, and
// folders without a job, which a crash may leave. It does not remove a job that is
// unfinished, running or damaged, nor a folder with a file that is neither the store's nor
// known by name. It continues after an error.
func (s *Schedule) Prune(ctx context.Context, keep int, known func(name string) bool) (removed []string, err error) {
	dirs, err := s.folders()
	finished := 0
	for _, dir := range slices.Backward(dirs) {
		state, readable := stateOf(ctx, dir)
		if state == jobs.JobFinished {
			finished++
		}
		if !readable || state != "" && (state != jobs.JobFinished || finished <= keep) {
			continue
		}
		switch ok, e := removeFolder(dir, known); {
		case e != nil:
			err = errors.Join(err, fmt.Errorf("remove %s: %w", dir, e))
		case ok:
			removed = append(removed, dir)
		}
	}
	return removed, err
}

// stateOf returns the state of the job in dir, "" if there is no job. known is false if the
// job cannot be read.
func stateOf(ctx context.Context, dir string) (state jobs.JobState, known bool) {
	job, err := View(ctx, dir)
	if err != nil {
		return "", errors.Is(err, ErrNoJob)
	}
	defer job.Close()
	summary, err := job.Summary(ctx)
	return summary.State, err == nil
}

// removeFolder removes a job's folder unless it has files that are not known, or another
// process is running the job.
func removeFolder(dir string, known func(name string) bool) (gone bool, err error) {
	if names, err := files(dir, known); names == nil { // before a lock is laid there
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
	names, err := files(dir, known)
	if names == nil {
		return false, err
	}
	// The job is removed after its reports, and its lock last. After a crash in between,
	// the folder has a finished job or none, and Prune removes it next time.
	slices.SortStableFunc(names, func(a, b string) int { return removalOrder(a) - removalOrder(b) })
	for _, name := range names {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			return false, err
		}
	}
	return true, os.Remove(dir)
}

// files returns the names of the files in dir, nil if one of them is neither the store's nor
// known.
func files(dir string, known func(name string) bool) ([]string, error) {
	entries, err := os.ReadDir(dir)
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		if !e.Type().IsRegular() || removalOrder(e.Name()) == 0 && !known(e.Name()) {
			return nil, nil
		}
		names = append(names, e.Name())
	}
	if err != nil {
		return nil, err
	}
	return names, nil
}

// removalOrder is 0 for a file that is not the store's. Files with higher numbers are removed
// later.
func removalOrder(name string) int {
	base := strings.TrimPrefix(name, fileName)
	switch {
	case name == lockName:
		return 2
	case base != name && slices.Contains([]string{"", "-wal", "-shm", ".new", ".new-wal", ".new-shm"}, base):
		return 1
	}
	return 0
}
