package proof

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"adferry/jobs"
	"adferry/jobs/disk"
	"adferry/jobs/store"
)

// text is what a proof holds, for people.
const text = "With this file a job of adferry shows its workers that they see the folder which it needs.\nIt goes when the job is removed.\n"

// New makes the random text of a job's proofs.
func New() string { return rand.Text() }

func pathOf(folder, proof string) string { return filepath.Join(folder, jobs.ProofPrefix+proof) }

// CheckShared returns an error unless people marked the folder as one that all workers share, or it
// has a proof already. A worker that makes jobs by itself would else make a folder where nothing is
// mounted. It is an error, too, if the folder does not answer before ctx ends.
func CheckShared(ctx context.Context, folder string) error {
	if err := answers(ctx, folder); err != nil {
		return err
	}
	return looks.at(ctx, filepath.Join(folder, jobs.SharedMark), func(string) error { return checkShared(folder) })
}

// answers returns [disk.ErrHangs] if a folder does not answer before ctx ends. All who need it wait
// for one look, whatever they look for in it then.
func answers(ctx context.Context, folder string) error {
	return looks.at(ctx, folder, func(path string) error { _, _ = os.Stat(path); return nil })
}

func checkShared(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("read folder: %w", err)
	}
	for _, e := range entries {
		if e.Name() == jobs.SharedMark || strings.HasPrefix(e.Name(), jobs.ProofPrefix) {
			return nil
		}
	}
	return fmt.Errorf("nothing shows that %s is a folder which all workers share; if it is, make the file %s there", folder, jobs.SharedMark)
}

// patience is how long it may take to leave proofs, or to remove them.
const patience = time.Minute

// Leave leaves a proof in each folder of a new job. It makes the folders of backups and pictures.
func Leave(ctx context.Context, f store.Folders) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := disk.Within(ctx, func() (any, error) { return nil, leave(f) })
	return err
}

func leave(f store.Folders) error {
	for _, folder := range f.Paths() {
		if folder != f.Files {
			if err := os.MkdirAll(folder, 0o755); err != nil {
				return fmt.Errorf("make folder for workers: %w", err)
			}
		}
		if err := os.WriteFile(pathOf(folder, f.Proof), []byte(text), 0o644); err != nil {
			return fmt.Errorf("show workers the folder: %w", err)
		}
		if err := disk.SyncFolder(folder); err != nil {
			return fmt.Errorf("show workers the folder: %w", err)
		}
	}
	return nil
}

// Remove removes the proofs of a job that is removed or was not made, as far as this process
// sees them.
func Remove(ctx context.Context, f store.Folders) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, _ = disk.Within(ctx, func() (any, error) {
		for _, folder := range f.Paths() {
			_ = os.Remove(pathOf(folder, f.Proof))
		}
		return nil, nil
	})
}

// UnseenError is a folder of a job that this process does not see.
type UnseenError struct {
	Folder string // "": that of pictures, which was never named
	Err    error  // nil: there is no proof of it, because the job was not submitted with it
}

func (e *UnseenError) Error() string {
	switch {
	case e.Folder == "":
		return "the job was not submitted with --on-denied upload"
	case e.Err == nil:
		return "the job was not submitted with the folder " + e.Folder
	case errors.Is(e.Err, disk.ErrHangs):
		return fmt.Sprintf("the folder %s cannot be reached: %v", e.Folder, e.Err)
	}
	return fmt.Sprintf("%s is not the folder that the job was submitted with: %v", e.Folder, e.Err)
}

func (e *UnseenError) Unwrap() error { return e.Err }

// Check returns an [UnseenError] unless this process sees every folder that a job needs, and may
// write where it has to. A folder is not seen, either, if it does not answer before ctx ends.
func Check(ctx context.Context, m store.Meta) error {
	f := m.Folders
	switch {
	case m.Backup != "" && m.Backup != f.Backup: // a run named another one since
		return &UnseenError{Folder: m.Backup}
	case m.OnDenied == jobs.UploadDenied && f.Pictures == "":
		return &UnseenError{}
	}
	for _, folder := range f.Paths() {
		if f.Proof == "" {
			return &UnseenError{Folder: folder}
		}
		if err := answers(ctx, folder); err != nil {
			return &UnseenError{folder, err}
		}
		flag := os.O_RDWR
		if folder == f.Files {
			flag = os.O_RDONLY
		}
		err := looks.at(ctx, pathOf(folder, f.Proof), func(path string) error {
			file, err := os.OpenFile(path, flag, 0)
			if err != nil {
				return errors.Unwrap(err)
			}
			return file.Close()
		})
		if err != nil {
			return &UnseenError{folder, err}
		}
	}
	return nil
}
