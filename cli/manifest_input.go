package cli

import (
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"adferry/graph"
	"adferry/jobs/disk"
	"adferry/jobs/rehearsal"
	"adferry/jobs/store"
	"adferry/plan"
	"adferry/reports"
)

// A manifest is one as a command line names it: a file, or a pipe, which can be
// read but once and is kept in a temporary file until the command ends.
type manifest struct {
	name  string // for messages
	kept  string // the path that a job remembers; its folder is what files of rows are relative to
	fixed bool   // the name is one of a file, so that a job may be named after it
	open  func() (io.ReadCloser, error)
	piped *os.File // nil unless it was a pipe
}

// openManifest finds the manifest, and reads it to its end if it is a pipe. It has to
// be closed.
func openManifest(s *streams, path string) (*manifest, error) {
	if isStdin(path) {
		if f, ok := s.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
			return nil, usagef("name a file, or pipe the manifest in", "manifest: standard input is a terminal")
		}
		return copyPipe("standard input", s.in)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, unreadable(shown(path), err)
	}
	switch mode := info.Mode(); {
	case mode.IsDir():
		return nil, folderForManifest(path)
	case mode&fs.ModeNamedPipe != 0 || mode.IsRegular() && isDescriptor(path):
		return openPipe(path)
	case !mode.IsRegular():
		return nil, usagef("name a file or a pipe", "manifest: %s is a device or a socket", path)
	}
	return manifestIn(path), nil
}

// unreadable is the error about a manifest that cannot be opened or read.
func unreadable(name string, err error) error {
	return usagef("check its path, and that you may read it", "manifest: %s cannot be read: %w", name, graph.WithoutPath(err))
}

// openManifest opens the manifest of a command that may read its token from standard input,
// too.
func (o connection) openManifest(s *streams, path string) (*manifest, error) {
	if isStdin(path) && isStdin(o.tokenFile) {
		return nil, usagef("set ADFERRY_ACCESS_TOKEN, or put the token into a file", "the manifest and the token cannot both come from standard input")
	}
	return openManifest(s, path)
}

// spec says what a job of the manifest is made of.
func (m *manifest) spec(sandboxed bool, v server, settings store.Settings) store.Spec {
	return store.Spec{
		Manifest: m.kept, Consent: true, Sandbox: sandboxed, Endpoint: v.originFor(sandboxed), Settings: settings,
		Read: func(visit func(plan.Row) error) (*plan.Plan, error) { return m.readFor(sandboxed, visit) },
	}
}

// folderForManifest is the error for a folder in place of a manifest.
func folderForManifest(path string) error {
	if holdsJob(path) {
		return usagef("adferry resume "+reports.Quote(path)+" goes on with it", "manifest: %s is the folder of a job", path)
	}
	return usagef("name the manifest in it", "manifest: %s is a folder", path)
}

// isStdin recognises the names of standard input.
func isStdin(path string) bool {
	return path == "-" || path == "/dev/stdin" || path == "/dev/fd/0" || path == "/proc/self/fd/0"
}

// isDescriptor recognises names of open files, as a shell's <(command) makes them:
// they mean nothing to a later process.
func isDescriptor(path string) bool {
	return strings.HasPrefix(path, "/dev/fd/") || strings.HasPrefix(path, "/proc/self/fd/")
}

// pipePatience is how long a named pipe is waited for that nobody writes to. Whoever
// is to write waits for a reader, so that it begins at once.
const pipePatience = 5 * time.Second

// openPipe reads a named pipe, or one that a shell made. It does not wait to be
// opened, as open(2) would, for a writer that never comes.
func openPipe(path string) (*manifest, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer f.Close()
	if isDescriptor(path) {
		return copyPipe(path, f)
	}
	first := make([]byte, 64<<10)
	for end := time.Now().Add(pipePatience); ; time.Sleep(20 * time.Millisecond) {
		n, err := f.Read(first)
		switch {
		case n > 0:
			m, err := copyPipe(path, io.MultiReader(strings.NewReader(string(first[:n])), f))
			if err == nil {
				m.fixed = true
			}
			return m, err
		case err != nil && err != io.EOF:
			return nil, unreadable(path, err)
		case time.Now().After(end):
			return nil, usagef("start the program that writes to it, or name a file", "manifest: %s is a pipe, and nothing was written to it for %s", path, pipePatience)
		}
	}
}

// copyPipe keeps what a pipe brings in a file without a name, so that not even a
// crash leaves it behind where the operating system has such files.
func copyPipe(name string, r io.Reader) (*manifest, error) {
	f, err := os.CreateTemp("", "adferry-manifest-")
	if err != nil {
		return nil, notStarted(&store.DiskError{Err: err})
	}
	_ = os.Remove(f.Name())
	m := &manifest{name: name, kept: absolute("-"), piped: f}
	w := &diskWriter{w: f}
	size, err := io.Copy(w, r)
	if err != nil {
		m.close()
		if w.err != nil {
			return nil, notStarted(&store.DiskError{Err: w.err})
		}
		return nil, usagef("nothing was sent; pipe it in again", "manifest: %s cannot be read: %w", name, graph.WithoutPath(err))
	}
	m.open = func() (io.ReadCloser, error) { return io.NopCloser(io.NewSectionReader(f, 0, size)), nil }
	return m, nil
}

// diskWriter remembers that writing failed, to tell it from a failing reader.
type diskWriter struct {
	w   io.Writer
	err error
}

func (d *diskWriter) Write(p []byte) (int, error) {
	n, err := d.w.Write(p)
	d.err = err
	return n, err
}

func (m *manifest) close() {
	if m.piped != nil {
		_ = m.piped.Close()
		_ = os.Remove(m.piped.Name())
	}
}

// read reads and checks the manifest and the files that it names.
func (m *manifest) read(visit func(plan.Row) error) (*plan.Plan, error) {
	return m.readWith(checkFiles(filepath.Dir(m.kept)), visit)
}

// readWith is read with another check of the files; nil is none.
func (m *manifest) readWith(check plan.FileCheck, visit func(plan.Row) error) (*plan.Plan, error) {
	r, err := m.open()
	if err != nil {
		return nil, unreadable(m.name, err)
	}
	defer r.Close()
	defer keepLittleGarbage()()
	return plan.ReadFiles(r, check, visit)
}

// readFor is read for a run. On the sandbox it checks the sandbox column, too, once the manifest
// has no other problem.
func (m *manifest) readFor(sandboxed bool, visit func(plan.Row) error) (*plan.Plan, error) {
	if !sandboxed {
		return m.read(visit)
	}
	var column error
	p, err := m.read(func(r plan.Row) error {
		column = cmp.Or(column, rehearsal.CheckRow(r))
		if visit == nil {
			return nil
		}
		return visit(r)
	})
	if err == nil && column != nil {
		return nil, &usageError{err: column}
	}
	return p, err
}

// sum is the SHA-256 of the manifest, in hex.
func (m *manifest) sum() (string, error) {
	r, err := m.open()
	if err != nil {
		return "", fmt.Errorf("manifest: %s cannot be read: %w", m.name, graph.WithoutPath(err))
	}
	defer r.Close()
	sum, err := disk.Sum(r)
	if err != nil {
		return "", fmt.Errorf("manifest: %w", err)
	}
	return sum, nil
}

// openList opens a list that is read once, and so may be a pipe; one that nobody
// writes to is empty.
func openList(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if err := graph.CheckRegular(info); err != nil && info.Mode()&fs.ModeNamedPipe == 0 {
		return nil, err
	}
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}
