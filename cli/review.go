package cli

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"adferry/jobs/cleanup"
	"adferry/jobs/reader"
	"adferry/jobs/review"
	"adferry/jobs/store"
	"adferry/jobs/undo"
	"adferry/reports"
)

// reviewCleanup makes the pictures of what a cleanup selects, in the job's folder, and
// returns the path of their first page.
func reviewCleanup(inv *cleanup.Inventory, dir string) (string, error) {
	if err := reports.WriteReview(dir, reports.CleanupReview(inv), inv.Pictures()); err != nil {
		return "", &store.DiskError{Err: err}
	}
	return filepath.Join(dir, review.FirstPage), nil
}

// removeReview removes the pictures of deletions that were not agreed to, and the folder
// if it is empty then.
func removeReview(dir string) {
	_ = review.Remove(dir)
	_ = os.Remove(dir)
}

// picturesWait is the longest wait for pictures: an undo does without them rather than let
// a throttle hold it up before anybody was asked.
const picturesWait = 30 * time.Second

// reviewUndo makes the pictures of what an undo deletes or moves away, in its folder, and
// returns the path of their first page; "" if it deletes nothing. What cannot be read has
// no picture, and the page says why.
func reviewUndo(ctx context.Context, s *streams, se *session, u undo.Job, original *store.Job, sandboxed bool) (string, error) {
	ctx, release := untilSignal(ctx)
	defer release()
	page, err := reports.UndoReview(filepath.Dir(u.Dir), u.Lines(), time.Now())
	if err != nil || page.Pictures == 0 {
		return "", err
	}
	page.Rehearsed = sandboxed
	failed := func(err error) {
		page.Unread = append(page.Unread, err)
		se.log.Warn("pictures not read", "error", err)
	}
	var finder review.Finder
	if r, err := pictureReader(ctx, s, se, original); err != nil {
		failed(err)
	} else {
		finder = r
	}
	if err := reports.WriteReview(u.Dir, page, review.Deletions(ctx, finder, u.Lines(), failed)); err != nil {
		removeReview(u.Dir)
		if ctx.Err() != nil {
			return "", &readingError{context.Cause(ctx)}
		}
		return "", notStarted(&store.DiskError{Err: err})
	}
	return filepath.Join(u.Dir, review.FirstPage), nil
}

// pictureReader reads from the server that the job ran against, with what the job knows of
// its quotas.
func pictureReader(ctx context.Context, s *streams, se *session, job *store.Job) (*reader.Reader, error) {
	l, err := se.connected(ctx, job)
	if err != nil {
		return nil, err
	}
	known, err := job.Quotas(ctx)
	if err != nil {
		return nil, err
	}
	o := readOptions{engine: se.engine, quiet: se.quiet}
	if o.engine.MaxWait == 0 || o.engine.MaxWait > picturesWait {
		o.engine.MaxWait = picturesWait
	}
	r := o.reading(s, l, se.log).reader
	r.SetQuotas(known)
	return r, nil
}
