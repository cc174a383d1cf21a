package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"adferry/jobs"
	"adferry/jobs/store"
	"adferry/plan"
)

// What a job has to do can be read while its file is checked. If the file is damaged, nothing is
// written: not the intent of any write, without which none is sent.
func TestDamagedAheadOfCheck(t *testing.T) {
	t.Parallel()
	dir, file := t.TempDir(), jobFile(t)
	path := filepath.Join(dir, "job.db")
	bad := bytes.Replace(file, []byte("2123456789abcdef"), []byte("2123456789abcdee"), 1)
	if err := os.WriteFile(path, bad, 0o644); err != nil {
		t.Fatal(err)
	}
	job, err := store.OpenAhead(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	claim(t, job)
	if err := job.SetRunning(t.Context(), store.Pace{}); err != nil {
		t.Errorf("it is not noted that a process runs the job: %v", err)
	}
	if err := commit(job); !errors.As(err, new(*store.DamagedError)) {
		t.Errorf("commit: got %v, want a DamagedError", err)
	}
	<-job.Broken()
	if err := job.Sound(); !errors.As(err, new(*store.DamagedError)) {
		t.Errorf("sound: got %v, want a DamagedError", err)
	}
	if err := job.Close(); err != nil {
		t.Error(err)
	}
	wantFile(t, path, bad)
}

// A write that is asked for during the check is made once the check has found nothing.
func TestWritesWaitForCheck(t *testing.T) {
	t.Parallel()
	for _, damage := range []error{nil, &store.DamagedError{Err: errors.New("a flipped bit")}} {
		dir := t.TempDir()
		job, _ := createJob(t, dir, tangled)
		found := make(chan error)
		job = job.Ahead(found)
		if err := job.SetRunning(t.Context(), store.Pace{MaxRate: 7}); err != nil {
			t.Fatal(err)
		}
		if m, err := job.Meta(t.Context()); err != nil || m.Pace.MaxRate != 7 || time.Since(m.Running) > time.Hour {
			t.Errorf("before it is on disk: got pace %v and running since %s, %v", m.Pace, m.Running, err)
		}
		committed := make(chan error)
		go func() { committed <- commit(job) }()
		claim(t, job)
		view, err := store.View(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		defer view.Close()
		wantBegun(t, view, false)
		found <- damage
		if err := <-committed; !errors.Is(err, damage) {
			t.Errorf("got %v, want %v", err, damage)
		}
		wantBegun(t, view, damage == nil)
		if err := job.Close(); err != nil {
			t.Error(err)
		}
	}
}

// wantBegun checks whether it is on disk that a process ran the job and failed an operation.
func wantBegun(t *testing.T, view *store.Job, want bool) {
	t.Helper()
	m, errMeta := view.Meta(t.Context())
	s, errSummary := view.Summary(t.Context())
	if err := errors.Join(errMeta, errSummary); err != nil {
		t.Fatal(err)
	}
	if begun, failed := !m.Running.IsZero(), s.Totals.Failed > 0; begun != want || failed != want {
		t.Errorf("on disk: begun %t, failed %t, want %t", begun, failed, want)
	}
}

// A job that somebody edited is not run with the counts from before that.
func TestEditedAheadOfCheck(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]string{
		"an outcome more":           `INSERT INTO outcomes (op, state, reason, target_hash, created, seen, tried, attempts, code, subcode, message, trace, started, finished) VALUES (1, 'failed', 'denied', '', 0, 0, 0, 1, 0, 0, '', '', 1, 2)`,
		"another account in counts": `UPDATE op_counts SET others = '12' WHERE kind = 'copy' AND others = '11'`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			job, _ := createJob(t, dir, tangled)
			if err := job.Close(); err != nil {
				t.Fatal(err)
			}
			db, err := sql.Open("sqlite", filepath.Join(dir, "job.db"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec(edit); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			if job, err = store.OpenAhead(t.Context(), dir); err != nil {
				t.Fatal(err)
			}
			if err := commit(job); !errors.Is(err, store.ErrMiscounted) {
				t.Errorf("got %v, want ErrMiscounted", err)
			}
			if err := job.Close(); err != nil {
				t.Error(err)
			}
			if job, err = store.Open(t.Context(), dir); err != nil {
				t.Fatal(err)
			}
			defer job.Close()
			wantCounted(t, job)
			if err := job.Sound(); err != nil {
				t.Error(err)
			}
		})
	}
}

// claim reads what a job has to do.
func claim(t *testing.T, job *store.Job) {
	t.Helper()
	point, err := job.Resume(t.Context())
	if err != nil || len(point.Lanes) == 0 {
		t.Fatalf("got %d lanes, %v", len(point.Lanes), err)
	}
	ready := 0
	for _, l := range point.Lanes {
		all, err := job.Claim(t.Context(), jobs.Claim{Lane: l.Account, UpTo: 1 << 40, Most: 100})
		if err != nil {
			t.Fatal(err)
		}
		ready += len(all)
	}
	if ready == 0 {
		t.Fatal("nothing is ready: the test is void")
	}
}

// commit fails the first operation.
func commit(job *store.Job) error {
	_, err := job.Commit(context.Background(), jobs.Change{Records: []jobs.Record{{ID: plan.OpID(1), Outcome: jobs.Outcome{State: jobs.Failed, Reason: jobs.NotFound, Finished: time.Now()}}}})
	return err
}
