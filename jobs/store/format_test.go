package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"adferry/jobs/store"
)

// A job file of another format is refused and left as it is, also if only its log says so.
func TestOtherFormats(t *testing.T) {
	for _, format := range []int{3, 5} {
		t.Run(fmt.Sprint(format), func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "job.db")
			if err := os.WriteFile(path, jobFile(t), 0o644); err != nil {
				t.Fatal(err)
			}
			db, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec(fmt.Sprintf("PRAGMA user_version = %d", format)); err != nil {
				t.Fatal(err)
			}
			log := readFile(t, path+"-wal")
			wantFormatError(t, dir, format)
			if got := readFile(t, path+"-wal"); !bytes.Equal(got, log) {
				t.Error("the log was changed")
			}
			if err := db.Close(); err != nil { // which merges the log into the file
				t.Fatal(err)
			}
			file := readFile(t, path)
			wantFormatError(t, dir, format)
			wantFile(t, path, file)
		})
	}
}

func wantFormatError(t *testing.T, dir string, format int) {
	t.Helper()
	_, errView := store.View(t.Context(), dir)
	_, errOpen := store.Open(t.Context(), dir)
	for _, err := range []error{errView, errOpen} {
		var other *store.FormatError
		if !errors.As(err, &other) || other.Format != format {
			t.Errorf("got %v, want a FormatError of format %d", err, format)
		}
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
