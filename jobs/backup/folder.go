package backup

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/content"
	"adferry/jobs/disk"
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
	dir        string
	root       *os.Root
	downloader jobs.Downloader
	restore    *restoreFile

	received *content.Folder // nil unless images will be saved
}

// CheckFolder returns an error if a folder cannot be used for backups, because it or a parent
// is a file, or it has files that are not of a backup. It creates nothing.
func CheckFolder(dir string) error {
	for d := dir; ; d = filepath.Dir(d) {
		switch info, err := os.Stat(d); {
		case err == nil && !info.IsDir(), errors.Is(err, syscall.ENOTDIR):
			return fmt.Errorf("%s is not a folder", d)
		case err == nil && d == dir:
			return otherFiles(dir)
		case err == nil || !errors.Is(err, os.ErrNotExist) || d == filepath.Dir(d):
			return err
		}
	}
}

// Open opens the folder, which it makes if necessary. downloader may
// be nil if no images will be saved.
func Open(dir string, downloader jobs.Downloader) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make backup folder: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open backup folder: %w", err)
	}
	f := &Folder{dir: dir, root: root, downloader: downloader, restore: newRestoreFile(dir)}
	if downloader == nil {
		return f, nil
	}
	if err := f.prepare(); err != nil {
		f.Close()
		return nil, fmt.Errorf("make backup folder: %w", err)
	}
	return f, nil
}

// prepare makes the files that are needed to save images.
func (f *Folder) prepare() (err error) {
	if f.received, err = content.OpenFolder(f.dir); err != nil {
		return err
	}
	if _, err := f.root.Lstat("README.txt"); errors.Is(err, os.ErrNotExist) {
		return f.write("README.txt", []byte(readme))
	}
	return nil
}

// Close closes the folder. All saved images are on disk already.
func (f *Folder) Close() error {
	err := errors.Join(f.restore.close(), f.root.Close())
	if f.received != nil {
		err = errors.Join(err, f.received.Close())
	}
	return err
}

// Path is the absolute path of an entry's picture.
func (f *Folder) Path(e Entry) string {
	abs, err := filepath.Abs(f.dir)
	if err != nil {
		abs = f.dir
	}
	return filepath.Join(abs, filepath.FromSlash(e.Picture()))
}

// Find returns the entry of an image, or ErrNotFound. Entries that are damaged, or whose
// picture is missing or does not match its SHA-256, count as not found.
func (f *Folder) Find(account plan.Account, hash plan.Hash) (Entry, error) {
	e, err := readEntry(f.root, entryPath(account, hash))
	if errors.Is(err, os.ErrNotExist) {
		err = ErrNotFound
	}
	if err != nil {
		return e, err
	}
	sum, err := f.sum(e.Picture())
	if errors.Is(err, os.ErrNotExist) || err == nil && sum != e.SHA256 {
		return e, ErrNotFound
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
	return disk.Sum(file)
}

// Save saves an image, unless the backup has it already. It implements engine.Backup.
func (f *Folder) Save(ctx context.Context, account plan.Account, image graph.Image) (sum graph.Sum, err error) {
	hash, err := plan.ParseHash(image.Hash)
	if err != nil {
		return sum, &graph.Error{Class: graph.RefusedItem, Message: "the API gave no hash for the image"}
	}
	e, err := f.Find(account, hash)
	if err == nil {
		err = f.recheck(ctx, &e, image)
	}
	switch {
	case err == nil: // somebody may have removed its row
		if err := f.restore.ensure(e); err != nil {
			return sum, fmt.Errorf("write restore.csv: %w", err)
		}
		return e.sum(), nil
	case !errors.Is(err, ErrNotFound) && !isOfPicture(err):
		return sum, err
	}
	e = newEntry(account, image)
	if err := f.download(ctx, &e, image); err != nil {
		return sum, err
	}
	if err := f.restore.add(e); err != nil {
		return sum, fmt.Errorf("write restore.csv: %w", err)
	}
	text, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return sum, err
	}
	if err := f.write(entryPath(account, hash), append(text, '\n')); err != nil {
		return sum, fmt.Errorf("write to the backup: %w", err)
	}
	return e.sum(), nil
}

// Vouch implements engine.Backup.
func (f *Folder) Vouch(sum graph.Sum, hash plan.Hash) error { return f.received.Claim(sum, hash) }

// recheck returns an error if a picture saved earlier cannot be the image's. Older versions of
// adferry checked less.
func (f *Folder) recheck(ctx context.Context, e *Entry, image graph.Image) error {
	file, err := f.root.Open(e.Picture())
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := graph.CheckPicture(ctx, image, file, e.Size); err != nil {
		return err
	}
	return f.received.Claim(e.sum(), e.Hash)
}

// download downloads the image's picture into its account's folder.
func (f *Folder) download(ctx context.Context, e *Entry, image graph.Image) error {
	if err := f.makeAccountFolder(string(e.Account)); err != nil {
		return fmt.Errorf("write to the backup: %w", err)
	}
	err := f.writeAtomic(string(e.Account), func(temp *os.File) (string, error) {
		p, err := f.downloader.Fetch(ctx, image, temp)
		if err != nil {
			return "", err
		}
		e.File, e.Size, e.SHA256 = string(e.Hash)+p.Extension, p.Size, hex.EncodeToString(p.SHA256[:])
		return e.File, f.received.Claim(p.SHA256, e.Hash)
	})
	if err != nil && !isOfPicture(err) {
		return fmt.Errorf("write to the backup: %w", err)
	}
	return err
}

// isOfPicture reports whether an error is about a picture, and not about the folder.
func isOfPicture(err error) bool {
	return errors.As(err, new(*graph.Error)) || errors.As(err, new(*content.SharedError))
}
