package postgres_test

import (
	"context"
	"errors"
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
	s := pgtest.Common(t)
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
			worker.Close()
		}
		if n := (read(t, address) - began) / operations; n > most {
			t.Errorf("%s: got %d rows read for an operation, want at most %d", name, n, most)
		}
		s.Exec(t, address, "ANALYZE")
	}
}

// What is read to take a lane grows with what the lane can send now, not with what it waits for.
func TestTakeLargeLane(t *testing.T) {
	t.Parallel()
	const rows, ready, most = 3000, 10, 600
	s := pgtest.Common(t)
	address := migratedAt(t, s)
	d := open(t, address)
	var manifest strings.Builder
	manifest.WriteString("operation,source_account,hash,target_account\n")
	for n := range rows {
		fmt.Fprintf(&manifest, "move,11,%032x,22\n", n)
	}
	submitted(t, d, "j", manifest.String())
	as := func(name string, do func(board.Job)) {
		worker := join(t, d, name)
		job, err := worker.Open(t.Context(), "j")
		if err != nil {
			t.Fatal(err)
		}
		do(job)
		if err := errors.Join(job.Close(), worker.Leave(t.Context())); err != nil {
			t.Fatal(err)
		}
		worker.Close()
	}
	as("a", func(job board.Job) {
		take(t, job, "22")
		copies, err := job.Claim(t.Context(), jobs.Claim{Lane: "22", UpTo: 1 << 40, Most: ready})
		if err != nil {
			t.Fatal(err)
		}
		settle(t, job.Stored(), copies)
	})
	wantReady(t, s, address)
	began := read(t, address)
	as("b", func(job board.Job) {
		if p := take(t, job, "11"); len(p.Waiting) != ready || p.Deletes != rows {
			t.Errorf("got %d operations ready of %d, want %d of %d", len(p.Waiting), p.Deletes, ready, rows)
		}
		if again, err := job.Waiting(t.Context(), "11"); err != nil || len(again) != ready {
			t.Errorf("got %v, %v, want what was ready", again, err)
		}
		if err := job.Give(t.Context(), "11"); err != nil {
			t.Error(err)
		}
	})
	if n := read(t, address) - began; n > most {
		t.Errorf("got %d rows read, want at most %d", n, most)
	}
}

// wantReady checks that ready has what waits for no others any more, and nothing else.
func wantReady(t *testing.T, s *pgtest.Server, address string) {
	t.Helper()
	const settled = `(SELECT FROM adferry.outcomes o WHERE o.job = p.job AND o.op = %s AND o.state IN ('done', 'skipped', 'failed'))`
	s.Exec(t, address, `DO $$ BEGIN ASSERT (SELECT array_agg((job, op, lane) ORDER BY job, op) FROM adferry.ready) IS NOT DISTINCT FROM
		(SELECT array_agg((job, id, lane) ORDER BY job, id) FROM adferry.ops p WHERE needs = 1 AND NOT EXISTS `+fmt.Sprintf(settled, "p.id")+`
			AND NOT EXISTS (SELECT FROM adferry.needs n WHERE n.job = p.job AND n.op = p.id AND NOT EXISTS `+fmt.Sprintf(settled, "n.need")+`)), 'ready is not what is ready'; END $$`)
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
