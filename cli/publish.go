package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"adferry/graph"
	"adferry/reports"
)

// errPublish: a file, or the temporary file before it, could not be written.
var errPublish = errors.New("the result cannot be written, so nothing was")

// publication is where a command puts a file that is complete or not there: the path that
// an option names, or standard output, which gets nothing before everything is known.
type publication struct {
	path string // "" is standard output
}

// publicationOf checks the value of an option before hours of reading go by.
func publicationOf(option, path string) (publication, error) {
	if path == "" || path == "-" {
		return publication{}, nil
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // a link stays one
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return publication{}, usagef("name a file in it", "--%s: %s is a folder", option, path)
	case err == nil && !info.Mode().IsRegular():
		return publication{}, usagef("for a pipe, use standard output", "--%s: %s is not a file", option, path)
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return publication{}, usagef("", "--%s: %s cannot be written: %w", option, path, graph.WithoutPath(err))
	}
	dir := filepath.Dir(path)
	if holdsJob(dir) && isReportName(filepath.Base(path)) {
		return publication{}, usagef("choose another name", "--%s: %s is a file of the job in %s", option, path, dir)
	}
	f, err := os.CreateTemp(dir, ".adferry-")
	if err != nil {
		return publication{}, usagef("", "--%s: %s cannot be written: %w", option, path, graph.WithoutPath(err))
	}
	_ = f.Close()
	if err := os.Remove(f.Name()); err != nil {
		return publication{}, usagef("", "--%s: %s cannot be written: %w", option, path, graph.WithoutPath(err))
	}
	return publication{path}, nil
}

// write publishes what write writes.
func (p publication) write(s *streams, write func(io.Writer) error) error {
	if p.path == "" {
		return write(s.out)
	}
	if err := reports.WriteFile(filepath.Dir(p.path), filepath.Base(p.path), write); err != nil {
		return fmt.Errorf("%w: %w", errPublish, err)
	}
	return nil
}
