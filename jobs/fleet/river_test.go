package fleet_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/board"
	"adferry/jobs/credentials"
	"adferry/jobs/engine"
	"adferry/jobs/fleet"
	"adferry/jobs/jobtest"
	"adferry/jobs/store"
	"adferry/jobs/store/postgres"
	"adferry/jobs/store/postgres/pgtest"
	"adferry/plan"
)

// TestMain ends the PostgreSQL that the tests share.
func TestMain(m *testing.M) { os.Exit(pgtest.Main(m.Run)) }

// migrated is a new database with the tables of adferry.
func migrated(t *testing.T) *postgres.Database {
	t.Helper()
	address := pgtest.Common(t).Prepared(t, func(address string) {
		d, err := postgres.New(address)
		if err == nil {
			_, err = d.Migrate(t.Context(), postgres.Version)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	d, err := postgres.New(address)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Two workers carry out a job of a database, whose slices River deals, as one process carries out
// the same job in a folder: the same results, apart from times.
func TestRiver(t *testing.T) {
	t.Parallel()
	d := migrated(t)
	folder, shared := jobtest.NewWorld(t, sandbox.Options{}), jobtest.NewWorld(t, sandbox.Options{})
	rows := moves(300)(folder)
	folder.Manifest(rows...)
	folder.Finish(engine.Options{})
	moves(300)(shared)
	job, _, err := d.Create(t.Context(), "autumn", store.Spec{Manifest: "manifest.csv", Consent: true,
		Read: func(visit func(plan.Row) error) (*plan.Plan, error) {
			return plan.Read(strings.NewReader(jobtest.ManifestOf(rows)), visit)
		}})
	if err != nil {
		t.Fatal(err)
	}
	if err := job.Close(); err != nil {
		t.Fatal(err)
	}
	finished := make(chan struct{}, 2)
	ctx, stop := context.WithCancel(t.Context())
	var workers sync.WaitGroup
	for n := range 2 {
		pool, err := d.Pool(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		o := fleet.Options{
			Board: d.Board(), Dealer: &fleet.River{Pool: pool, Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))},
			Worker: board.Worker{Host: "here"}, Credentials: credentials.Only(credentials.Credential{}), Jobs: d.Each, Lost: postgres.IsLost,
			Fits: func(store.Meta) error { return nil },
			Setup: func(context.Context, string, *store.Job, store.Meta) (fleet.Setup, error) {
				return fleet.Setup{API: shared.Wire, Engine: engine.Options{Pictures: filepath.Join(shared.Dir, fmt.Sprint("pictures", n))}, Close: func() {}}, nil
			},
			Record: func(ctx context.Context, job *store.Job, why error) error { return job.SetStop(ctx, 0, "") },
			Observe: func(e fleet.Event) {
				t.Log(n, e)
				if e.Kind == fleet.JobFinished {
					finished <- struct{}{}
				}
			},
		}
		workers.Go(func() {
			if err := fleet.Run(ctx, o); err != nil {
				t.Error(err)
			}
		})
	}
	select {
	case <-finished:
	case <-time.After(10 * time.Minute):
		t.Error("the job does not come to its end")
	}
	stop()
	workers.Wait()
	view, err := d.View(t.Context(), "autumn")
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	if diff := cmp.Diff(withoutTimes(folder.Results()), withoutTimes(all(t, view))); diff != "" {
		t.Error(diff)
	}
	shared.Once()
	shared.CopiesBeforeDeletes(all(t, view))
	holds, err := d.Board().Holds(t.Context(), "autumn")
	if err != nil || len(holds) > 0 {
		t.Errorf("got holds %v, %v of a finished job", holds, err)
	}
	if left, err := d.Board().Workers(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("got workers %v, %v, and all have left", left, err)
	}
}

// A slice that is in its deck is dealt to the worker that keeps it, which does not watch the deck.
func TestKeep(t *testing.T) {
	t.Parallel()
	d := migrated(t)
	pool, err := d.Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	dealt := make(chan fleet.Slice, 10)
	hand, err := (&fleet.River{Pool: pool}).Join(t.Context(), "here", func(_ context.Context, sl fleet.Slice) fleet.Next {
		dealt <- sl
		return fleet.Next{Done: true}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := hand.Add(t.Context(), map[fleet.Deck][]plan.Account{{Job: "autumn"}: {"21", "22"}}); err != nil {
		t.Fatal(err)
	}
	kept := fleet.Slice{Job: "autumn", Lane: "22"}
	if err := hand.Keep(t.Context(), []fleet.Slice{kept, {Job: "autumn", Lane: "23"}, {Job: "other", Lane: "21"}}); err != nil {
		t.Fatal(err)
	}
	if sl := <-dealt; sl != kept {
		t.Errorf("got %v, want %v", sl, kept)
	}
	if err := hand.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if len(dealt) > 0 {
		t.Errorf("got %v, too, which is in its deck", <-dealt)
	}
}

func all(t *testing.T, job *store.Job) (results []jobs.Result) {
	t.Helper()
	for r, err := range job.Results(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, r)
	}
	return results
}

func withoutTimes(results []jobs.Result) []jobs.Result {
	results = slices.Clone(results)
	for i := range results {
		r := &results[i]
		r.Started, r.Finished, r.TraceID = time.Time{}, time.Time{}, ""
	}
	return results
}
