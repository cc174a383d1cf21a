package store_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"adferry/jobs"
	"adferry/jobs/store"
	"adferry/plan"
)

const manifest = `operation,source_account,hash,target_account,note
copy,11,0123456789abcdef0123456789abcdef,22,one
move,11,1123456789abcdef0123456789abcdef,22,two
delete,11,2123456789abcdef0123456789abcdef,,three
`

// Whatever bytes lie where a job should be, reading them ends without a panic,
// and what is refused is left as it is.
func FuzzJobFile(f *testing.F) {
	whole := jobFile(f)
	f.Add(len(whole), 0, []byte{})
	f.Add(0, 0, []byte{})
	f.Add(0, 0, []byte("SQLite format 3\x00"))
	for _, size := range []int{100, 4096, len(whole) / 2, len(whole) - 1} {
		f.Add(size, 0, []byte{})
	}
	for _, at := range []int{16, 18, 20, 24, 28, 44, 60, 68, 100, 103, 105, 108, 4000, 4096, 4099, 9000, len(whole) - 40} {
		f.Add(len(whole), at, []byte{0x11})
	}
	// A sound file, cut to size, with a patch laid over it: small inputs go deeper
	// than whole files would.
	f.Fuzz(func(t *testing.T, size, at int, patch []byte) {
		file := bytes.Clone(whole[:min(max(size, 0), len(whole))])
		at = min(max(at, 0), len(file))
		file = append(file[:at:at], append(patch, file[min(at+len(patch), len(file)):]...)...)
		dir := t.TempDir()
		path := filepath.Join(dir, "job.db")
		if err := os.WriteFile(path, file, 0o644); err != nil {
			t.Fatal(err)
		}
		if job, err := store.View(t.Context(), dir); err == nil {
			readAll(t.Context(), job)
			job.Close()
			wantFile(t, path, file)
		}
		job, err := store.Open(t.Context(), dir)
		var damaged *store.DamagedError
		var other *store.FormatError
		switch {
		case err == nil:
			readAll(t.Context(), job)
			if err := job.Close(); err != nil {
				t.Logf("close: %v", err)
			}
			return
		case !errors.As(err, &damaged) && !errors.As(err, &other):
			t.Errorf("got %v, want a DamagedError or a FormatError", err)
		}
		wantFile(t, path, file)
	})
}

// readAll reads a job in every way that there is; what it holds does not matter.
func readAll(ctx context.Context, job *store.Job) {
	_, _ = job.Meta(ctx)
	_, _ = job.Summary(ctx)
	for _, err := range job.Results(ctx) {
		if err != nil {
			break
		}
	}
	_, _, _ = job.History(ctx)
	standing, err := job.Resume(ctx)
	if err != nil {
		return
	}
	for _, l := range standing.Lanes {
		operations, _ := job.Claim(ctx, jobs.Claim{Lane: l.Account, UpTo: 1 << 40, Most: 100})
		for _, o := range operations {
			_, _ = job.Load(ctx, []plan.OpID{o.ID})
		}
	}
}

// jobFile is a sound job file.
func jobFile(tb testing.TB) []byte {
	tb.Helper()
	dir := tb.TempDir()
	job, _, err := store.Create(context.Background(), dir, store.Spec{
		Manifest: "manifest.csv",
		Read: func(visit func(plan.Row) error) (*plan.Plan, error) {
			return plan.Read(strings.NewReader(manifest), visit)
		},
	})
	if err != nil {
		tb.Fatal(err)
	}
	if err := job.Close(); err != nil {
		tb.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "job.db"))
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

func wantFile(t *testing.T, path string, want []byte) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the job file was changed (%v)", err)
	}
}
