package boardtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"adferry/jobs"
	"adferry/jobs/board"
	"adferry/jobs/store/storetest"
	"adferry/plan"
)

// World is a board in a test, new, with a job of [Manifest] under the name of each of [Jobs].
type World struct {
	Board board.Board
	Sleep func(time.Duration) // lets so much time pass for leases and probes
}

// Jobs are the jobs of a world.
var Jobs = []string{"j", "other"}

// images are how many images the jobs move.
const images = 20

// Manifest has moves of each image from the ad account 11 to 22 and to 33: a copy in the lane of
// each, and a deletion in the lane of 11 that waits for both.
var Manifest = func() string {
	var b strings.Builder
	b.WriteString("operation,source_account,hash,target_account\n")
	for i := range images {
		fmt.Fprintf(&b, "move,11,%032x,22\nmove,11,%032x,33\n", i, i)
	}
	return b.String()
}()

// Spec is that of the jobs of a world.
var Spec = storetest.Spec(Manifest)

// Run tests the boards that play makes, each of them for one test.
func Run(t *testing.T, play func(t *testing.T, test func(*testing.T, World))) {
	for _, tt := range []struct {
		name string
		test func(table)
	}{
		{"a lease is renewed, or it ends", testLease},
		{"who has no lease does nothing", testNoLease},
		{"who leaves frees its lanes", testLeave},
		{"a name is one worker's", testNames},
		{"one worker has a lane", testTake},
		{"what a lane waits for is known", testWaits},
		{"where a lane stands", testPoint},
		{"what was spent is told once", testSpent},
		{"a departure without room stays", testRoom},
		{"one worker sends the probe", testProbe},
		{"a wait that one was told is all workers'", testParks},
		{"what was learned moves", testQuotas},
		{"failing writes are known", testFailing},
		{"an operation is released once, to who has its lane", testReleases},
		{"what was released while nobody had the lane", testReleasedUnheld},
		{"counts are those of all workers", testCounts},
		{"states and the tally are those of all workers", testTotals},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			play(t, func(t *testing.T, w World) { tt.test(table{t, w}) })
		})
	}
}

// table is a world in a test.
type table struct {
	*testing.T
	World
}

// seat is a worker with the job j.
type seat struct {
	t table
	board.Member
	board.Job
}

// join seats workers of these names.
func (t table) join(names ...string) (all []seat) {
	t.Helper()
	for _, name := range names {
		m := t.member(name)
		all = append(all, seat{t, m, t.open(m, Jobs[0])})
	}
	return all
}

func (t table) member(name string) board.Member {
	t.Helper()
	m, err := t.Board.Join(t.Context(), board.Worker{Name: name, Host: "h", PID: 7, Version: "v1", Labels: []string{"EAST", ""}, Started: at(1)})
	t.need(err)
	return m
}

// open opens a job until the end of the test.
func (t table) open(m board.Member, name string) board.Job {
	t.Helper()
	j, err := m.Open(t.Context(), name)
	t.need(err)
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func (t table) need(err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// workers are the names of those with a lease.
func (t table) workers() (names []string) {
	t.Helper()
	all, err := t.Board.Workers(t.Context())
	t.need(err)
	for _, w := range all {
		names = append(names, w.Name)
	}
	return names
}

// hold is a lane of the job j, and who has it.
func (t table) hold(lane plan.Account) board.Hold {
	t.Helper()
	all, err := t.Board.Holds(t.Context(), Jobs[0])
	t.need(err)
	i := slices.IndexFunc(all, func(h board.Hold) bool { return h.Lane == lane })
	if i < 0 {
		t.Fatalf("no lane %s in %v", lane, all)
	}
	return all[i]
}

func (s seat) take(lanes ...plan.Account) (p jobs.LanePoint) {
	s.t.Helper()
	for _, lane := range lanes {
		var err error
		p, err = s.Take(s.t.Context(), lane)
		s.t.need(err)
	}
	return p
}

func (s seat) give(lane plan.Account) {
	s.t.Helper()
	s.t.need(s.Job.Give(s.t.Context(), lane))
}

func (s seat) commit(c jobs.Change) []jobs.Released {
	s.t.Helper()
	released, err := s.Commit(s.t.Context(), c)
	s.t.need(err)
	return released
}

func (s seat) news() jobs.News {
	s.t.Helper()
	n, err := s.News(s.t.Context())
	s.t.need(err)
	return n
}

// app is the app of all departures.
const app = "app 1"

// free is room for anything.
var free = jobs.Room{Calls: -1, Points: -1, AppCalls: -1}

// depart asks to leave with calls of a point each, for room.
func (s seat) depart(account plan.Account, calls int, room jobs.Room) jobs.Clearance {
	s.t.Helper()
	return s.ask(jobs.Departure{App: app, Account: account, Calls: calls, Points: calls, Room: room})
}

func (s seat) ask(d jobs.Departure) jobs.Clearance {
	s.t.Helper()
	l, err := s.Depart(s.t.Context(), d)
	s.t.need(err)
	return l
}

// meet has each seat depart once in an ad account of its own, so that it is known to use the app,
// and hear of the others.
func meet(seats ...seat) {
	for i, s := range seats {
		s.depart(plan.Account(fmt.Sprint(90+i)), 1, free)
	}
	for _, s := range seats {
		s.news()
	}
}

// sum is what was spent in an ad account, and of the app by calls without one.
func sum(all []jobs.Spent, account plan.Account) (total jobs.Spent) {
	for _, s := range all {
		if s.App == app && s.Account == account {
			total.Calls, total.Points = total.Calls+s.Calls, total.Points+s.Points
		}
	}
	return total
}

func at(s int64) time.Time { return time.Unix(1_700_000_000+s, 0).UTC() }

// records settles operations, or has them in another state, which others wait for.
func records(s jobs.State, ids ...plan.OpID) (c jobs.Change) {
	for _, id := range ids {
		o := jobs.Outcome{State: s}
		if s.Settled() {
			o.Finished = at(int64(id))
		}
		c.Records = append(c.Records, jobs.Record{ID: id, Needed: true, Outcome: o})
	}
	return c
}

// operations are those of a lane, in order.
func (s seat) operations(lane plan.Account) (ids []plan.OpID) {
	s.t.Helper()
	var all []plan.OpID
	for id := range plan.OpID(3 * images) {
		all = append(all, id+1)
	}
	ops, err := s.Load(context.Background(), all)
	s.t.need(err)
	for _, o := range ops {
		if o.Lane() == lane {
			ids = append(ids, o.ID)
		}
	}
	return ids
}
