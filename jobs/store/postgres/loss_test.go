package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"adferry/jobs"
	"adferry/jobs/campaign"
	"adferry/jobs/store"
	"adferry/jobs/store/postgres"
	"adferry/jobs/store/postgres/pgtest"
	"adferry/jobs/store/storetest"
)

// A process whose connection was ended learns of it while it has nothing to write, and writes
// nothing more; another one can run the job.
func TestLockLost(t *testing.T) {
	t.Parallel()
	s := pgtest.Common(t)
	address := migratedAt(t, s)
	d := open(t, address)
	job, _, err := d.Create(t.Context(), "j", storetest.Spec(storetest.Tangled))
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	s.Exec(t, address, `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	<-job.Broken()
	next, err := d.Open(t.Context(), "j")
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	var lost *postgres.UnavailableError
	if _, err := job.Commit(t.Context(), jobs.Change{}); !errors.As(err, &lost) {
		t.Errorf("got %v, want an UnavailableError", err)
	}
	if _, err := next.Commit(t.Context(), jobs.Change{}); err != nil {
		t.Error(err)
	}
	if _, err := d.Open(t.Context(), "j"); !errors.Is(err, store.ErrLocked) {
		t.Errorf("got %v, want ErrLocked", err)
	}
}

// What was committed survives a crash of PostgreSQL, and nothing else is there.
func TestServerKilled(t *testing.T) {
	t.Parallel()
	s := pgtest.Start(t)
	d := migrated(t, s)
	for round := range 2 {
		name := fmt.Sprint("j", round)
		job, _, err := d.Create(t.Context(), name, storetest.Spec(storetest.Tangled))
		if err != nil {
			t.Fatal(err)
		}
		storetest.Play(t, job, uint64(round))
		before := storetest.Transcript(t, job)
		s.Kill(t)
		if _, err := job.Commit(t.Context(), jobs.Change{}); err == nil {
			t.Error("got a commit without a server")
		}
		_ = job.Close()
		s.Start(t)
		if job, err = d.Open(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, storetest.Transcript(t, job)); diff != "" {
			t.Errorf("before, after the crash:\n%s", diff)
		}
		if err := job.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// cutter cuts all connections before the n-th time that something is sent, or after it was sent,
// when its answer is awaited.
type cutter struct {
	left   atomic.Int64
	answer bool
}

func (c *cutter) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	return &cutConn{Conn: conn, cutter: c}, err
}

type cutConn struct {
	net.Conn
	*cutter
}

var errCut = errors.New("cut")

func (c *cutConn) Write(b []byte) (int, error) {
	left := c.left.Add(-1)
	if left < 0 || left == 0 && !c.answer {
		_ = c.Close()
		return 0, errCut
	}
	return c.Conn.Write(b)
}

func (c *cutConn) Read(b []byte) (int, error) {
	if c.left.Load() <= 0 {
		if c.answer { // the server carries out what it was sent
			_, _ = c.Conn.Read(b)
		}
		_ = c.Close()
		return 0, errCut
	}
	return c.Conn.Read(b)
}

// Wherever the connection is cut, the job is as it was after the last change that succeeded, or
// after the next one, whose answer was lost.
func TestNthStatementFails(t *testing.T) {
	t.Parallel()
	const seed, some = 3, 2
	d := migrated(t, pgtest.Common(t))
	want := transcripts(t, seed, some)
	cuts := campaign.Start(t, campaign.Cuts)
	const statements = 100 // more than there are
	for i := range int64(statements) {
		n := (statements - 1 + 37*i) % statements // all of them, far apart
		if i > 2 && !cuts.Next() {
			continue
		}
		cut := &cutter{answer: n%2 == 1}
		name := fmt.Sprint("j", n)
		job, _, err := d.Create(t.Context(), name, storetest.Spec(storetest.Tangled))
		if err != nil {
			t.Fatal(err)
		}
		if err := job.Close(); err != nil {
			t.Fatal(err)
		}
		cut.left.Store(1 << 40)
		d.SetDial(cut.dial)
		if job, err = d.Open(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		cut.left.Store(n)
		done, failed := storetest.PlaySome(job, seed, some)
		_ = job.Close()
		d.SetDial((&net.Dialer{}).DialContext)
		if job, err = d.Open(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		got := storetest.Transcript(t, job)
		if err := job.Close(); err != nil {
			t.Fatal(err)
		}
		if got != want[done] && (done == some || got != want[done+1]) {
			t.Fatalf("cut at %d: %d changes were made (%v), and the job is as it never was:\n%s", n, done, failed, cmp.Diff(want[done], got))
		}
		if n == statements-1 && failed != nil {
			t.Fatalf("cut at %d: got %v, want all changes", n, failed)
		}
	}
}

// transcripts are those of a file of SQLite after each change of a history.
func transcripts(t *testing.T, seed uint64, most int) (all []string) {
	t.Helper()
	for n := range most + 1 {
		job, _, err := store.Create(t.Context(), t.TempDir(), storetest.Spec(storetest.Tangled))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := storetest.PlaySome(job, seed, n); err != nil {
			t.Fatal(err)
		}
		all = append(all, storetest.Transcript(t, job))
		if err := job.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}
