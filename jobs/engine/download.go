package engine

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"path"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/content"
	"adferry/jobs/disk"
	"adferry/jobs/dispatch"
	"adferry/jobs/quota"
	"adferry/plan"
)

// Backup keeps images before they are deleted.
type Backup interface {
	// Save puts the image's picture and all that is known of it on disk, unless they
	// are there already, and returns the picture's checksum. The error is a
	// *graph.Error if the picture cannot be downloaded, a *content.SharedError if the
	// same picture was received for another image, or else the disk's.
	Save(ctx context.Context, account plan.Account, image graph.Image) (graph.Sum, error)
	// Vouch returns a *content.SharedError if a picture that was kept has since been
	// received for another image.
	Vouch(sum graph.Sum, hash plan.Hash) error
}

// picture is what was downloaded for a task, and where it is: in the backup, or in a file that
// lasts until the task is settled. It does not change: the worker has it, too.
type picture struct {
	got  bool      // there is one
	sum  graph.Sum // of its bytes
	of   plan.Hash // the image it was downloaded for
	kept bool      // it is in the backup
	file graph.File
	path string // of the file
	err  error  // why there is none
}

// noPicture is that of a task for which nothing was downloaded.
var noPicture = &picture{}

// needsPicture reports whether a picture has to be downloaded before the task's write: for a
// backup of what will be deleted, or for an upload in place of a copy.
func (t *task) needsPicture() bool { return (t.needsBackup || t.asUpload) && !t.picture.got }

// downloads are pictures of a lane that are downloaded together: they are compared before any
// is used, because a placeholder shows by coming for two images.
type downloads struct {
	tasks   []*task
	results []picture
	started int
	left    int  // not yet returned
	aborted bool // the run was, meanwhile
}

// leastTogether is how many pictures are downloaded together if there are as many.
const leastTogether = 4

// nextDownload is the download of one picture that the lane needs now, or says when one could
// be. Downloads cost no quota, but are of no use long before the write may be sent.
func (e *Engine) nextDownload(l *lane, now time.Time) (dispatch.Work, time.Time) {
	if l.downloads == nil {
		tasks, at := e.downloadable(l, now)
		if len(tasks) == 0 {
			return nil, at
		}
		l.downloads = &downloads{tasks: tasks, results: make([]picture, len(tasks)), left: len(tasks)}
	}
	d := l.downloads
	if d.started == len(d.tasks) {
		return nil, quota.Never
	}
	i := d.started
	d.started++
	download := e.download(d.tasks[i])
	return func(ctx context.Context) func() {
		got := download(ctx)
		aborted := ctx.Err() != nil
		return func() {
			d.results[i], d.aborted = got, d.aborted || aborted
			if d.left--; d.left > 0 {
				return
			}
			l.downloads = nil
			for i, t := range d.tasks {
				if !d.aborted || d.results[i].err == nil {
					e.downloaded(t, d.results[i])
				}
			}
		}
	}, now
}

// cutDownloads starts no more of the lane's downloads: its tasks are dropped.
func (l *lane) cutDownloads() {
	d := l.downloads
	if d == nil {
		return
	}
	d.left -= len(d.tasks) - d.started
	d.tasks, d.results = d.tasks[:d.started], d.results[:d.started]
	if d.left == 0 {
		l.downloads = nil
	}
}

// downloadable takes tasks of the lane whose pictures are to be downloaded together now, or
// says when.
func (e *Engine) downloadable(l *lane, now time.Time) ([]*task, time.Time) {
	if len(l.needPicture) == 0 {
		return nil, quota.Never
	}
	most := max(e.opt.BatchSize, leastTogether)
	room := 2 * most // a request's worth while another is on its way
	for i := 0; i < len(l.ready) && room > 0; i++ {
		if l.ready[i].picture.got {
			room--
		}
	}
	if room == 0 {
		return nil, quota.Never
	}
	if at := l.Allowed(quota.Write, now); at.After(now) {
		l.HoldBack(at)
		return nil, at
	}
	n := min(most, room, len(l.needPicture))
	tasks := l.needPicture[:n:n]
	l.needPicture = l.needPicture[n:]
	return tasks, now
}

// download is what a worker does to get the task's picture.
func (e *Engine) download(t *task) func(context.Context) picture {
	op, backup := t.Op, t.needsBackup
	get := func(context.Context) picture { return e.worker.kept(op) }
	if !t.fromKept {
		image := *t.known[slotSource].Image
		get = func(ctx context.Context) picture { return e.worker.download(ctx, op.Source, image, backup, op.Hash) }
	}
	limit := max(fileTime, e.opt.DownloadTime+time.Minute) // a download ends by itself before
	return func(ctx context.Context) picture {
		got, err := withinTime(ctx, limit, func(ctx context.Context) (picture, error) { return get(ctx), nil })
		if err != nil {
			return picture{err: err}
		}
		return got
	}
}

// kept is the picture that was kept of the image that a copy is to bring back.
func (w *worker) kept(op plan.Op) picture {
	file, sum, err := w.opt.Kept(op)
	if err == nil {
		err = w.pictures.claim(sum, op.Hash)
	}
	return picture{got: err == nil, sum: sum, of: op.Hash, file: file, err: err}
}

// download downloads the picture of an image: into the backup, or into a file for the image
// with the given hash, which in a chain of copies is the same under each.
func (w *worker) download(ctx context.Context, account plan.Account, image graph.Image, backup bool, of plan.Hash) picture {
	if backup {
		sum, err := w.opt.Backup.Save(ctx, account, image)
		if err != nil {
			return picture{err: err}
		}
		return picture{got: true, sum: sum, of: plan.Hash(image.Hash), kept: true}
	}
	spooled, err := w.pictures.create()
	if err != nil {
		return picture{err: &graph.WriteError{Err: err}}
	}
	got, err := w.opt.Downloader.Fetch(ctx, image, spooled)
	if closed := spooled.Close(); err == nil && closed != nil {
		err = &graph.WriteError{Err: closed}
	}
	if err == nil {
		err = w.pictures.claim(got.SHA256, of)
	}
	path := spooled.Name()
	if err != nil {
		_ = os.Remove(path)
		return picture{err: err}
	}
	file := graph.File{Name: fileName(image, got.Extension), Open: func() (io.ReadCloser, error) { return os.Open(path) }}
	return picture{got: true, sum: got.SHA256, of: of, file: file, path: path}
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
func (e *Engine) downloaded(t *task, got picture) {
	var refused *graph.Error
	var shared *content.SharedError
	t.picture = &got
	if t.dropped || t.home.recalled {
		return
	}
	switch err := got.err; {
	case err == nil:
		e.advance(t)
		return
	case errors.Is(err, disk.ErrHangs): // which says nothing of the picture
		e.d.Halt(&jobs.PictureError{File: t.File, Err: err})
		return
	case t.fromKept:
		e.settle(t, t.fail(jobs.NotFound, t.sourceLacks()+", and "+err.Error()).outcome)
		return
	case errors.As(err, &shared):
		refused = &graph.Error{Class: graph.Transient, Message: shared.Error()}
	case !errors.As(err, &refused):
		e.d.Halt(&jobs.PictureError{File: t.File, Err: err})
		return
	}
	if refused.Class != graph.RefusedItem && t.downloadFailures+1 < e.opt.Attempts {
		t.downloadFailures++
		e.d.After(time.Now().Add(t.retries.Pause(e.d)), func() { t.forget(); e.advance(t) })
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
