package jobs

import (
	"os"
	"sync"
)

// spool is a folder for pictures on their way from one ad account to another. It
// is made when the first one comes, and lasts as long as the run; each picture
// lasts until its operation is settled.
type spool struct {
	mu  sync.Mutex
	dir string
}

func (s *spool) create() (*os.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dir == "" {
		dir, err := os.MkdirTemp("", "adferry-")
		if err != nil {
			return nil, err
		}
		s.dir = dir
	}
	return os.CreateTemp(s.dir, "*")
}

func (s *spool) remove() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
}
