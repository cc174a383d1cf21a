package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/gofrs/flock"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/content"
	"adferry/plan"
)

const readme = `This folder holds images that adferry deleted from Meta ad accounts, or was
about to delete: <account>/<hash>.png with what the account said of the image
in <account>/<hash>.json.

restore.csv is a manifest of uploads that brings all of them back; rows may be
taken out of it, and an image that an ad account still has is skipped:

    adferry run restore.csv
`

// Folder is a backup folder. It is safe for concurrent use, also by other
// processes.
type Folder struct {
	dir     string
	root    *os.Root
	gallery jobs.Gallery
	rows    *rows

	// Of a folder in which images will be kept.
	sums *content.Index
	use  *flock.Flock
}

// Possible says why a folder cannot be one for backups: it or one above it is a
// file, or it holds what is not of a backup. It makes nothing.
func Possible(dir string) error {
	switch err := otherFiles(dir); {
	case errors.Is(err, os.ErrNotExist) && dir != filepath.Dir(dir):
		return possibleBelow(filepath.Dir(dir))
	case errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("%s is no folder", dir)
	default:
		return err
	}
}

// possibleBelow says why no folder can be made in dir, or in one that is made there.
func possibleBelow(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, os.ErrNotExist) && dir != filepath.Dir(dir):
		return possibleBelow(filepath.Dir(dir))
	case err == nil && !info.IsDir():
		return fmt.Errorf("%s is no folder", dir)
	}
	return err
}

// Open opens the folder and makes it if need be. Pictures come from the gallery,
// which may be nil if nothing will be kept.
func Open(dir string, gallery jobs.Gallery) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make backup folder: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open backup folder: %w", err)
	}
	f := &Folder{dir: dir, root: root, gallery: gallery, rows: newRows(dir)}
	if gallery == nil {
		return f, nil
	}
	if err := f.prepare(); err != nil {
		f.Close()
		return nil, fmt.Errorf("make backup folder: %w", err)
	}
	return f, nil
}

// prepare makes what the folder needs to keep images, and removes what processes that
// were killed left of pictures.
func (f *Folder) prepare() (err error) {
	f.use = flock.New(filepath.Join(f.dir, "in-use"))
	alone, err := f.use.TryLock()
	if err != nil {
		return err
	}
	if alone { // no other process is keeping images here
		err := os.RemoveAll(f.temporary())
		if err := errors.Join(err, f.use.Unlock()); err != nil {
			return err
		}
	}
	if err := f.use.RLock(); err != nil {
		return err
	}
	if err := os.MkdirAll(f.temporary(), 0o755); err != nil {
		return err
	}
	if f.sums, err = content.Open(filepath.Join(f.dir, "sums")); err != nil {
		return err
	}
	if _, err := f.root.Lstat("README.txt"); errors.Is(err, os.ErrNotExist) {
		return f.write("README.txt", []byte(readme))
	}
	return nil
}

// Close lets go of the folder. What was kept is on disk already.
func (f *Folder) Close() error {
	err := errors.Join(f.rows.close(), f.root.Close())
	if f.sums != nil {
		err = errors.Join(err, f.sums.Close())
	}
	if f.use != nil {
		err = errors.Join(err, f.use.Close())
	}
	return err
}

// Path is where the picture of an entry is.
func (f *Folder) Path(e Entry) string {
	abs, err := filepath.Abs(f.dir)
	if err != nil {
		abs = f.dir
	}
	return filepath.Join(abs, filepath.FromSlash(e.Picture()))
}

// Find returns what is kept of an image, or ErrNotKept. An entry that is damaged,
// or whose picture is gone or is not the one that was kept, counts as not kept.
func (f *Folder) Find(account plan.Account, hash plan.Hash) (Entry, error) {
	e, err := readEntry(f.root, sidecar(account, hash))
	if errors.Is(err, os.ErrNotExist) {
		err = ErrNotKept
	}
	if err != nil {
		return e, err
	}
	sum, err := f.sum(e.Picture())
	if errors.Is(err, os.ErrNotExist) || err == nil && sum != e.SHA256 {
		return e, ErrNotKept
	}
	return e, err
}

// sum is the SHA-256 of a picture, in hex.
func (f *Folder) sum(name string) (string, error) {
	file, err := f.root.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Keep implements jobs.Backup.
func (f *Folder) Keep(ctx context.Context, account plan.Account, image graph.Image) (sum graph.Sum, err error) {
	hash, err := plan.ParseHash(image.Hash)
	if err != nil {
		return sum, &graph.Error{Class: graph.RefusedItem, Message: "the API names no hash of the image"}
	}
	e, err := f.Find(account, hash)
	if err == nil {
		err = f.believe(ctx, &e, image)
	}
	var unlike *graph.Error
	var shared *content.SharedError
	switch {
	case err == nil: // its row may have been taken out since
		if err := f.rows.ensure(e); err != nil {
			return sum, fmt.Errorf("write restore.csv: %w", err)
		}
		return e.sum(), nil
	case !errors.Is(err, ErrNotKept) && !errors.As(err, &unlike) && !errors.As(err, &shared):
		return sum, err
	}
	e = newEntry(account, image)
	if err := f.picture(ctx, &e, image); err != nil {
		return sum, err
	}
	if err := f.rows.add(e); err != nil {
		return sum, fmt.Errorf("write restore.csv: %w", err)
	}
	text, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return sum, err
	}
	if err := f.write(sidecar(account, hash), append(text, '\n')); err != nil {
		return sum, fmt.Errorf("write to the backup: %w", err)
	}
	return e.sum(), nil
}

// Vouch implements jobs.Backup.
func (f *Folder) Vouch(sum graph.Sum, hash plan.Hash) error { return f.sums.Claim(sum, hash) }

// believe says why what was kept earlier cannot be the image's picture. What it kept
// then may have been less choosy.
func (f *Folder) believe(ctx context.Context, e *Entry, image graph.Image) error {
	file, err := f.root.Open(e.Picture())
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := graph.CheckPicture(ctx, image, file, e.Size); err != nil {
		return err
	}
	return f.sums.Claim(e.sum(), e.Hash)
}

// picture fetches the image's picture into its place.
func (f *Folder) picture(ctx context.Context, e *Entry, image graph.Image) error {
	if err := f.folderOf(string(e.Account)); err != nil {
		return fmt.Errorf("write to the backup: %w", err)
	}
	err := f.place(string(e.Account), func(temp *os.File) (string, error) {
		p, err := f.gallery.Fetch(ctx, image, temp)
		if err != nil {
			return "", err
		}
		e.File, e.Size, e.SHA256 = string(e.Hash)+p.Extension, p.Size, hex.EncodeToString(p.SHA256[:])
		return e.File, f.sums.Claim(p.SHA256, e.Hash)
	})
	var refused *graph.Error
	var shared *content.SharedError
	if err != nil && !errors.As(err, &refused) && !errors.As(err, &shared) {
		return fmt.Errorf("write to the backup: %w", err)
	}
	return err
}
