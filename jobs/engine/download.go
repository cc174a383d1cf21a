package engine

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"path"
	"time"

	"golang.org/x/sync/errgroup"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/content"
	"adferry/jobs/quota"
	"adferry/plan"
)

// Backup keeps images before they are deleted.
type Backup interface {
	// Keep puts the image's picture and all that is known of it on disk, unless they
	// are there already, and returns the picture's checksum. The error is a
	// *graph.Error if the picture cannot be downloaded, a *content.SharedError if the
	// same picture was received for another image, or else the disk's.
	Save(ctx context.Context, account plan.Account, image graph.Image) (graph.Sum, error)
	// Vouch returns a *content.SharedError if a picture that was kept has since been
	// received for another image.
	Vouch(sum graph.Sum, hash plan.Hash) error
}

// mostDownloads is how many pictures one lane fetches at once.
const mostDownloads = 4

// needsPicture reports whether a picture has to be downloaded before the task's write: for a
// backup of what will be deleted, or for an upload in place of a copy.
func (t *task) needsPicture() bool { return (t.needsBackup || t.asUpload) && !t.hasPicture }

// downloadable takes tasks of the lane whose pictures are to be downloaded now, or says
// when. Downloads cost no quota, but are of no use long before the write may be sent.
func (e *Engine) downloadable(l *lane, now time.Time) ([]*task, time.Time) {
	if len(l.needPicture) == 0 || l.downloading > 0 {
		return nil, quota.Never
	}
	// Pictures that are fetched together are compared before any is used, so not one by one.
	most := max(e.opt.BatchSize, mostDownloads)
	room := 2 * most // a request's worth while another is on its way
	for i := 0; i < len(l.ready) && room > 0; i++ {
		if l.ready[i].hasPicture {
			room--
		}
	}
	if room == 0 {
		return nil, quota.Never
	}
	if at := e.allowed(l, quota.Write, now); at.After(now) {
		e.blocked = true
		return nil, at
	}
	n := min(most, room, len(l.needPicture))
	tasks := l.needPicture[:n:n]
	l.needPicture = l.needPicture[n:]
	return tasks, now
}

// download downloads the tasks' pictures in the pool and hands the tasks back to the
// dispatcher.
func (e *Engine) download(ctx context.Context, l *lane, tasks []*task) {
	e.inflight++
	l.inflight++
	l.downloading++
	e.pool.Go(func() error {
		errs := make([]error, len(tasks))
		var some errgroup.Group
		some.SetLimit(mostDownloads)
		for i, t := range tasks {
			some.Go(func() error {
				errs[i] = e.downloadOne(ctx, t)
				return nil
			})
		}
		_ = some.Wait()
		e.inbox <- func() {
			e.inflight--
			l.inflight--
			l.downloading--
			for i, t := range tasks {
				e.downloaded(ctx, t, errs[i])
			}
		}
		return nil
	})
}

// downloadOne downloads the picture of one task. It runs in the pool; the dispatcher does
// not touch the task meanwhile.
func (e *Engine) downloadOne(ctx context.Context, t *task) (err error) {
	image := *t.known[slotSource].Image
	if t.needsBackup {
		t.pictureOf = plan.Hash(image.Hash)
		t.sum, err = e.opt.Backup.Save(ctx, t.Source, image)
		return err
	}
	t.pictureOf = t.Hash // in a chain of copies the image is the same under each hash
	return e.downloadToFolder(ctx, t, image)
}

// downloadToFolder downloads an image's picture into a file that lasts until the task is settled.
func (e *Engine) downloadToFolder(ctx context.Context, t *task, image graph.Image) error {
	spooled, err := e.pictures.create()
	if err != nil {
		return &graph.WriteError{Err: err}
	}
	picture, err := e.opt.Downloader.Fetch(ctx, image, spooled)
	if closed := spooled.Close(); err == nil && closed != nil {
		err = &graph.WriteError{Err: closed}
	}
	if err == nil {
		err = e.pictures.claim(picture.SHA256, t.pictureOf)
	}
	path := spooled.Name()
	if err != nil {
		_ = os.Remove(path)
		return err
	}
	t.sum, t.picturePath = picture.SHA256, path
	t.file = graph.File{Name: fileName(image, picture.Extension), Open: func() (io.ReadCloser, error) { return os.Open(path) }}
	return nil
}

// fileName is the image's own name; if that has no extension, with the one of its
// content.
func fileName(image graph.Image, ext string) string {
	switch {
	case image.Name == "":
		return image.Hash + ext
	case path.Ext(image.Name) == "":
		return image.Name + ext
	}
	return image.Name
}

// downloaded advances a task whose picture was downloaded. A download that failed is
// tried again later, with the image's url read anew because urls expire.
func (e *Engine) downloaded(ctx context.Context, t *task, err error) {
	var refused *graph.Error
	var shared *content.SharedError
	switch {
	case err == nil:
		t.hasPicture = true
		e.advance(t)
		return
	case ctx.Err() != nil:
		return
	case errors.As(err, &shared):
		e.suspect(shared.Uploaded)
		refused = &graph.Error{Class: graph.Transient, Message: shared.Error()}
	case !errors.As(err, &refused):
		e.halt(&jobs.PictureError{Err: err})
		return
	}
	if refused.Class != graph.RefusedItem && t.downloadFailures+1 < e.opt.Attempts {
		t.downloadFailures++
		if t.policy == nil {
			t.policy = e.opt.Dispatch().Backoff()
		}
		e.after(time.Now().Add(t.policy.NextBackOff()), func() { t.forget(); e.advance(t) })
		return
	}
	reason := jobs.BackupFailed
	if t.asUpload {
		reason = jobs.Denied
		if t.last = cmp.Or(t.last, e.route(t).last); t.last != nil {
			reason = reasonOf(t.last)
		}
	}
	e.settle(t, t.fail(reason, "the image could not be downloaded: "+refused.Detail()).outcome)
}

// removePicture removes the file of a picture that is no longer needed.
func (t *task) removePicture() {
	if t.picturePath != "" {
		_ = os.Remove(t.picturePath)
		t.picturePath = ""
	}
}
