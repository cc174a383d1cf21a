package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"adferry/jobs"
	"adferry/jobs/store"
	"adferry/plan"
)

// tangled is a manifest whose rows and operations belong together in every way that there is.
const tangled = `operation,source_account,hash,target_account,file
copy,11,0123456789abcdef0123456789abcdef,22,
copy,11,0123456789abcdef0123456789abcdef,22,
move,11,0123456789abcdef0123456789abcdef,22,
move,11,0123456789abcdef0123456789abcdef,33,
move,11,1123456789abcdef0123456789abcdef,22,
move,11,1123456789abcdef0123456789abcdef,22,
move,22,1123456789abcdef0123456789abcdef,33,
copy,11,2123456789abcdef0123456789abcdef,22,
copy,11,2123456789abcdef0123456789abcdef,33,
copy,11,2123456789abcdef0123456789abcdef,44,
delete,11,2123456789abcdef0123456789abcdef,,
delete,44,3123456789abcdef0123456789abcdef,,
delete,44,3123456789abcdef0123456789abcdef,,
upload,,,22,a.png
upload,,,22,a.png
upload,,,33,a.png
`

// Whatever is written, and in whatever order, the counts are those of the rows and operations.
func TestCounts(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			dir := t.TempDir()
			job, p := createJob(t, dir, tangled)
			wantCounted(t, job)
			operations := 0
			for range p.Ops() {
				operations++
			}
			at := time.UnixMilli(1000)
			for range 60 {
				switch random.IntN(15) {
				case 0:
					if err := job.Reopen(t.Context()); err != nil {
						t.Fatal(err)
					}
				case 1:
					if err := job.Close(); err != nil {
						t.Fatal(err)
					}
					var err error
					if job, err = store.Open(t.Context(), dir); err != nil {
						t.Fatal(err)
					}
				default:
					at = at.Add(time.Second)
					commitAny(t, job, random, operations, at)
				}
				wantCounted(t, job)
			}
			at = at.Add(time.Hour)
			var all jobs.Change
			for id := range operations {
				all.Records = append(all.Records, jobs.Record{ID: plan.OpID(id + 1), Outcome: jobs.Outcome{State: jobs.Done, Finished: at.Add(-time.Duration(id))}})
			}
			if _, err := job.Commit(t.Context(), all); err != nil {
				t.Fatal(err)
			}
			wantCounted(t, job)
			if s, err := job.Summary(t.Context()); err != nil || s.Totals.Done != s.Totals.Rows || s.FinishedAt == nil || !s.FinishedAt.Equal(at) {
				t.Errorf("got %+v finished at %v, %v, want all rows done at %v", s.Totals, s.FinishedAt, err, at)
			}
			if err := job.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// commitAny commits outcomes of some operations, of one perhaps several.
func commitAny(t *testing.T, job *store.Job, random *rand.Rand, operations int, at time.Time) {
	t.Helper()
	var c jobs.Change
	for range 1 + random.IntN(6) {
		o := jobs.Outcome{State: jobs.States[random.IntN(5)], Attempts: random.IntN(2)}
		if o.State.Settled() {
			o.Finished = at
		}
		if o.State == jobs.Failed {
			o.Reason = []jobs.Reason{jobs.NotFound, jobs.Denied, jobs.DependencyFailed}[random.IntN(3)]
			o.Tried = random.IntN(2) == 0
		}
		c.Records = append(c.Records, jobs.Record{ID: plan.OpID(1 + random.IntN(operations)), Outcome: o})
	}
	if _, err := job.Commit(context.Background(), c); err != nil {
		t.Fatal(err)
	}
}

// Who edits outcomes finds the job counted anew when it is opened.
func TestCountsOfEditedJob(t *testing.T) {
	dir := t.TempDir()
	job, _ := createJob(t, dir, tangled)
	if err := job.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "job.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`INSERT INTO outcomes (op, state, reason, target_hash, created, seen, tried, attempts, code, subcode, message, trace, started, finished)
		VALUES (1, 'failed', 'denied', '', 0, 0, 0, 1, 0, 0, '', '', 1, 2)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if job, err = store.Open(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	wantCounted(t, job)
	if s, err := job.Summary(t.Context()); err != nil || s.Totals.Failed != 3 { // the rows of the first copy
		t.Errorf("got %+v, %v, want 3 failed rows", s.Totals, err)
	}
}

func createJob(t *testing.T, dir, manifest string) (*store.Job, *plan.Plan) {
	t.Helper()
	job, p, err := store.Create(t.Context(), dir, store.Spec{
		Manifest: "manifest.csv",
		Read: func(visit func(plan.Row) error) (*plan.Plan, error) {
			return plan.Read(strings.NewReader(manifest), visit)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return job, p
}

func wantCounted(t *testing.T, job *store.Job) {
	t.Helper()
	wrong, err := job.Miscounted(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range wrong {
		t.Error(w)
	}
	if len(wrong) > 0 {
		t.FailNow()
	}
}
