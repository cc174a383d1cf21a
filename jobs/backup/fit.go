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

// otherFiles says what in a folder is not of a backup. A folder that describes itself
// as one may hold what people put there since.
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
		ours := account || e.Name() == "lock" || e.Name() == "restore.csv" && uploads(filepath.Join(dir, "restore.csv")) || strings.HasPrefix(e.Name(), ".new-")
		if !ours && !jobs.Litter(e.Name()) {
			names = append(names, e.Name())
		}
	}
	switch len(names) {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("%s holds another file (%s), and a backup needs a folder of its own", dir, names[0])
	}
	return fmt.Errorf("%s has other files (%s and %d more), and a backup needs a folder of its own", dir, names[0], len(names)-1)
}

// uploads reports whether a file begins as a manifest of uploads does, whatever else
// people have made of it.
func uploads(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	names, err := csv.NewReader(f).Read()
	return err == nil && slices.Contains(names, "target_account") && slices.Contains(names, "file")
}
