package reports

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"

	"adferry/jobs"
)

// form is what the reports of this version consist of, as a fingerprint. summary.json holds it, so
// that a version with other columns or another page writes the reports of a finished job anew.
var form = formOf(resultColumns, failureColumns, mappingColumns, []string{pageText, baseStyle})

func formOf(parts ...[]string) string {
	return fmt.Sprintf("%.4x", sha256.Sum256(fmt.Appendf(nil, "%q", parts)))
}

// UpToDate reports whether dir has the files that Write would make of a job with this summary, and
// nobody has changed one since.
func UpToDate(dir string, s jobs.Summary) bool {
	var want bytes.Buffer
	if err := WriteSummary(&want, s); err != nil {
		return false
	}
	path := filepath.Join(dir, summaryName)
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want.Bytes()) {
		return false
	}
	last, err := os.Lstat(path) // Write ends with it
	if err != nil {
		return false
	}
	for _, name := range Names() {
		f, err := os.Lstat(filepath.Join(dir, name))
		if err != nil || !f.Mode().IsRegular() || f.ModTime().After(last.ModTime()) {
			return false
		}
	}
	return true
}
