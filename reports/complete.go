package reports

import (
	"encoding/json"
	"os"
	"path/filepath"

	"adferry/jobs"
)

// Complete reports whether dir has all the files that Write makes, and its summary is
// that of a finished job.
func Complete(dir string) bool {
	for _, name := range Names() {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	var summary jobs.Summary
	raw, err := os.ReadFile(filepath.Join(dir, summaryName))
	return err == nil && json.Unmarshal(raw, &summary) == nil && summary.State == jobs.JobFinished
}
