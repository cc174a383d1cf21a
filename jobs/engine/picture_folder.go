package engine

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"adferry/graph"
	"adferry/jobs/content"
	"adferry/plan"
)

// pictureFolder is the folder, inside the job's, for pictures on their way from one ad
// account to another. Only one process runs a job, so pictures that lie there when a run
// starts were left by one that was killed.
//
//	new/   pictures on their way; each lasts until its operation is settled
//	sums/  which picture came for which image, see package content
//
// It is made for the first picture.
type pictureFolder struct {
	dir string

	mu    sync.Mutex
	index *content.Index
}

func (s *pictureFolder) incoming() string { return filepath.Join(s.dir, "new") }

// begin removes what an earlier run left, and returns the images for which it uploaded
// a picture that was received for another image, too.
func (s *pictureFolder) begin() ([]plan.Hash, error) {
	if s.dir == "" {
		return nil, nil
	}
	if err := os.RemoveAll(s.incoming()); err != nil {
		return nil, err
	}
	sums := filepath.Join(s.dir, "sums")
	if _, err := os.Stat(sums); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	index, err := content.Open(sums)
	if err != nil {
		return nil, err
	}
	s.index = index
	return index.Uploaded()
}

// open makes the folder.
func (s *pictureFolder) open() (*content.Index, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := os.MkdirAll(s.incoming(), 0o755); err != nil {
		return nil, err
	}
	var err error
	if s.index == nil {
		s.index, err = content.Open(filepath.Join(s.dir, "sums"))
	}
	return s.index, err
}

func (s *pictureFolder) create() (*os.File, error) {
	if _, err := s.open(); err != nil {
		return nil, err
	}
	return os.CreateTemp(s.incoming(), "*")
}

// claim notes that a picture came for an image; see content.Index.
func (s *pictureFolder) claim(sum graph.Sum, hash plan.Hash) error {
	index, err := s.open()
	if err != nil {
		return err
	}
	return index.Claim(sum, hash)
}

// upload notes that the picture is about to be uploaded as the image.
func (s *pictureFolder) upload(sum graph.Sum, hash plan.Hash) error {
	index, err := s.open()
	if err != nil {
		return err
	}
	return index.Upload(sum, hash)
}

// end removes the pictures; the sums stay for the next run.
func (s *pictureFolder) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dir != "" {
		_ = os.RemoveAll(s.incoming())
	}
	if s.index != nil {
		_ = s.index.Close()
	}
}
