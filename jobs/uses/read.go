package uses

import (
	"context"
	"errors"
	"iter"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/reader"
	"adferry/plan"
)

// Memory holds what was read: *store.Uses is one.
type Memory interface {
	// Accounts are those with images that were not read yet, and the number of these.
	Accounts(ctx context.Context) (accounts []plan.Account, unread int, err error)
	// Unread streams an account's images that were not read yet.
	Unread(ctx context.Context, a plan.Account) iter.Seq2[plan.Hash, error]
	// Add adds what a read said of an image; Flush brings it to disk.
	Add(ctx context.Context, use jobs.ImageUse) error
	Flush(ctx context.Context) error
	// Of returns what was read of an image; ok is false if it was not read.
	Of(ctx context.Context, i jobs.ImageAt) (use jobs.ImageUse, ok bool, err error)
}

// Finder finds images by their hashes: *[reader.Reader] does.
type Finder interface {
	FindExpected(ctx context.Context, accounts []plan.Account, q graph.Query, hashes func(plan.Account) iter.Seq2[plan.Hash, error],
		expected func(plan.Account, plan.Hash) bool, each func(reader.Found) error) error
}

// fields tell presence and use, and what a manifest says of an image.
var fields = []string{graph.FieldHash, graph.FieldName, graph.FieldStatus, graph.FieldCreatives, graph.FieldAssociated}

// Read reads the images of the memory that were not read yet. The job has seen each of them
// where it is read, so that one which is not there is asked for twice. progress, which may be nil,
// hears how many were read. Errors are a Reader's or the memory's; what was read before is in
// the memory, so that another call goes on from there.
func Read(ctx context.Context, f Finder, m Memory, progress func(images int)) error {
	accounts, _, err := m.Accounts(ctx)
	if err != nil {
		return err
	}
	// What was read is kept also when the reading was interrupted.
	kept := context.WithoutCancel(ctx)
	read := 0
	err = f.FindExpected(ctx, accounts, graph.Query{Fields: fields},
		func(a plan.Account) iter.Seq2[plan.Hash, error] { return m.Unread(kept, a) },
		func(plan.Account, plan.Hash) bool { return true },
		func(found reader.Found) error {
			if read++; progress != nil {
				progress(read)
			}
			return m.Add(kept, use(found, time.Now()))
		})
	if flushed := m.Flush(kept); flushed != nil {
		return errors.Join(flushed, err)
	}
	return err
}

// use is what an answer says of an image.
func use(f reader.Found, now time.Time) jobs.ImageUse {
	u := jobs.ImageUse{ImageAt: jobs.ImageAt{Account: f.Account, Hash: f.Hash}, ReadAt: now}
	if f.Image == nil || f.Image.Deleted() {
		return u
	}
	u.Present, u.Active = true, f.Image.Status == "" && !f.Image.StatusUnknown || f.Image.Active()
	u.Use, u.Creatives, u.Name = f.Image.Use(), f.Image.Creatives, f.Image.Name
	return u
}
