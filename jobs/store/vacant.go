package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"adferry/jobs"
)

// FileName is the job's file in its folder.
const FileName = fileName

// OccupiedError is a folder that holds files which are no job's: a job made there
// would write over some of them, and be lost among the others.
type OccupiedError struct {
	Dir   string
	Names []string // of what it holds, sorted
}

func (e *OccupiedError) Error() string {
	const most = 3
	names := strings.Join(e.Names[:min(most, len(e.Names))], ", ")
	if more := len(e.Names) - most; more > 0 {
		names = fmt.Sprintf("%s and %d more", names, more)
	}
	return fmt.Sprintf("%s holds other files (%s), and a job needs a folder of its own", e.Dir, names)
}

// Vacant says why no job can be made in dir: it is an [OccupiedError] unless the
// folder is missing, empty, or holds nothing but files of the names in beside, what
// a crash left of making a job there, and what file systems put into folders.
func Vacant(dir string, beside ...string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read job folder: %w", err)
	}
	var names []string
	for _, e := range entries {
		if !slices.Contains(beside, e.Name()) && !leftover(e.Name(), beside) && !jobs.Litter(e.Name()) {
			names = append(names, e.Name())
		}
	}
	if names == nil {
		return nil
	}
	return &OccupiedError{dir, names}
}

// leftover reports whether a file is one that Create removes or uses again, or that
// writing one of these was cut off from.
func leftover(name string, beside []string) bool {
	if name == lockName || strings.HasPrefix(name, fileName+".new") {
		return true
	}
	return slices.ContainsFunc(beside, func(whole string) bool {
		digits, ok := strings.CutPrefix(name, "."+whole)
		return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
	})
}
