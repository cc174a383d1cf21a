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

// ContradictionError is a job that may not start beside another unfinished one.
type ContradictionError struct {
	Mine, Other string // the folders
	Found       *store.Conflict
	Err         error // why the other job could not be looked into, where Found is nil
}

func (e *ContradictionError) Error() string {
	if e.Found == nil {
		return fmt.Sprintf("%s has ad accounts in common with the unfinished job in %s, one of them deletes images there, and whether they contradict each other is not known: %v",
			e.Mine, e.Other, e.Err)
	}
	f := e.Found
	images := fmt.Sprintf("%s of %s", f.Hash, f.Account.Act())
	if f.Images > 1 {
		images = fmt.Sprintf("%d images such as %s", f.Images, images)
	}
	return fmt.Sprintf("%s %s %s, which the unfinished job in %s %s", e.Mine, mine[f.Mine], images, e.Other, theirs[f.Theirs])
}
func (e *ContradictionError) Unwrap() error { return e.Err }

var (
	mine   = map[store.Role]string{store.Deletes: "would delete", store.CopiesFrom: "has still to copy", store.CopiesTo: "is to bring"}
	theirs = map[store.Role]string{store.Deletes: "is to delete there", store.CopiesFrom: "has still to copy from there", store.CopiesTo: "brings there"}
)

var errMoved = errors.New("its folder was moved while it is running")

// check holds a job against all that are registered, and takes those out that are
// finished or gone. The entries of the job itself come back.
func check(ctx context.Context, job *store.Job, s Start, me *entry, all []entry) (own []entry, err error) {
	for _, e := range all {
		over, here := false, sameFolder(e.Folder, me.Folder)
		switch {
		case here && !e.running():
			own = append(own, e)
		case undoes(e.Folder, me.Folder), !graph.SameAddress(e.Endpoint, me.Endpoint), !meet(e.Accounts, me.Accounts):
			over = !here && !store.Exists(e.Folder) && !e.running()
		case here: // its folder has made room for this job's
			return nil, &ContradictionError{Mine: me.Folder, Other: e.Folder, Err: errMoved}
		default:
			over, err = against(ctx, job, s, me, e)
		}
		if err != nil {
			return nil, err
		}
		if over {
			remove(e.path)
		}
	}
	return own, nil
}

// against holds a job against one that is registered, and says whether that one is
// finished or gone.
func against(ctx context.Context, job *store.Job, s Start, me *entry, e entry) (over bool, err error) {
	refused := &ContradictionError{Mine: me.Folder, Other: e.Folder}
	other, err := store.View(ctx, e.Folder)
	if err == nil {
		defer other.Close()
	}
	var damaged *store.DamagedError
	switch gone := !store.Exists(e.Folder); {
	case (gone || err == nil && !other.Running()) && e.running():
		refused.Err = errMoved
		return false, refused
	case gone:
		return true, nil
	case errors.As(err, &damaged): // nothing can run it
		return false, nil
	case ctx.Err() != nil:
		return false, ctx.Err()
	case err != nil:
		refused.Err = err
		return false, refused
	}
	left, err := other.Unfinished(ctx)
	if err == nil && left {
		oneTask := s.Timer != "" && sameFolder(filepath.Dir(e.Folder), s.Timer)
		refused.Found, err = job.FindConflict(ctx, other, store.ConflictOptions{Reopen: s.Reopen, SameTimer: oneTask})
	}
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case err != nil:
		refused.Err = err
		return false, refused
	case refused.Found != nil:
		return false, refused
	}
	return !left && !e.running(), nil
}

// meet reports whether two jobs have roles in one ad account that two jobs may not
// have for one image.
func meet(a, b []account) bool {
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

// sameFolder reports whether two paths lead to one folder, as far as both are there.
func sameFolder(a, b string) bool {
	if a == b {
		return true
	}
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// undoes reports whether one of two jobs is the undo of the other, or of its undo.
func undoes(a, b string) bool { return a != b && undone(a) == undone(b) }

// undone is the folder of the job that the undo in a folder takes back, or the folder
// of any other job.
func undone(folder string) string {
	for filepath.Base(folder) == "undo" {
		folder = filepath.Dir(folder)
	}
	return folder
}
