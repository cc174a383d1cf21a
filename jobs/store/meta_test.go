package store_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"adferry/jobs/store"
)

// What adferry did not write into meta is a damaged file, which the error says once; a number that
// somebody tuned by other means is read as far as it is one.
func TestMetaEntries(t *testing.T) {
	const damaged = "a damaged file"
	file := jobFile(t)
	for _, test := range []struct {
		key   string
		value any
		want  string
	}{
		{"created_at", nil, damaged},
		{"created_at", "soon", damaged},
		{"rows", nil, damaged},
		{"header", nil, damaged},
		{"header", "{", damaged},
		{"exit_code", nil, damaged},
		{"paused_at", nil, damaged},
		{"workers", "many", damaged},
		{"workers", nil, ""},
		{"workers", 4.5, "4 workers"},
		{"max_rate", nil, ""},
		{"max_rate", 4.5, "at most 4.5 writes/s per ad account"},
		{"policy", nil, ""},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "job.db")
		if err := os.WriteFile(path, file, 0o644); err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.Exec(`INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)`, test.key, test.value)
		if err = errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
		job, err := store.View(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		m, err := job.Meta(t.Context())
		job.Close()
		switch {
		case test.want == damaged:
			if d, ok := err.(*store.DamagedError); !ok || !strings.HasPrefix(d.Err.Error(), "meta "+test.key+": ") || m.Name != "" {
				t.Errorf("%s %v: got %+v, %v, want a DamagedError alone", test.key, test.value, m, err)
			}
		case err != nil || m.Tuning.String() != test.want:
			t.Errorf("%s %v: got %q, %v, want %q", test.key, test.value, m.Tuning, err, test.want)
		}
	}
}
