package cli

import (
	"os"
	"path/filepath"

	"adferry/reports"
)

// sweep removes what killed processes left half written in a job's folder and in that
// of its undo, which is not at work while this process has the job's lock. Names that
// adferry does not give stay.
func sweep(dir string) {
	reports.Sweep(dir, draftNames()...)
	dir = absolute(dir)
	if undo := (undoing{dir: filepath.Join(dir, "undo")}); os.Remove(undo.draft()) == nil {
		undo.tidy()
	}
	if filepath.Base(dir) == "undo" {
		_ = os.Remove(undoing{dir: dir}.draft())
	}
}
