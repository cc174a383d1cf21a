package backup_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"adferry/jobs/backup"
)

// A backup is not kept among other files, but people may put some beside it later.
func TestPossible(t *testing.T) {
	dir := t.TempDir()
	fill := func(names ...string) string {
		t.Helper()
		folder, err := os.MkdirTemp(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if err := os.WriteFile(filepath.Join(folder, name), []byte("operation,target_account,file\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		return folder
	}
	ours := fill()
	f, err := backup.Open(ours, &fakeDownloader{}) // one without is only read
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if err := os.WriteFile(filepath.Join(ours, "note.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	foreign := fill()
	if err := os.WriteFile(filepath.Join(foreign, "restore.csv"), []byte("name,price\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, folder, bad string }{
		{"missing", filepath.Join(dir, "a", "b"), ""},
		{"empty", fill(), ""},
		{"of a file system", fill(".DS_Store"), ""},
		{"a backup, and a note beside it", ours, ""},
		{"one that was cut off", fill(".new-123", "lock", "restore.csv"), ""},
		{"another restore.csv", foreign, "has another file (restore.csv)"},
		{"another file", fill("report.html"), "has another file (report.html)"},
		{"another README.txt", fill("README.txt", "main.go"), "has other files (README.txt and 1 more)"},
		{"a file", filepath.Join(fill("x"), "x"), "is not a folder"},
		{"below a file", filepath.Join(fill("x"), "x", "y"), "is not a folder"},
	} {
		err := backup.CheckFolder(tt.folder)
		if tt.bad == "" && err != nil || tt.bad != "" && (err == nil || !strings.Contains(err.Error(), tt.bad)) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.bad)
		}
	}
}
