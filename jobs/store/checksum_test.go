package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"adferry/jobs"
	"adferry/jobs/store"
	"adferry/plan"
)

// A bit that flips in what never changes once a job is made is noticed wherever it
// is: in the digits of an ad account's number as well as in a page's unused space, that
// of the schema's page apart.
// The file is left as it is. So it stays while the job is worked on.
func TestChecksumHolds(t *testing.T) {
	fresh := jobFile(t)
	for name, file := range map[string][]byte{"fresh": fresh, "used": usedFile(t, fresh)} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "job.db")
			if err := os.WriteFile(path, file, 0o644); err != nil {
				t.Fatal(err)
			}
			job, err := store.Open(t.Context(), dir)
			if err != nil {
				t.Fatalf("the sound file: got %v", err)
			}
			if err := job.Close(); err != nil {
				t.Fatal(err)
			}
			for _, at := range checkedBytes(t, path, file, len(fresh)) {
				bad := bytes.Clone(file)
				bad[at] ^= 1 << (at % 8)
				if err := os.WriteFile(path, bad, 0o644); err != nil {
					t.Fatal(err)
				}
				job, err := store.Open(t.Context(), dir)
				if !errors.As(err, new(*store.DamagedError)) {
					t.Errorf("byte %d of %d: got %v, want a DamagedError", at, len(file), err)
				}
				if err == nil {
					job.Close()
				}
				wantFile(t, path, bad)
			}
		})
	}
}

// checkedBytes are places in the checked pages, and in the facts of meta: a
// share of all, and each at which a text of the manifest stands.
func checkedBytes(t *testing.T, path string, file []byte, checked int) []int {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var size int
	if err := db.QueryRow("PRAGMA page_size").Scan(&size); err != nil {
		t.Fatal(err)
	}
	var changing []int
	for _, table := range []string{"meta", "outcomes", "lanes", "samples", "parks", "row_counts", "op_counts"} {
		var root int
		if err := db.QueryRow("SELECT rootpage FROM sqlite_schema WHERE name = ?", table).Scan(&root); err != nil {
			t.Fatal(err)
		}
		changing = append(changing, root)
	}
	var all []int
	schema := int(binary.BigEndian.Uint16(file[105:])) // where the schema's page is used (SQLite, "B-tree Pages")
	for at := schema; at < checked; at += 211 {
		if !slices.Contains(changing, at/size+1) {
			all = append(all, at)
		}
	}
	texts := 0
	for _, text := range []string{"0123456789abcdef", "1123456789abcdef", "two", "copy", "manifest.csv", "source_account", "CREATE TABLE ops", "CREATE VIEW results"} {
		for from := 0; ; {
			i := bytes.Index(file[from:checked], []byte(text))
			if i < 0 {
				break
			}
			texts++
			all, from = append(all, from+i+1), from+i+1
		}
	}
	if len(all) < 100 || texts < 10 {
		t.Fatalf("only %d places, %d of them texts: the test is void", len(all), texts)
	}
	return all
}

// usedFile is the job file after some work.
func usedFile(t *testing.T, fresh []byte) []byte {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "job.db")
	if err := os.WriteFile(path, fresh, 0o644); err != nil {
		t.Fatal(err)
	}
	job, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for i := range 300 { // rows enough for pages of their own
		_, err := job.Commit(context.Background(), jobs.Change{
			Records: []jobs.Record{{ID: plan.OpID(1 + i%4), Outcome: jobs.Outcome{State: jobs.Failed, Reason: jobs.GaveUp, Message: "the API's own words", Started: now, Finished: now}}},
			Lanes:   []jobs.LaneState{{Account: plan.Account(fmt.Sprint(11 + i)), ParkedFor: "a while"}},
			Tally:   &jobs.Tally{Started: now},
			Sample:  &jobs.Sample{At: now.Add(time.Duration(i) * time.Second), Settled: i},
			Parks:   []jobs.Park{{Account: "11", From: now, Until: now}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(job.SetStop(t.Context(), 3, "stopped"), job.Close()); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(raw) <= len(fresh) {
		t.Fatalf("the used file has %d bytes, the fresh one %d: nothing was written", len(raw), len(fresh))
	}
	return raw
}
