package reports_test

import (
	"os"
	"path/filepath"
	"testing"

	"adferry/reports"
)

func TestComplete(t *testing.T) {
	for _, tt := range []struct {
		name, summary, missing string
		want                   bool
	}{
		{"a finished job", `{"state": "finished"}`, "", true},
		{"a stopped one", `{"state": "stopped"}`, "", false},
		{"a damaged summary", `{"state": `, "", false},
		{"no page", `{"state": "finished"}`, "report.html", false},
		{"no summary", "", "summary.json", false},
	} {
		dir := t.TempDir()
		for _, name := range reports.Names() {
			if name == tt.missing {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(tt.summary), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got := reports.Complete(dir); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}
