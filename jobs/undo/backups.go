package undo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"adferry/jobs/backup"
	"adferry/plan"
)

// BackupError: a backup folder cannot be searched for the pictures of what the job
// deleted.
type BackupError struct {
	Missing bool // the folder is not there, and it may hold a picture that is needed
	Err     error
}

func (e *BackupError) Error() string { return e.Err.Error() }
func (e *BackupError) Unwrap() error { return e.Err }

// backups are the folders that may hold pictures of what the job deleted.
type backups struct {
	from    string // paths are relative to here
	folders []*backup.Folder
	missing error // why the folder that the job was run with is not among them
}

// openBackups opens the folders. If the one that the job was run with is not there, that
// is an error only once a picture is searched for in vain: a disk that is not mounted must
// not make it look as if the image were gone.
func (j Job) openBackups() (*backups, error) {
	dir, err := filepath.Abs(j.Dir)
	if err != nil {
		return nil, err
	}
	b := &backups{from: dir}
	for _, dir := range []string{j.Other, j.Backup} {
		if dir == "" {
			continue
		}
		if _, err := os.Stat(dir); err != nil {
			if dir == j.Backup {
				b.missing = err
			}
			continue
		}
		f, err := backup.Open(dir, nil)
		if err != nil {
			b.close()
			return nil, &BackupError{Err: err}
		}
		b.folders = append(b.folders, f)
	}
	return b, nil
}

func (b *backups) close() {
	for _, f := range b.folders {
		_ = f.Close()
	}
}

// find is the file of an image's picture, relative to the undo's folder, or "".
func (b *backups) find(a plan.Account, h plan.Hash) (file string, err error) {
	file, _, err = b.entry(a, h)
	return file, err
}

// entry is find with the entry of the picture.
func (b *backups) entry(a plan.Account, h plan.Hash) (file string, e backup.Entry, err error) {
	for _, f := range b.folders {
		switch e, err = f.Find(a, h); {
		case err == nil:
			file, err = filepath.Rel(b.from, f.Path(e))
			return file, e, err
		case !errors.Is(err, backup.ErrNotFound):
			return "", e, err
		}
	}
	if b.missing != nil {
		return "", e, &BackupError{Missing: true, Err: fmt.Errorf("the job's backup, which may hold %s of %s, cannot be read: %w", h, a.Act(), b.missing)}
	}
	return "", e, nil
}
