package backup

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"adferry/jobs"
)

// otherFiles returns an error if a folder has files that are not of a backup. With a README.txt
// of a backup it may have other files, because people may have added them.
func otherFiles(dir string) error {
	if head, err := os.ReadFile(filepath.Join(dir, "README.txt")); err == nil && strings.HasPrefix(string(head), readme[:strings.Index(readme, "\n")]) {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var names []string
	for _, e := range entries {
		account := e.IsDir() && strings.Trim(e.Name(), "0123456789") == ""
		known := account || e.Name() == "lock" || e.Name() == "restore.csv" && isUploadManifest(filepath.Join(dir, "restore.csv")) || strings.HasPrefix(e.Name(), ".new-")
		if !known && !jobs.Litter(e.Name()) {
			names = append(names, e.Name())
		}
	}
	switch len(names) {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("%s has another file (%s); a backup needs a folder of its own", dir, names[0])
	}
	return fmt.Errorf("%s has other files (%s and %d more); a backup needs a folder of its own", dir, names[0], len(names)-1)
}

// isUploadManifest reports whether a file has the header of a manifest of uploads. People may
// have changed its rows.
func isUploadManifest(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	names, err := csv.NewReader(f).Read()
	return err == nil && slices.Contains(names, "target_account") && slices.Contains(names, "file")
}
