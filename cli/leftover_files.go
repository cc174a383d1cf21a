package cli

import (
	"os"
	"path/filepath"

	"adferry/jobs/undo"
	"adferry/reports"
)

// removeLeftovers removes what killed processes left half written in a job's folder and in that
// of its undo, which is not at work while this process has the job's lock. Names that
// adferry does not give stay.
func removeLeftovers(dir string) {
	reports.Sweep(dir, draftFiles(dir)...)
	dir = absolute(dir)
	if u := (undo.Job{Dir: undo.DirOf(dir)}); os.Remove(u.Draft()) == nil {
		u.Tidy()
	}
	if undo.DirOf(filepath.Dir(dir)) == dir {
		_ = os.Remove(undo.Job{Dir: dir}.Draft())
	}
}
