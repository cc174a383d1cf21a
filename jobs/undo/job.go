package undo

import (
	"bufio"
	"context"
	"errors"
	"os"
	"path/filepath"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/disk"
	"adferry/jobs/review"
	"adferry/jobs/store"
	"adferry/plan"
)

// Job is the job that an undo is: it has a folder of its own inside the folder of the
// job that it takes back.
type Job struct {
	Dir    string // the undo's own folder
	Files  string // the folder that the files of the original's uploads are relative to
	Backup string // the folder to which the original backed up what it deleted, or ""
	Other  string // another backup folder to search first, or ""; the undo backs up to it
}

// DirOf is the folder of the undo of the job in dir.
func DirOf(dir string) string { return filepath.Join(dir, "undo") }

// Manifest is the path of the undo's manifest.
func (j Job) Manifest() string { return filepath.Join(j.Dir, "undo.csv") }

// Draft is the path of the manifest as long as it is not agreed to.
func (j Job) Draft() string { return j.Manifest() + ".new" }

// Names are the names of both, and of the pages of the undo's review.
func (j Job) Names() []string {
	return append(review.Pages(j.Dir), filepath.Base(j.Manifest()), filepath.Base(j.Draft()))
}

// Tidy removes the draft, and the folder if it is empty then.
func (j Job) Tidy() {
	_ = os.Remove(j.Draft())
	_ = os.Remove(j.Dir)
}

// Begun reports whether an earlier process began the undo. A folder in which no job can
// be made is an error.
func (j Job) Begun(ctx context.Context) (bool, error) {
	view, err := store.View(ctx, j.Dir)
	if errors.Is(err, store.ErrNoJob) {
		return false, store.CheckVacant(j.Dir, j.Names()...)
	}
	if err != nil {
		return false, err
	}
	return true, view.Close()
}

// Publish makes the draft the manifest.
func (j Job) Publish() error {
	if err := disk.Move(j.Draft(), j.Manifest()); err != nil {
		return &store.DiskError{Err: err}
	}
	return nil
}

// Finding is what an undo will do, and what it cannot or must not take back.
type Finding struct {
	Rows int              // of the draft
	Gone []jobs.Operation // deletions whose image nothing brings back
	Kept []Kept
}

// Kept is an image that the job brought and that stays, because it may become the last
// copy.
type Kept struct {
	Account plan.Account
	Hash    plan.Hash
	Because string
}

// Partial reports whether something cannot be taken back.
func (f Finding) Partial() bool { return len(f.Gone)+len(f.Kept) > 0 }

// Write drafts the manifest from what the original job did so far. Errors of the disk are
// a *store.DiskError, those of a backup a *BackupError.
func (j Job) Write(ctx context.Context, original *store.Job) (f Finding, err error) {
	if err := os.MkdirAll(j.Dir, 0o755); err != nil {
		return f, &store.DiskError{Err: err}
	}
	pictures, err := j.openBackups()
	if err != nil {
		return f, err
	}
	defer pictures.close()
	o := Options{
		Find:         pictures.find,
		Unrestorable: func(o jobs.Operation) { f.Gone = append(f.Gone, o) },
		Stay:         func(a plan.Account, h plan.Hash, because string) { f.Kept = append(f.Kept, Kept{a, h, because}) },
	}
	if j.Other == "" { // else the uploaded pictures are backed up before they are deleted
		o.Lost = func(file string) bool {
			_, err := graph.CheckFile(filepath.Join(j.Files, filepath.FromSlash(file)))
			return err != nil
		}
	}
	draft, err := os.Create(j.Draft())
	if err != nil {
		return f, &store.DiskError{Err: err}
	}
	defer draft.Close()
	w := bufio.NewWriterSize(draft, 256<<10)
	if f.Rows, err = plan.WriteGuarded(w, Rows(ctx, original, o)); err != nil {
		return f, err
	}
	if err := w.Flush(); err != nil {
		return f, &store.DiskError{Err: err}
	}
	return f, nil
}
