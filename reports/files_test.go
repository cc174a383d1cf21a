package reports_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"adferry/reports"
)

// A file is there whole or as it was before, and nothing lies beside it.
func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	broken := errors.New("broken")
	for _, fails := range []error{nil, broken} {
		err := reports.WriteFile(dir, "rows.csv", func(w io.Writer) error {
			text := "whole\n"
			if fails != nil {
				text = "half"
			}
			if _, err := io.WriteString(w, text); err != nil {
				return err
			}
			return fails
		})
		if !errors.Is(err, fails) {
			t.Errorf("got %v, want %v", err, fails)
		}
		if got, err := os.ReadFile(filepath.Join(dir, "rows.csv")); string(got) != "whole\n" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("got %d files, want 1", len(entries))
	}
}

func TestMade(t *testing.T) {
	for name, want := range map[string]bool{
		"results.csv": true, ".results.csv123": true, "rows.csv": true, ".rows.csv9": true,
		"results.csv123": false, ".results.csv": false, ".results.csv12a": false, "mine.csv": false, "": false,
	} {
		if got := reports.Made(name, "rows.csv"); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}
