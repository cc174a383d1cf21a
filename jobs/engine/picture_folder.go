package engine

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"adferry/graph"
	"adferry/jobs/content"
	"adferry/jobs/disk"
	"adferry/plan"
)

// pictureFolder is the folder, inside the job's, for pictures on their way from one ad account to
// another. All workers of a job use one. It is made for the first picture.
type pictureFolder struct {
	dir string

	mu     sync.Mutex
	folder *content.Folder
}

// fileTime is how long it may take to do something with files before they count as hanging, also to
// download one unless Options.DownloadTime is longer.
const fileTime = 5 * time.Minute

// within does something with files, see [disk.Within].
func within[T any](ctx context.Context, do func(context.Context) (T, error)) (T, error) {
	return withinTime(ctx, fileTime, do)
}

func withinTime[T any](ctx context.Context, limit time.Duration, do func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return disk.Within(ctx, func() (T, error) { return do(ctx) })
}

// discard removes the file of a picture, which nothing waits for: the folder is emptied at the end in
// any case.
func discard(path string) {
	if path != "" {
		go func() { _ = os.Remove(path) }()
	}
}

// begin removes what an earlier run left that was killed.
func (s *pictureFolder) begin() error {
	if s.dir == "" {
		return nil
	}
	if _, err := os.Stat(filepath.Join(s.dir, "new")); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	_, err := s.open()
	return err
}

func (s *pictureFolder) open() (*content.Folder, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.folder == nil {
		s.folder, err = content.OpenFolder(s.dir)
	}
	return s.folder, err
}

func (s *pictureFolder) create() (*os.File, error) {
	folder, err := s.open()
	if err != nil {
		return nil, err
	}
	return folder.Create()
}

// claim notes that a picture came for an image; see content.Index.
func (s *pictureFolder) claim(sum graph.Sum, hash plan.Hash) error {
	folder, err := s.open()
	if err != nil {
		return err
	}
	return folder.Claim(sum, hash)
}

// upload notes that the picture is about to be uploaded as the image.
func (s *pictureFolder) upload(sum graph.Sum, hash plan.Hash) error {
	folder, err := s.open()
	if err != nil {
		return err
	}
	return folder.Upload(sum, hash)
}

// doubted reports whether what was uploaded in place of the image may be a placeholder.
func (s *pictureFolder) doubted(hash plan.Hash) (bool, error) {
	folder, err := s.open()
	if err != nil {
		return false, err
	}
	return folder.Doubted(hash)
}

// end removes the pictures, unless another worker uses the folder; what came for which image
// stays for the next run.
func (s *pictureFolder) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.folder != nil {
		_ = s.folder.Close()
	}
}
