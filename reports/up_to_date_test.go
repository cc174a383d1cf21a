package reports_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"adferry/jobs"
	"adferry/reports"
)

func TestUpToDate(t *testing.T) {
	summary := jobs.Summary{Job: "j", State: jobs.JobFinished}
	for _, tt := range []struct {
		name   string
		change func(dir string, s *jobs.Summary) error
		want   bool
	}{
		{"nothing changed", func(string, *jobs.Summary) error { return nil }, true},
		{"another summary", func(_ string, s *jobs.Summary) error { s.Totals.Rows++; return nil }, false},
		{"another version wrote them", func(dir string, _ *jobs.Summary) error {
			path := filepath.Join(dir, "summary.json")
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path, bytes.Replace(text, []byte(`"reports_form": "`), []byte(`"reports_form": "0`), 1), 0o644)
		}, false},
		{"a file was removed", func(dir string, _ *jobs.Summary) error { return os.Remove(filepath.Join(dir, "mapping.csv")) }, false},
		{"the summary was removed", func(dir string, _ *jobs.Summary) error { return os.Remove(filepath.Join(dir, "summary.json")) }, false},
		{"a file was edited", func(dir string, _ *jobs.Summary) error {
			later := time.Now().Add(time.Minute)
			return os.Chtimes(filepath.Join(dir, "results.csv"), later, later)
		}, false},
		{"a folder has the name of a file", func(dir string, _ *jobs.Summary) error {
			if err := os.Remove(filepath.Join(dir, "failed.csv")); err != nil {
				return err
			}
			return os.Mkdir(filepath.Join(dir, "failed.csv"), 0o755)
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, now := t.TempDir(), summary
			if err := reports.Write(t.Context(), reports.Place{Folder: dir}, job{header: []string{"hash"}, summary: summary}); err != nil {
				t.Fatal(err)
			}
			if err := tt.change(dir, &now); err != nil {
				t.Fatal(err)
			}
			if got := reports.UpToDate(dir, now); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
