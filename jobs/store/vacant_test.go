package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"adferry/jobs/store"
	"adferry/plan"
)

// A job that was made among other files wrote over some of them.
func TestVacant(t *testing.T) {
	for _, tt := range []struct {
		name   string
		holds  string // names; a folder's ends in a slash
		beside string
		want   string // of what it is occupied by
	}{
		{"empty", "", "", ""},
		{"what file systems leave", "lost+found/ .DS_Store ._x Thumbs.db desktop.ini .Trash-1000/ .nfs0001 @eaDir/", "", ""},
		{"what a crash leaves", "job.lock job.db.new job.db.new-wal job.db.new-shm", "", ""},
		{"what was written for it", "cleanup.csv cleanup.json .cleanup.csv123", "cleanup.csv cleanup.json", ""},
		{"what was written for another", "cleanup.csv", "undo.csv", "cleanup.csv"},
		{"a report", "report.html", "", "report.html"},
		{"a checkout", ".git/ go.mod main.go README.md", "", ".git, README.md, go.mod and 1 more"},
		{"the log of a job that is gone", "job.db-wal", "", "job.db-wal"},
		{"a temporary file of another program", ".cleanup.csv.swp", "cleanup.csv", ".cleanup.csv.swp"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for name := range strings.FieldsSeq(tt.holds) {
				path := filepath.Join(dir, name)
				var err error
				if strings.HasSuffix(name, "/") {
					err = os.Mkdir(path, 0o755)
				} else {
					err = os.WriteFile(path, nil, 0o644)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			err := store.CheckVacant(dir, strings.Fields(tt.beside)...)
			var occupied *store.OccupiedError
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("got %v", err)
			case tt.want != "" && (!errors.As(err, &occupied) || !strings.Contains(err.Error(), "("+tt.want+")")):
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if tt.want == "" {
				return
			}
			_, _, err = store.Create(t.Context(), dir, store.Spec{Allowed: strings.Fields(tt.beside),
				Read: func(func(plan.Row) error) (*plan.Plan, error) {
					t.Error("the manifest was read")
					return &plan.Plan{}, nil
				}})
			if !errors.As(err, &occupied) {
				t.Errorf("Create: got %v", err)
			}
			if entries, _ := os.ReadDir(dir); len(entries) != len(strings.Fields(tt.holds)) {
				t.Errorf("Create left %v", entries)
			}
		})
	}
	if err := store.CheckVacant(filepath.Join(t.TempDir(), "missing")); err != nil {
		t.Errorf("a missing folder: got %v", err)
	}
}
