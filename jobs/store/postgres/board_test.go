package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"adferry/jobs"
	"adferry/jobs/board"
	"adferry/jobs/board/boardtest"
	"adferry/jobs/store"
	"adferry/jobs/store/postgres"
	"adferry/jobs/store/postgres/pgtest"
	"adferry/jobs/store/storetest"
	"adferry/plan"
)

// join makes a worker known.
func join(t testing.TB, d *postgres.Database, name string) board.Member {
	t.Helper()
	m, err := d.Board().Join(t.Context(), board.Worker{Name: name, Host: "here", PID: os.Getpid(), Version: "1", Labels: []string{"", "EAST"}, Started: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// app1 is an app whose id is known.
const app1 = "app 1"

// free is room for anything.
var free = jobs.Room{Calls: -1, Points: -1, AppCalls: -1}

// shared are jobs in a database that one worker carries out, beside others that might be there.
type shared struct {
	databases
	member board.Member
}

func (s shared) Create(name string, spec store.Spec) (*store.Job, *plan.Plan, error) {
	job, p, err := s.databases.Create(name, spec)
	if err != nil {
		return nil, nil, err
	}
	if err := job.Close(); err != nil {
		return nil, nil, err
	}
	job, err = s.Open(name)
	return job, p, err
}

// Open takes all lanes of the job.
func (s shared) Open(name string) (*store.Job, error) {
	job, err := s.member.Open(s.t.Context(), name)
	if err != nil {
		return nil, err
	}
	point, err := job.Resume(s.t.Context())
	if err != nil {
		return nil, err
	}
	for _, l := range point.Lanes {
		if _, err := job.Take(s.t.Context(), l.Account); err != nil {
			return nil, err
		}
	}
	return job.Stored(), nil
}

// A job that one worker carries out beside others is as one that it carries out alone.
func TestSharedSuite(t *testing.T) {
	t.Parallel()
	s := pgtest.Common(t)
	storetest.Run(t, false, func(t *testing.T) storetest.Backend {
		d := migrated(t, s)
		return shared{databases{t, d}, join(t, d, "w")}
	})
}

// openShared opens a job for a worker.
func openShared(t testing.TB, m board.Member, name string) board.Job {
	t.Helper()
	job, err := m.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = job.Close() })
	return job
}

func take(t testing.TB, job board.Job, lanes ...plan.Account) (p jobs.LanePoint) {
	t.Helper()
	for _, l := range lanes {
		var err error
		if p, err = job.Take(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// submitted makes a job that nobody runs.
func submitted(t testing.TB, d *postgres.Database, name, manifest string) {
	t.Helper()
	job, _, err := d.Create(t.Context(), name, storetest.Spec(manifest))
	if err != nil {
		t.Fatal(err)
	}
	if err := job.Close(); err != nil {
		t.Fatal(err)
	}
}

// However many jobs a sweep asks about, a worker asks with the connections that it has.
func TestHoldsOnConnections(t *testing.T) {
	t.Parallel()
	d := migrated(t, pgtest.Common(t))
	submitted(t, d, "j", storetest.Tangled)
	var dialed atomic.Int64
	d.SetDial(func(ctx context.Context, network, address string) (net.Conn, error) {
		dialed.Add(1)
		return (&net.Dialer{}).DialContext(ctx, network, address)
	})
	w := join(t, d, "w")
	defer w.Close()
	before := dialed.Load()
	for range 20 {
		if holds, err := w.Holds(t.Context(), "j"); err != nil || len(holds) != 4 {
			t.Fatalf("got %+v, %v, want four lanes", holds, err)
		}
	}
	if holds, err := w.Holds(t.Context(), "no job"); err != nil || len(holds) > 0 {
		t.Errorf("got %+v, %v of no job", holds, err)
	}
	if n := dialed.Load() - before; n > 1 {
		t.Errorf("got %d connections more, want one", n)
	}
}

// Nothing stays of a job that is removed, nor of waits and probes that are over.
func TestNothingStays(t *testing.T) {
	t.Parallel()
	s := pgtest.Common(t)
	address := migratedAt(t, s)
	d := open(t, address)
	w := join(t, d, "w")
	defer w.Close()
	count := func(want int) {
		t.Helper()
		s.Exec(t, address, fmt.Sprintf(`DO $$ BEGIN ASSERT (SELECT count(*) FROM adferry.app_parks) = %d AND (SELECT count(*) FROM adferry.probes) = %[1]d, 'other waits or probes'; END $$`, want))
	}
	for _, name := range []string{"j", "other"} {
		submitted(t, d, name, storetest.Tangled)
		job := openShared(t, w, name)
		take(t, job, "11", "22")
		storetest.Play(t, job.Stored(), 1)
		if _, err := job.Depart(t.Context(), jobs.Departure{App: "EAST", Account: "11", Calls: 1, Room: free, Probe: true}); err != nil {
			t.Fatal(err)
		}
		if _, err := job.Commit(t.Context(), jobs.Change{Apps: []jobs.AppPark{{App: "EAST", Until: time.Now().Add(time.Hour)}}}); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(job.SaveLearned(t.Context(), jobs.Learned{Quotas: []jobs.QuotaState{{App: "EAST", Account: "11", Saved: []byte("a")}}}), job.Close()); err != nil {
			t.Fatal(err)
		}
	}
	count(2)
	if err := d.Remove(t.Context(), "j"); err != nil {
		t.Fatal(err)
	}
	count(1)
	for _, table := range []string{"meta", "rows", "ops", "needs", "outcomes", "lanes", "samples", "parks", "row_counts", "op_counts", "leases", "failing", "released", "ready"} {
		s.Exec(t, address, `DO $$ BEGIN ASSERT (SELECT count(DISTINCT job) FROM adferry.`+table+`) < 2, '`+table+`'; END $$`)
	}
	s.Exec(t, address, `UPDATE adferry.probes SET until = clock_timestamp(); UPDATE adferry.app_parks SET until = adferry.millis(clock_timestamp())`)
	if _, err := w.Bury(t.Context()); err != nil {
		t.Fatal(err)
	}
	count(0)
}

// A lane is one worker's. A process that runs the job alone, and workers, exclude each other.
func TestHeldByOne(t *testing.T) {
	t.Parallel()
	d := migrated(t, pgtest.Common(t))
	submitted(t, d, "j", storetest.Tangled)
	a, b := openShared(t, join(t, d, "a"), "j"), openShared(t, join(t, d, "b"), "j")
	take(t, a, "11", "11")
	if _, err := b.Take(t.Context(), "11"); !errors.Is(err, board.ErrHeld) {
		t.Errorf("got %v, want ErrHeld", err)
	}
	take(t, b, "22")
	if _, err := d.Open(t.Context(), "j"); !errors.Is(err, store.ErrLocked) {
		t.Errorf("got %v, want that workers keep a process from running the job alone", err)
	}
	holds, err := d.Board().Holds(t.Context(), "j")
	if err != nil || len(holds) != 4 || holds[0].Lane != "11" || holds[0].Worker != "a" || holds[0].Since.IsZero() || holds[1].Worker != "b" || holds[2].Worker != "" {
		t.Errorf("got %+v, %v, want that a has 11 and b 22", holds, err)
	}
	until := time.Now().Add(time.Minute).Truncate(time.Millisecond).UTC()
	if err := errors.Join(a.Waits(t.Context(), "11", "score", until), a.Waits(t.Context(), "22", "not mine", until), b.Give(t.Context(), "22")); err != nil {
		t.Fatal(err)
	}
	holds, err = d.Board().Holds(t.Context(), "j")
	if err != nil || holds[0].Why != "score" || holds[0].Until != until || holds[1].Worker != "" || holds[1].Why != "" {
		t.Errorf("got %+v, %v, want that a's lane waits, and that nobody has 22", holds, err)
	}
	take(t, a, "22")
	if err := errors.Join(a.Close(), b.Close()); err != nil {
		t.Fatal(err)
	}
	alone, err := d.Open(t.Context(), "j")
	if err != nil {
		t.Fatal(err)
	}
	defer alone.Close()
	if _, err := join(t, d, "c").Open(t.Context(), "j"); !errors.Is(err, store.ErrLocked) {
		t.Errorf("got %v, want that a process that runs the job alone keeps workers out", err)
	}
}

// A worker whose lease is over writes and sends nothing, and its lanes are others'.
func TestLeaseOver(t *testing.T) {
	t.Parallel()
	s := pgtest.Common(t)
	address := migratedAt(t, s)
	d := open(t, address)
	submitted(t, d, "j", storetest.Tangled)
	dead, alive := join(t, d, "dead"), join(t, d, "alive")
	if _, err := d.Board().Join(t.Context(), board.Worker{Name: "dead", Started: time.Now()}); err == nil {
		t.Error("two workers have one name")
	}
	mine, others := openShared(t, dead, "j"), openShared(t, alive, "j")
	take(t, mine, "11")
	if err := dead.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	if names, err := alive.Bury(t.Context()); err != nil || len(names) > 0 {
		t.Errorf("got %v, %v buried, want nobody", names, err)
	}
	cleared, err := mine.Depart(t.Context(), jobs.Departure{App: app1, Account: "11", Calls: 1, Room: free})
	if left := time.Until(cleared.Until); err != nil || !cleared.May || left > jobs.LatestDeparture || left < jobs.LatestDeparture-10*time.Second {
		t.Errorf("got %+v, %v, want that it may leave for %v", cleared, err, jobs.LatestDeparture)
	}
	s.Exec(t, address, `UPDATE adferry.workers SET until = clock_timestamp() + '4 s' WHERE name = 'dead'`)
	cleared, err = mine.Depart(t.Context(), jobs.Departure{App: app1, Account: "11", Calls: 1, Room: free})
	if left := time.Until(cleared.Until); err != nil || left > 4*time.Second {
		t.Errorf("got %v, %v, want that it leaves before the lease ends", left, err)
	}
	s.Exec(t, address, `UPDATE adferry.workers SET until = clock_timestamp() - interval '1 s' WHERE name = 'dead'`)
	if workers, err := d.Board().Workers(t.Context()); err != nil || len(workers) != 1 || workers[0].Name != "alive" || len(workers[0].Labels) != 2 || workers[0].Seen.IsZero() {
		t.Errorf("got %+v, %v, want the one that is alive", workers, err)
	}
	for name, err := range map[string]error{
		"renew":  dead.Renew(t.Context()),
		"commit": second(mine.Commit(t.Context(), jobs.Change{Records: []jobs.Record{{ID: 1, Outcome: jobs.Outcome{State: jobs.Sent}}}})),
		"depart": second(mine.Depart(t.Context(), jobs.Departure{App: app1, Account: "11"})),
		"news":   second(mine.News(t.Context())),
		"save":   mine.SaveLearned(t.Context(), jobs.Learned{}),
	} {
		if !errors.Is(err, board.ErrLeaseLost) || !postgres.IsLost(err) {
			t.Errorf("%s: got %v, want ErrLeaseLost", name, err)
		}
	}
	if names, err := alive.Bury(t.Context()); err != nil || !slices.Equal(names, []string{"dead"}) {
		t.Errorf("got %v, %v buried, want the dead one", names, err)
	}
	take(t, others, "11")
	if all, err := others.Load(t.Context(), []plan.OpID{1}); err != nil || all[0].Outcome.State != jobs.Pending {
		t.Errorf("got %v, %v, want that nothing was written after the lease was over", all[0].Outcome.State, err)
	}
	if err := alive.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	if holds, err := d.Board().Holds(t.Context(), "j"); err != nil || holds[0].Worker != "" {
		t.Errorf("got %+v, %v, want that nobody has lanes", holds, err)
	}
}

func second[T any](_ T, err error) error { return err }

// A worker is not buried while a transaction of its own is under way, which a process that was
// stopped leaves so for some seconds.
func TestBuriedLater(t *testing.T) {
	t.Parallel()
	s := pgtest.Common(t)
	address := migratedAt(t, s)
	d := open(t, address)
	submitted(t, d, "j", storetest.Tangled)
	slow, other := join(t, d, "slow"), join(t, d, "other")
	job := openShared(t, slow, "j")
	err := job.Stored().InTransaction(func(tx *sql.Tx) error {
		s.Exec(t, address, `UPDATE adferry.workers SET until = clock_timestamp() - interval '1 s' WHERE name = 'slow'`)
		if names, err := other.Bury(t.Context()); err != nil || len(names) > 0 {
			t.Errorf("got %v, %v buried in its transaction, want nobody", names, err)
		}
		var timeout string
		if err := tx.QueryRow(`SHOW idle_in_transaction_session_timeout`).Scan(&timeout); err != nil || timeout != "10s" {
			t.Errorf("got %q, %v, want that PostgreSQL ends a transaction in which nothing happens", timeout, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if names, err := other.Bury(t.Context()); err != nil || len(names) != 1 {
		t.Errorf("got %v, %v buried after it, want the worker", names, err)
	}
}

// The slices of a worker that is buried go back to where they came from.
func TestSlicesOfTheDead(t *testing.T) {
	t.Parallel()
	s := pgtest.Common(t)
	address := migratedAt(t, s)
	d := open(t, address)
	join(t, d, "dead")
	alive := join(t, d, "alive")
	for n, queue := range []string{"worker-dead", "worker-dead", "worker-alive", "worker-dead", "job-x"} {
		state := []string{"scheduled", "running", "scheduled", "available", "available"}[n]
		s.Exec(t, address, `INSERT INTO adferry.river_job (kind, args, max_attempts, queue, state, metadata) VALUES ('slice', '{}', 9, $1, $2, '{"queue": "job-x"}')`, queue, state)
	}
	s.Exec(t, address, `UPDATE adferry.workers SET until = clock_timestamp() - interval '1 s' WHERE name = 'dead'`)
	if _, err := alive.Bury(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Exec(t, address, `DO $$ BEGIN ASSERT (SELECT array_agg(queue ORDER BY id) FROM adferry.river_job) = ARRAY['job-x', 'worker-dead', 'worker-alive', 'job-x', 'job-x']; END $$`)
	s.Exec(t, address, `UPDATE adferry.river_job SET state = 'retryable' WHERE state = 'running'`) // River rescued it
	if _, err := alive.Bury(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Exec(t, address, `DO $$ BEGIN ASSERT (SELECT count(*) FROM adferry.river_job WHERE queue = 'worker-dead') = 0; END $$`)
}

// Boards in a database are as every board. Time passes there when everything that ends is moved back.
func TestBoardSuite(t *testing.T) {
	t.Parallel()
	s := pgtest.Common(t)
	boardtest.Run(t, func(t *testing.T, test func(*testing.T, boardtest.World)) {
		address := migratedAt(t, s)
		d := open(t, address)
		for _, name := range boardtest.Jobs {
			submitted(t, d, name, boardtest.Manifest)
		}
		test(t, boardtest.World{Board: d.Board(), Sleep: func(passed time.Duration) {
			for _, table := range []string{"workers", "probes"} {
				s.Exec(t, address, fmt.Sprintf(`UPDATE adferry.%s SET until = until - interval '%d milliseconds'`, table, passed.Milliseconds()))
			}
		}})
	})
}

// An ad account and an app whose id is known are those of all jobs. Other apps are a job's own.
func TestBetweenJobs(t *testing.T) {
	t.Parallel()
	d := migrated(t, pgtest.Common(t))
	for _, name := range []string{"j", "other"} {
		submitted(t, d, name, storetest.Tangled)
	}
	a, b := openShared(t, join(t, d, "a"), "j"), openShared(t, join(t, d, "b"), "other")
	depart := func(job board.Job, app string) jobs.Clearance {
		t.Helper()
		l, err := job.Depart(t.Context(), jobs.Departure{App: app, Account: "22", Calls: 2, Points: 2, Room: free})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	for app, want := range map[string]int{app1: 2, "EAST": 0, "": 0} {
		depart(a, app)
		depart(b, app)
		n, err := a.News(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		calls := 0
		for _, s := range n.Spent {
			calls += s.Calls
			if s.App != app {
				t.Errorf("%q: got %+v, want the name that it departed with", app, s)
			}
		}
		if calls != want {
			t.Errorf("%q: got %d calls of another job, want %d", app, calls, want)
		}
	}
	until := time.Now().Add(time.Hour)
	if _, err := a.Commit(t.Context(), jobs.Change{
		Lanes: []jobs.LaneState{{Account: "22", ParkedUntil: until, ParkedFor: "throttled"}}, Parks: []jobs.Park{{Account: "22", From: time.Now(), Until: until}},
		Apps: []jobs.AppPark{{App: app1, Until: until, Why: "limited"}, {App: "EAST", Until: until}},
	}); err != nil {
		t.Fatal(err)
	}
	if l := depart(b, "EAST"); l.May || len(l.News.Apps) > 0 || len(l.News.Lanes) != 1 || l.News.Lanes[0].Account != "22" || l.News.Lanes[0].ParkedFor != "throttled" {
		t.Errorf("got %+v, want that the ad account waits, and not the app: it may be another one", l)
	}
	if l := depart(b, app1); l.May || len(l.News.Apps) != 1 || l.News.Apps[0].App != app1 || l.News.Apps[0].Why != "limited" {
		t.Errorf("got %+v, want that the app waits", l)
	}
	if l := depart(b, app1); l.May || len(l.News.Apps) > 0 || l.Again.Sub(until).Abs() > time.Second {
		t.Errorf("got %+v, want that it waits, and is told once", l)
	}
}
