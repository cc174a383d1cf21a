package reports

import (
	"os"
	"path/filepath"

	"adferry/jobs/disk"
)

// pendingFile does what renameio, which is not for Windows, does elsewhere.
type pendingFile struct {
	*os.File
	path string
	done bool
}

func newPendingFile(dir, name string) (*pendingFile, error) {
	f, err := os.CreateTemp(dir, "."+name)
	if err != nil {
		return nil, err
	}
	return &pendingFile{File: f, path: filepath.Join(dir, name)}, nil
}

// CloseAtomicallyReplace moves the file to its place.
func (p *pendingFile) CloseAtomicallyReplace() error {
	if err := p.Close(); err != nil {
		return err
	}
	if err := disk.Move(p.Name(), p.path); err != nil {
		return err
	}
	p.done = true
	return nil
}

// Cleanup removes the file unless it has moved.
func (p *pendingFile) Cleanup() error {
	if p.done {
		return nil
	}
	_ = p.Close()
	return os.Remove(p.Name())
}

// inUse has nothing to find out: Windows removes no file that a process has open.
func inUse(string) bool { return false }
