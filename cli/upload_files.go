package cli

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"path/filepath"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/backup"
	"adferry/plan"
)

// filesIn opens the files of uploads, which their rows name relative to dir. A
// picture that a backup kept gets the name back that it had in its ad account.
func filesIn(dir string) func(plan.Op) (graph.File, error) {
	return func(op plan.Op) (graph.File, error) {
		full := filepath.Join(dir, filepath.FromSlash(op.File))
		ext, err := graph.CheckFile(full)
		if err != nil {
			return graph.File{}, &jobs.FileError{Name: op.File, Err: err}
		}
		name, kept := backup.OriginalName(full)
		if !kept {
			name = path.Base(op.File)
		}
		if path.Ext(name) == "" {
			name += ext
		}
		return graph.File{Name: name, Open: func() (io.ReadCloser, error) { return graph.OpenRegular(full) }}, nil
	}
}

// checkFiles says of the files of uploads what keeps them from being sent.
func checkFiles(dir string) plan.FileCheck {
	return func(name string) (what, hint string) {
		_, err := graph.CheckFile(filepath.Join(dir, filepath.FromSlash(name)))
		switch {
		case err == nil:
			return "", ""
		case errors.Is(err, fs.ErrNotExist):
			return "there is no such file", "write its path relative to " + dir
		}
		return err.Error(), "name a whole PNG, JPEG, GIF, BMP, TIFF or WebP file that can be read"
	}
}
