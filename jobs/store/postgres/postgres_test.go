package postgres_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"adferry/jobs/store"
	"adferry/jobs/store/postgres"
	"adferry/jobs/store/postgres/pgtest"
	"adferry/jobs/store/storetest"
	"adferry/plan"
	"adferry/reports"
)

// TestMain ends the PostgreSQL that the tests share.
func TestMain(m *testing.M) { os.Exit(pgtest.Main(m.Run)) }

// databases are jobs in a database of their own.
type databases struct {
	t *testing.T
	*postgres.Database
}

func (d databases) Create(name string, spec store.Spec) (*store.Job, *plan.Plan, error) {
	return d.Database.Create(d.t.Context(), name, spec)
}

func (d databases) Open(name string) (*store.Job, error) {
	return d.Database.Open(d.t.Context(), name)
}

func (d databases) View(name string) (*store.Job, error) {
	return d.Database.View(d.t.Context(), name)
}

func TestSuite(t *testing.T) {
	t.Parallel()
	s := pgtest.Common(t)
	storetest.Run(t, true, func(t *testing.T) storetest.Backend { return databases{t, migrated(t, s)} })
}

// After the same history all that can be read of a job is the same as of a file of SQLite.
func TestSameAsFile(t *testing.T) {
	t.Parallel()
	s := pgtest.Common(t)
	address := migratedAt(t, s)
	d := open(t, address)
	for seed := range uint64(5) {
		inFile, _, err := store.Create(t.Context(), t.TempDir(), storetest.Spec(storetest.Tangled))
		if err != nil {
			t.Fatal(err)
		}
		defer inFile.Close()
		inDatabase, _, err := d.Create(t.Context(), fmt.Sprint("job ", seed), storetest.Spec(storetest.Tangled))
		if err != nil {
			t.Fatal(err)
		}
		defer inDatabase.Close()
		storetest.Play(t, inFile, seed)
		storetest.Play(t, inDatabase, seed)
		if diff := cmp.Diff(storetest.Transcript(t, inFile), storetest.Transcript(t, inDatabase)); diff != "" {
			t.Fatalf("seed %d: file, database:\n%s", seed, diff)
		}
		if err := inDatabase.Reopen(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantReady(t, s, address)
	}
}

// While a user is asked whether a job may be made, another process that makes one of the same
// name is told so, and does not wait for the answer.
func TestMadeTwice(t *testing.T) {
	t.Parallel()
	d := migrated(t, pgtest.Common(t))
	spec := storetest.Spec(storetest.Tangled)
	spec.Agree = func(*plan.Plan) error {
		_, _, err := d.Create(t.Context(), "j", storetest.Spec(storetest.Tangled))
		if !errors.Is(err, store.ErrBusy) {
			t.Errorf("got %v, want ErrBusy", err)
		}
		return nil
	}
	job, _, err := d.Create(t.Context(), "j", spec)
	if err != nil {
		t.Fatal(err)
	}
	job.Close()
}

// migrated is a new database with the tables of adferry.
func migrated(t testing.TB, s *pgtest.Server) *postgres.Database {
	t.Helper()
	return open(t, migratedAt(t, s))
}

// migratedAt is the address of such a database.
func migratedAt(t testing.TB, s *pgtest.Server) string {
	t.Helper()
	return s.Prepared(t, func(address string) {
		if before, err := open(t, address).Migrate(t.Context(), postgres.Version); err != nil || before != 0 {
			t.Fatalf("got version %d, %v, want a new database", before, err)
		}
	})
}

func open(t testing.TB, address string) *postgres.Database {
	t.Helper()
	d, err := postgres.New(address)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	s := pgtest.Common(t)
	address := s.Database(t)
	d := open(t, address)
	var schema *postgres.SchemaError
	if _, err := d.View(t.Context(), "j"); !errors.As(err, &schema) || schema.Version != 0 {
		t.Errorf("got %v, want a SchemaError for a database without tables", err)
	}
	for _, to := range []int{postgres.Version, 0, postgres.Version, postgres.Version, 1, postgres.Version} {
		if _, err := d.Migrate(t.Context(), to); err != nil {
			t.Fatal(err)
		}
		_, err := d.View(t.Context(), "j")
		if got := errors.As(err, &schema); got != (to < postgres.Version) {
			t.Errorf("at version %d: got %v", to, err)
		}
		s.Exec(t, address, `DO $$ BEGIN ASSERT (SELECT count(*) > 0 FROM pg_tables WHERE schemaname = 'adferry' AND tablename LIKE 'river%') = `+fmt.Sprint(to == postgres.Version)+`; END $$`)
	}
	s.Exec(t, address, `INSERT INTO adferry.migrations (version) VALUES ($1)`, postgres.Version+1)
	if _, err := d.Open(t.Context(), "j"); !errors.As(err, &schema) || schema.Version != postgres.Version+1 {
		t.Errorf("got %v, want a SchemaError for tables that are newer", err)
	}
	if _, err := d.Migrate(t.Context(), postgres.Version); !errors.As(err, &schema) {
		t.Errorf("got %v, want that newer tables are left alone", err)
	}
	s.Exec(t, address, `DELETE FROM adferry.migrations WHERE version > $1`, postgres.Version)
	job, _, err := d.Create(t.Context(), "j", storetest.Spec(storetest.Tangled))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Migrate(t.Context(), 0); err == nil || !strings.Contains(err.Error(), "job j") {
		t.Errorf("got %v, want that a process runs the job", err)
	}
	if err := job.Close(); err != nil {
		t.Fatal(err)
	}
	w := join(t, d, "w")
	if _, err := d.Migrate(t.Context(), 0); err == nil || !strings.Contains(err.Error(), "worker w") {
		t.Errorf("got %v, want that a worker is there", err)
	}
	if err := w.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Migrate(t.Context(), 0); err != nil {
		t.Error(err)
	}
}

// After the same history the reports of a job are those of a file of SQLite, byte for byte.
func TestSameReports(t *testing.T) {
	t.Parallel()
	d := migrated(t, pgtest.Common(t))
	folder := filepath.Join(t.TempDir(), "j")
	fromFile := reportsOf(t, folders{t, folder})
	fromDatabase := reportsOf(t, databases{t, d})
	if len(fromFile) < 5 {
		t.Fatalf("got %d reports: the test is void", len(fromFile))
	}
	if diff := cmp.Diff(fromFile, fromDatabase); diff != "" {
		t.Errorf("file, database:\n%s", diff)
	}
}

// folders is a job in a folder.
type folders struct {
	t      *testing.T
	folder string
}

func (f folders) Create(_ string, spec store.Spec) (*store.Job, *plan.Plan, error) {
	return store.Create(f.t.Context(), f.folder, spec)
}
func (f folders) Open(string) (*store.Job, error) { return store.Open(f.t.Context(), f.folder) }
func (f folders) View(string) (*store.Job, error) { return store.View(f.t.Context(), f.folder) }

// reportsOf makes a job with a history, and returns its reports by their names.
func reportsOf(t *testing.T, b storetest.Backend) map[string]string {
	t.Helper()
	job, _, err := b.Create("j", storetest.Spec(storetest.Tangled))
	if err != nil {
		t.Fatal(err)
	}
	storetest.Play(t, job, 7)
	if err := errors.Join(job.SetStop(t.Context(), 3, "interrupted"), job.Close()); err != nil {
		t.Fatal(err)
	}
	if job, err = b.View("j"); err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	dir := t.TempDir()
	if err := reports.Write(t.Context(), reports.Place{Folder: dir}, job); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, name := range reports.Names() {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			all[name] = string(text)
		}
	}
	return all
}
