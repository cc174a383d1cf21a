package cli

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"adferry/graph"
	"adferry/plan"
)

// manifestIn is the manifest in a file.
func manifestIn(path string) *manifest {
	return &manifest{name: path, kept: absolute(path), fixed: true, open: func() (io.ReadCloser, error) { return graph.OpenRegular(path) }}
}

// showProblems prints every problem of a manifest, one a line, and leaves a
// short error to end with.
func showProblems(s *streams, err error) error {
	var e *plan.ProblemsError
	if !errors.As(err, &e) {
		return err
	}
	for _, p := range e.Problems {
		fmt.Fprintln(s.err, p)
	}
	n := len(e.Problems) + e.More
	if e.More > 0 {
		fmt.Fprintf(s.err, "... and %d more\n", e.More)
	}
	if n == 1 {
		return usagef("fix it and run again", "the manifest has 1 problem; nothing was sent")
	}
	return usagef("fix them and run again", "the manifest has %d problems; nothing was sent", n)
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
