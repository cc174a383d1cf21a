package registry

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"adferry/graph"
	"adferry/jobs/store"
	"adferry/plan"
)

// ConflictError is a job that must not start while another one is unfinished.
type ConflictError struct {
	Mine, Other string          // the folders, or the names of jobs of a database
	InDatabase  bool            // they are names
	Conflict    *store.Conflict // nil if the other job could not be checked
	Err         error           // why the other job could not be checked
}

func (e *ConflictError) Error() string {
	if e.Conflict == nil {
		return fmt.Sprintf("%s may conflict with the unfinished job in %s, which uses the same ad accounts and cannot be checked: %v",
			e.Mine, e.Other, e.Err)
	}
	f := e.Conflict
	images := fmt.Sprintf("%s of %s", f.Hash, f.Account.Act())
	if f.Images > 1 {
		images = fmt.Sprintf("%d images such as %s", f.Images, images)
	}
	mine, other := e.Mine, "in "+e.Other
	if e.InDatabase {
		mine, other = "job "+e.Mine, e.Other
	}
	return fmt.Sprintf("%s %s %s, which the unfinished job %s %s", mine, ourRoles[f.Mine], images, other, theirRoles[f.Theirs])
}
func (e *ConflictError) Unwrap() error { return e.Err }

var (
	ourRoles   = map[store.Role]string{store.Deletes: "would delete", store.CopiesFrom: "still has to copy", store.CopiesTo: "copies or uploads"}
	theirRoles = map[store.Role]string{store.Deletes: "still has to delete there", store.CopiesFrom: "still has to copy from there", store.CopiesTo: "copies or uploads there"}
)

var errMoved = errors.New("its folder was moved while it was running")

// checkAll checks a job against all registered ones, and removes the entries of those that
// are finished or no longer exist. It returns the entries of the job itself.
func checkAll(ctx context.Context, job *store.Job, s Start, self *entry, all []entry) (own []entry, err error) {
	for _, e := range all {
		stale, here := false, sameFolder(e.Folder, self.Folder)
		switch {
		case here && !e.running():
			own = append(own, e)
		case isUndo(e.Folder, self.Folder), !graph.SameAddress(e.Endpoint, self.Endpoint), !rolesConflict(e.Accounts, self.Accounts):
			stale = !here && !store.Exists(e.Folder) && !e.running()
		case here: // its folder was moved away, and this job is in its place
			return nil, &ConflictError{Mine: self.Folder, Other: e.Folder, Err: errMoved}
		default:
			stale, err = checkOne(ctx, job, s, self, e)
		}
		if err != nil {
			return nil, err
		}
		if stale {
			removeEntry(e.path)
		}
	}
	return own, nil
}

// checkOne checks a job against a registered one, and reports whether that one is finished or
// no longer exists.
func checkOne(ctx context.Context, job *store.Job, s Start, self *entry, e entry) (stale bool, err error) {
	conflict := &ConflictError{Mine: self.Folder, Other: e.Folder}
	other, err := store.View(ctx, e.Folder)
	if err == nil {
		defer other.Close()
	}
	var damaged *store.DamagedError
	switch gone := !store.Exists(e.Folder); {
	case (gone || err == nil && !other.Running()) && e.running():
		conflict.Err = errMoved
		return false, conflict
	case gone:
		return true, nil
	case errors.As(err, &damaged): // it cannot be run
		return false, nil
	case ctx.Err() != nil:
		return false, ctx.Err()
	case err != nil:
		conflict.Err = err
		return false, conflict
	}
	left, err := other.Unfinished(ctx)
	if err == nil && left {
		sameTimer := s.Timer != "" && sameFolder(filepath.Dir(e.Folder), s.Timer)
		conflict.Conflict, err = job.FindConflict(ctx, other, store.ConflictOptions{Reopen: s.Reopen, SameTimer: sameTimer})
	}
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case err != nil:
		conflict.Err = err
		return false, conflict
	case conflict.Conflict != nil:
		return false, conflict
	}
	return !left && !e.running(), nil
}

// rolesConflict reports whether two jobs have roles in the same ad account that conflict if
// they are about the same image.
func rolesConflict(a, b []store.AccountRole) bool {
	roles := map[plan.Account][]store.Role{}
	for _, x := range a {
		roles[x.Account] = append(roles[x.Account], x.Role)
	}
	for _, y := range b {
		for _, role := range roles[y.Account] {
			if role.ConflictsWith(y.Role) {
				return true
			}
		}
	}
	return false
}

// sameFolder reports whether two paths lead to the same folder. If one does not exist, it
// compares the paths.
func sameFolder(a, b string) bool {
	if a == b {
		return true
	}
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// isUndo reports whether one of two jobs is the undo of the other, or an undo of its undo.
func isUndo(a, b string) bool { return a != b && undoneFolder(a) == undoneFolder(b) }

// undoneFolder is the folder of the job that an undo is for, or the folder of any other job.
func undoneFolder(folder string) string {
	for filepath.Base(folder) == "undo" {
		folder = filepath.Dir(folder)
	}
	return folder
}
