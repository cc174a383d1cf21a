package reports

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// abandoned is the age from which a temporary file is taken for the remains of a
// killed process: far longer than a report takes to write.
const abandoned = time.Hour

// stage holds files that are not yet in their places.
type stage struct {
	dir   string
	files map[string]*staged
}

type staged struct {
	*bufio.Writer
	pending *pending
}

func newStage(dir string, names ...string) (*stage, error) {
	s := &stage{dir: dir, files: make(map[string]*staged)}
	for _, name := range names {
		sweep(dir, name)
		p, err := newPending(dir, name)
		if err != nil {
			s.discard()
			return nil, err
		}
		s.files[name] = &staged{bufio.NewWriterSize(p, 256<<10), p}
	}
	return s, nil
}

// commit moves the files into their places once all of them are on disk.
func (s *stage) commit() error {
	for _, f := range s.files {
		if err := f.Flush(); err != nil {
			return err
		}
		if err := f.pending.Sync(); err != nil {
			return err
		}
	}
	for _, f := range s.files {
		if err := f.pending.CloseAtomicallyReplace(); err != nil {
			return err
		}
	}
	return syncDir(s.dir)
}

// discard removes what commit has not moved.
func (s *stage) discard() {
	for _, f := range s.files {
		_ = f.pending.Cleanup()
	}
}

// sweep removes temporary files that killed processes left, lest they fill a disk
// that is short already.
func sweep(dir, name string) {
	left, _ := filepath.Glob(filepath.Join(escapeGlob(dir), "."+name+"[0-9]*"))
	for _, path := range left {
		if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > abandoned {
			_ = os.Remove(path)
		}
	}
}

func escapeGlob(path string) string {
	return strings.NewReplacer(`*`, `[*]`, `?`, `[?]`, `[`, `[[]`).Replace(path)
}
