package reports

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"adferry/jobs/disk"
)

// atomicSet is files that are written beside their places, and moved there all
// together once they are complete.
type atomicSet struct {
	dir   string
	names []string
	files map[string]*atomicFile
}

type atomicFile struct {
	*bufio.Writer
	pending *pendingFile
}

func newAtomicSet(dir string, names ...string) (*atomicSet, error) {
	s := &atomicSet{dir: dir, names: names, files: make(map[string]*atomicFile)}
	sweep(dir, names)
	for _, name := range names {
		p, err := newPendingFile(dir, name)
		if err != nil {
			s.discard()
			return nil, err
		}
		s.files[name] = &atomicFile{bufio.NewWriterSize(p, 256<<10), p}
	}
	return s, nil
}

// commit moves the files into their places once all of them are on disk. The one that was named
// first is written to the end, and moved, after all others.
func (s *atomicSet) commit() error {
	for _, name := range slices.Backward(s.names) {
		f := s.files[name]
		if err := f.Flush(); err != nil {
			return err
		}
		if err := f.pending.Sync(); err != nil {
			return err
		}
	}
	for _, name := range slices.Backward(s.names) {
		if err := s.files[name].pending.CloseAtomicallyReplace(); err != nil {
			return err
		}
	}
	return disk.SyncFolder(s.dir)
}

// discard removes what commit has not moved.
func (s *atomicSet) discard() {
	for _, f := range s.files {
		_ = f.pending.Cleanup()
	}
}

// Sweep removes the temporary files that killed processes left in dir when they wrote
// the reports, or one of the files also: on a full disk they take up room. What a
// process is still writing stays.
func Sweep(dir string, also ...string) { sweep(dir, append(Names(), also...)) }

func sweep(dir string, names []string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if !e.Type().IsRegular() || !slices.ContainsFunc(names, func(n string) bool { return temporary(e.Name(), n) }) {
			continue
		}
		if path := filepath.Join(dir, e.Name()); !inUse(path) {
			_ = os.Remove(path)
		}
	}
}

// temporary reports whether a file's name is one that newPendingFile gives.
func temporary(name, of string) bool {
	rest, ours := strings.CutPrefix(name, "."+of)
	return ours && rest != "" && strings.Trim(rest, "0123456789") == ""
}
