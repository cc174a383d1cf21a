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

// FileName is the name of the job file in the job's folder.
const FileName = fileName

// OccupiedError is a folder with other files, in which no job is made, because it might
// overwrite some of them.
type OccupiedError struct {
	Dir   string
	Names []string // of the other files, sorted
}

func (e *OccupiedError) Error() string {
	const most = 3
	names := strings.Join(e.Names[:min(most, len(e.Names))], ", ")
	if more := len(e.Names) - most; more > 0 {
		names = fmt.Sprintf("%s and %d more", names, more)
	}
	return fmt.Sprintf("%s has other files (%s); a job needs a folder of its own", e.Dir, names)
}

// CheckVacant returns an [OccupiedError] unless the folder does not exist, is empty, or has
// only files with allowed names, files that an interrupted Create left, and files that file
// systems make.
func CheckVacant(dir string, allowed ...string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read job folder: %w", err)
	}
	var names []string
	for _, e := range entries {
		if !slices.Contains(allowed, e.Name()) && !leftover(e.Name(), allowed) && !jobs.Litter(e.Name()) {
			names = append(names, e.Name())
		}
	}
	if names == nil {
		return nil
	}
	return &OccupiedError{dir, names}
}

// leftover reports whether Create removes or uses the file, or whether it is a temporary file
// for an allowed one.
func leftover(name string, allowed []string) bool {
	if name == lockName || strings.HasPrefix(name, fileName+".new") {
		return true
	}
	return slices.ContainsFunc(allowed, func(allowedName string) bool {
		digits, ok := strings.CutPrefix(name, "."+allowedName)
		return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
	})
}
