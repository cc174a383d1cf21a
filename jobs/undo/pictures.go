package undo

import (
	"context"
	"encoding/hex"
	"errors"
	"path/filepath"

	"adferry/graph"
	"adferry/jobs/store"
	"adferry/plan"
)

// ErrNotKept is that no backup holds a picture. A copy that the API stored under another hash
// than its source had is not found in the backup, which goes by the hash of the source.
var ErrNotKept = errors.New("no backup holds its picture under this hash")

// Pictures are what was kept, and bring back what the copies of an undo cannot, because somebody
// deleted the images from which they copy.
type Pictures struct{ backups *backups }

// OpenPictures opens the backups of the undo in dir: other, to which the undo backs up ("" if it
// does not), and the one of the job that it takes back. It returns nil if dir is not the
// folder of an undo. Errors are a *BackupError.
func OpenPictures(ctx context.Context, dir, other string) (*Pictures, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, &BackupError{Err: err}
	}
	original := filepath.Dir(abs)
	if abs != DirOf(original) {
		return nil, nil
	}
	j := Job{Dir: abs, Other: other}
	unreadable := j.readBackup(ctx, original)
	if errors.Is(unreadable, store.ErrNoJob) {
		return nil, nil
	}
	b, err := j.openBackups()
	if err != nil {
		return nil, err
	}
	if unreadable != nil {
		b.missing = unreadable
	}
	return &Pictures{b}, nil
}

// readBackup learns from the original job in dir to which folder it backed up.
func (j *Job) readBackup(ctx context.Context, dir string) error {
	view, err := store.View(ctx, dir)
	if err != nil {
		return err
	}
	defer view.Close()
	meta, err := view.Meta(ctx)
	j.Backup = meta.Backup
	return err
}

// Find returns the picture that was kept of the image that the copy is to bring back: its file,
// relative to the undo's folder, and its checksum. The error is ErrNotKept if there is none.
func (p *Pictures) Find(op plan.Op) (file string, sum graph.Sum, err error) {
	file, e, err := p.backups.entry(op.Target, op.Hash)
	switch {
	case err != nil:
		return "", sum, err
	case file == "":
		return "", sum, ErrNotKept
	}
	raw, err := hex.DecodeString(e.SHA256) // which is that of the file, or the entry would not have been found
	copy(sum[:], raw)
	return file, sum, err
}

// Close closes the backups.
func (p *Pictures) Close() { p.backups.close() }
