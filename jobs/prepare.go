package jobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"time"

	"golang.org/x/sync/errgroup"

	"adferry/graph"
	"adferry/jobs/quota"
	"adferry/plan"
)

// Gallery is where pictures are fetched from, without a token: *graph.Gallery.
type Gallery interface {
	// Fetch writes the picture at an image's url to w; see graph.Gallery.
	Fetch(ctx context.Context, url string, w io.Writer) (ext string, err error)
}

// Backup keeps images before they are deleted.
type Backup interface {
	// Keep returns when the image's picture and all that is known of it are on
	// disk. Of one that is kept already nothing is fetched. The error is a
	// *graph.Error when there is no picture to be had, and else the disk's.
	Keep(ctx context.Context, account plan.Account, image graph.Image) error
}

// mostFetches is how many pictures one request fetches at once for its writes.
const mostFetches = 4

// errHalted: the run stopped while the write was being prepared.
var errHalted = errors.New("the run stopped")

// unready is a write that could not be prepared, and so was not sent.
type unready struct {
	task *task
	err  error
}

// prepare does what has to come before the request's writes: a file to upload is
// looked into, a picture whose copying was refused is fetched, and what will be
// deleted is kept. It takes the writes for which that failed out of the request.
func (e *Engine) prepare(ctx context.Context, r *request) []unready {
	errs := make([]error, len(r.items))
	var pool errgroup.Group
	pool.SetLimit(mostFetches)
	for i := range r.items {
		if t := r.items[i].task; t != nil && (t.keep || t.uploads()) {
			pool.Go(func() error {
				errs[i] = e.ready(ctx, r, i)
				return nil
			})
		}
	}
	_ = pool.Wait()
	var left []unready
	items, calls := r.items[:0], r.calls[:0]
	for i, item := range r.items {
		err := errs[i]
		if item.task != nil && err == nil && e.halted.Load() {
			err = errHalted
		}
		if err != nil {
			left = append(left, unready{item.task, err})
			continue
		}
		items, calls = append(items, item), append(calls, r.calls[i])
	}
	r.items, r.calls = items, calls
	return left
}

// ready prepares one write. The dispatcher leaves a task alone while it is in a
// request.
func (e *Engine) ready(ctx context.Context, r *request, i int) (err error) {
	switch t := r.items[i].task; {
	case t.keep:
		return e.opt.Backup.Keep(ctx, t.Source, *t.sights[slotSource].image)
	case t.detour:
		r.calls[i].File, r.drop, err = e.borrow(ctx, *t.sights[slotSource].image)
		return err
	case t.Kind == plan.KindUpload:
		r.calls[i].File, err = e.opt.File(t.Op)
	}
	return err
}

// borrow fetches an image's picture into a file that drop removes.
func (e *Engine) borrow(ctx context.Context, image graph.Image) (f graph.File, drop func(), err error) {
	spool, err := os.CreateTemp("", "adferry-*")
	if err != nil {
		return f, nil, &graph.WriteError{Err: err}
	}
	drop = func() { _ = os.Remove(spool.Name()) }
	ext, err := e.opt.Gallery.Fetch(ctx, image.URL, spool)
	if closed := spool.Close(); err == nil && closed != nil {
		err = &graph.WriteError{Err: closed}
	}
	if err != nil {
		drop()
		return f, nil, err
	}
	return graph.File{Name: fileName(image, ext), Open: func() (io.ReadCloser, error) { return os.Open(spool.Name()) }}, drop, nil
}

// fileName is the image's own name, with the extension that its content has
// where it has none.
func fileName(image graph.Image, ext string) string {
	switch {
	case image.Name == "":
		return image.Hash + ext
	case path.Ext(image.Name) == "":
		return image.Name + ext
	}
	return image.Name
}

// unprepared takes back the writes that were not sent: they go again, later or
// never.
func (e *Engine) unprepared(ctx context.Context, r *request, left []unready) {
	l, now := r.lane, time.Now()
	for _, u := range left {
		l.quota, e.app = l.quota.Back(quota.Write), e.app.Back()
		t := u.task
		t.Outcome.State = Pending
		var refused *graph.Error
		var file *FileError
		switch {
		case errors.Is(u.err, errHalted), ctx.Err() != nil:
		case errors.As(u.err, &file):
			e.settle(t, t.fail(FileUnreadable, file.Error()).outcome)
		case errors.As(u.err, &refused):
			e.unfetched(t, refused, now)
		default:
			e.halt(&PictureError{u.err})
		}
	}
	if r.probe && len(r.calls) == 0 {
		l.quota.Block, e.app.Block = l.quota.Block.Returned(), e.app.Block.Returned()
	}
}

// unfetched tries again for a picture that may come another time: its url is
// temporary, so it is read anew.
func (e *Engine) unfetched(t *task, err *graph.Error, now time.Time) {
	t.fetches++
	if err.Class == graph.RefusedItem || t.fetches >= e.opt.Attempts {
		reason := BackupFailed
		if t.detour {
			reason = reasonOf(t.last)
		}
		e.settle(t, t.fail(reason, fmt.Sprintf("its picture cannot be had: %s", err.Detail())).outcome)
		return
	}
	if t.policy == nil {
		t.policy = e.opt.backoff()
	}
	e.after(now.Add(t.policy.NextBackOff()), func() { t.forget(); e.advance(t) })
}
