package boardtest

import (
	"slices"
	"sync"
	"time"

	"adferry/jobs"
	"adferry/plan"
)

// Two workers settle the copies of each image at the same moment; whoever has the lane of the
// deletions gets each of them once.
func testReleases(t table) {
	s := t.join("a", "b", "c")
	a, b, c := s[0], s[1], s[2]
	a.take("22")
	b.take("33")
	c.take("11")
	deletions := a.operations("11")
	one, two := a.operations("22"), b.operations("33")
	released := map[plan.OpID]int{}
	hear := func() {
		for _, r := range c.news().Released {
			if r.Lane != "11" {
				t.Errorf("got %+v released, want operations of 11", r)
			}
			released[r.ID]++
		}
	}
	var mu sync.Mutex
	for i := range images {
		var both sync.WaitGroup
		for n, id := range []plan.OpID{one[i], two[i]} {
			both.Go(func() {
				got, err := s[n].Commit(t.Context(), records(jobs.Done, id))
				mu.Lock()
				defer mu.Unlock()
				if err != nil || len(got) > 0 {
					t.Errorf("got %v, %v returned to a worker that does not have the lane", got, err)
				}
			})
		}
		both.Wait()
		if i%3 == 0 {
			hear()
		}
	}
	hear()
	for _, id := range deletions {
		if released[id] != 1 {
			t.Errorf("the deletion %d was released %d times, want once", id, released[id])
		}
	}
	if n := a.news(); len(n.Released) > 0 {
		t.Errorf("got %v told to another worker", n.Released)
	}
}

// What is released for a lane that nobody has is in its point, and not told again.
func testReleasedUnheld(t table) {
	s := t.join("a", "b")
	a, b := s[0], s[1]
	a.take("22", "33")
	b.take("11")
	b.give("11")
	one, two := a.operations("22"), a.operations("33")
	if got := a.commit(records(jobs.Done, one[0], two[0])); len(got) > 0 {
		t.Errorf("got %v returned to a worker that does not have the lane", got)
	}
	p := b.take("11")
	if len(p.Waiting) != 1 {
		t.Errorf("got %v waiting, want one deletion", p.Waiting)
	}
	if n := b.news(); len(n.Released) > 0 {
		t.Errorf("got %v told after it was in the lane's point", n.Released)
	}
	a.commit(records(jobs.Done, one[1], two[1]))
	b.give("11")
	a.take("11")
	if n := b.news(); len(n.Released) > 0 {
		t.Errorf("got %v told to who gave the lane back", n.Released)
	}
	got := a.commit(records(jobs.Done, one[2], two[2]))
	if len(got) != 1 || got[0].Lane != "11" {
		t.Errorf("got %v returned to the worker of the lane, want one deletion", got)
	}
	if n := a.news(); len(n.Released) > 0 {
		t.Errorf("got %v told after a commit had returned it, or the lane's point", n.Released)
	}
	waits := func(want int) {
		t.Helper()
		if all, err := a.Waiting(t.Context(), "11"); err != nil || len(all) != want {
			t.Errorf("got %v, %v, want %d deletions that wait for nothing", all, err, want)
		}
	}
	waits(3)
	a.commit(records(jobs.Done, got[0].ID))
	waits(2)
}

// Whatever order commits of several workers come in, what is counted is what is there.
func testCounts(t table) {
	s := t.join("a", "b", "c")
	var all sync.WaitGroup
	for i, lane := range []plan.Account{"22", "33", "11"} {
		s[i].take(lane)
		ids := s[i].operations(lane)
		all.Go(func() {
			for n, id := range ids {
				for _, state := range []jobs.State{jobs.Sent, jobs.Done, jobs.Failed, jobs.Done} {
					c := records(state, id)
					if state == jobs.Failed {
						c.Records[0].Outcome.Reason, c.Records[0].Outcome.Attempts = jobs.Denied, 1
					}
					if state == jobs.Done && n%4 == 0 { // these fail at last
						continue
					}
					if _, err := s[i].Commit(t.Context(), c); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	want := jobs.Progress{Operations: 3 * images, Settled: 3 * images, Failed: 3 * images / 4}
	for _, seat := range s {
		if got := *seat.news().Progress; got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	point, err := s[0].Resume(t.Context())
	t.need(err)
	if point.Settled != want.Settled || point.Failed != want.Failed {
		t.Errorf("got %d settled and %d failed at a restart, want %+v", point.Settled, point.Failed, want)
	}
}

// What workers counted is added, the time that several of them ran counts once, and a wait that
// one met stays until that one ends it.
func testTotals(t table) {
	s := t.join("a", "b")
	a, b := s[0], s[1]
	tally := func(s seat, calls int, from, to int64) {
		s.commit(jobs.Change{Tally: &jobs.Tally{APICounts: jobs.APICounts{HTTPRequests: calls, Calls: 2 * calls, Throttled: 3 * calls},
			Started: at(from), Saved: at(to), Elapsed: time.Duration(to-from) * time.Second, Waited: time.Second}})
	}
	tally(a, 10, 0, 10)
	tally(b, 1, 5, 15)
	tally(a, 15, 0, 20)
	tally(b, 3, 5, 30)
	point, err := a.Resume(t.Context())
	t.need(err)
	got := point.Tally
	if got.HTTPRequests != 18 || got.Calls != 36 || got.Throttled != 54 || got.Elapsed != 30*time.Second || !got.Started.Equal(at(0)) || !got.Saved.Equal(at(30)) {
		t.Errorf("got %+v, want the sum of both workers in 30 s", got)
	}

	state := func(s seat, calls int, until time.Time) {
		s.commit(jobs.Change{Lanes: []jobs.LaneState{{Account: "22", Calls: calls, Throttles: calls, Parked: time.Duration(calls) * time.Second, ParkedUntil: until}}})
	}
	now := func() jobs.LaneState {
		t.Helper()
		point, err := b.Resume(t.Context())
		t.need(err)
		return point.Lanes[slices.IndexFunc(point.Lanes, func(s jobs.LaneState) bool { return s.Account == "22" })]
	}
	hour := time.Now().Add(time.Hour).Truncate(time.Second)
	state(a, 5, hour)
	state(b, 2, time.Time{}) // it does not know of the wait
	state(b, 4, time.Time{})
	state(a, 6, hour)
	if l := now(); l.Calls != 10 || l.Throttles != 10 || l.Parked != 10*time.Second || !l.ParkedUntil.Equal(hour) {
		t.Errorf("got %+v, want the sum of both, and the wait", l)
	}
	state(a, 6, time.Time{})
	if l := now(); !l.ParkedUntil.IsZero() {
		t.Errorf("got %+v, want that the wait is over", l)
	}
}
