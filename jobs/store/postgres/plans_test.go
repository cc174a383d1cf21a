package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"adferry/jobs"
	"adferry/jobs/board"
	"adferry/jobs/store"
	"adferry/jobs/store/postgres/pgtest"
	"adferry/jobs/store/storetest"
	"adferry/plan"
)

// What is read grows with the operations of a job, not with their square, also where the
// statistics are of other jobs.
func TestReadsGrowWithTheJob(t *testing.T) {
	t.Parallel()
	const rows, most = 2000, 150 // rows of tables and indexes that are read for an operation
	s := pgtest.Start(t)
	address := migratedAt(t, s)
	d := open(t, address)
	var manifest strings.Builder
	manifest.WriteString("operation,source_account,hash,target_account\n")
	for n := range rows {
		fmt.Fprintf(&manifest, "%s,%d,%032x,%d\n", []string{"copy", "move"}[n%2], 11+n%3, n, 22+n%4)
	}
	for _, name := range []string{"first", "second", "with workers"} {
		began := read(t, address)
		job, p, err := d.Create(t.Context(), name, storetest.Spec(manifest.String()))
		if err != nil {
			t.Fatal(err)
		}
		operations := 0
		for range p.Ops() {
			operations++
		}
		var worker board.Member
		if name == "with workers" {
			if err := job.Close(); err != nil {
				t.Fatal(err)
			}
			worker = join(t, d, "w")
			if job, err = (shared{databases{t, d}, worker}).Open(name); err != nil {
				t.Fatal(err)
			}
		}
		work(t, job)
		storetest.Transcript(t, job)
		if err := job.Close(); err != nil {
			t.Fatal(err)
		}
		if worker != nil {
			if err := worker.Leave(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if n := (read(t, address) - began) / operations; n > most {
			t.Errorf("%s: got %d rows read for an operation, want at most %d", name, n, most)
		}
		s.Exec(t, address, "ANALYZE")
	}
}

// work carries out a job, some operations at a time.
func work(t *testing.T, job *store.Job) {
	t.Helper()
	at, err := job.Resume(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var waiting []plan.OpID
	for _, l := range at.Lanes {
		for after := plan.OpID(0); ; {
			all, err := job.Claim(t.Context(), jobs.Claim{Lane: l.Account, After: after, UpTo: 1 << 40, Most: 50})
			if err != nil {
				t.Fatal(err)
			}
			if len(all) == 0 {
				break
			}
			after = all[len(all)-1].ID
			waiting = append(waiting, settle(t, job, all)...)
		}
	}
	for len(waiting) > 0 {
		some := waiting[:min(50, len(waiting))]
		waiting = waiting[len(some):]
		all, err := job.Load(t.Context(), some)
		if err != nil {
			t.Fatal(err)
		}
		settle(t, job, all)
	}
}

func settle(t *testing.T, job *store.Job, all []jobs.Operation) (released []plan.OpID) {
	t.Helper()
	for _, state := range []jobs.State{jobs.Sent, jobs.Done} {
		var c jobs.Change
		for _, o := range all {
			c.Records = append(c.Records, jobs.Record{ID: o.ID, Needed: o.Needed, Outcome: jobs.Outcome{State: state, Attempts: 1}})
		}
		free, err := job.Commit(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range free {
			released = append(released, r.ID)
		}
	}
	return released
}

// read is how many rows of tables and indexes were read in a database by connections that have
// ended, as all others have to have.
func read(t *testing.T, address string) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	for others := 1; others > 0; time.Sleep(10 * time.Millisecond) {
		if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'adferry' AND datname = current_database()`).Scan(&others); err != nil {
			t.Fatal(err)
		}
	}
	err = conn.QueryRow(t.Context(), `SELECT coalesce((SELECT sum(seq_tup_read) FROM pg_stat_user_tables), 0) + coalesce((SELECT sum(idx_tup_read) FROM pg_stat_user_indexes), 0)`).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
