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

	"adferry/graph"
	"adferry/jobs"
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
	f := &Folder{dir: dir, root: root, gallery: gallery}
	if _, err := root.Lstat("README.txt"); errors.Is(err, os.ErrNotExist) {
		err = f.write("README.txt", []byte(readme))
		if err != nil {
			root.Close()
			return nil, fmt.Errorf("make backup folder: %w", err)
		}
	}
	f.rows = newRows(dir)
	return f, nil
}

// Close lets go of the folder. What was kept is on disk already.
func (f *Folder) Close() error { return errors.Join(f.rows.close(), f.root.Close()) }

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
func (f *Folder) Keep(ctx context.Context, account plan.Account, image graph.Image) error {
	hash, err := plan.ParseHash(image.Hash)
	if err != nil {
		return &graph.Error{Class: graph.RefusedItem, Message: "the API names no hash of the image"}
	}
	switch e, err := f.Find(account, hash); {
	case err == nil: // its row may have been taken out since
		if err := f.rows.ensure(e); err != nil {
			return fmt.Errorf("write restore.csv: %w", err)
		}
		return nil
	case !errors.Is(err, ErrNotKept):
		return err
	}
	e := newEntry(account, image)
	if err := f.picture(ctx, &e, image.URL); err != nil {
		return err
	}
	if err := f.rows.add(e); err != nil {
		return fmt.Errorf("write restore.csv: %w", err)
	}
	text, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return err
	}
	if err := f.write(sidecar(account, hash), append(text, '\n')); err != nil {
		return fmt.Errorf("write to the backup: %w", err)
	}
	return nil
}

// picture fetches the image's picture into its place.
func (f *Folder) picture(ctx context.Context, e *Entry, url string) error {
	if err := f.folderOf(string(e.Account)); err != nil {
		return fmt.Errorf("write to the backup: %w", err)
	}
	err := f.place(string(e.Account), func(temp *os.File) (string, error) {
		sum, size := sha256.New(), int64(0)
		ext, err := f.gallery.Fetch(ctx, url, io.MultiWriter(temp, sum, counter{&size}))
		e.File, e.Size, e.SHA256 = string(e.Hash)+ext, size, hex.EncodeToString(sum.Sum(nil))
		return e.File, err
	})
	var refused *graph.Error
	if err != nil && !errors.As(err, &refused) {
		return fmt.Errorf("write to the backup: %w", err)
	}
	return err
}

type counter struct{ n *int64 }

func (c counter) Write(p []byte) (int, error) {
	*c.n += int64(len(p))
	return len(p), nil
}
