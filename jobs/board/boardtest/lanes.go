package boardtest

import (
	"errors"
	"slices"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/board"
	"adferry/plan"
)

func testTake(t table) {
	s := t.join("a", "b")
	a, b := s[0], s[1]
	a.take("22")
	if _, err := b.Take(t.Context(), "22"); !errors.Is(err, board.ErrHeld) {
		t.Errorf("got %v, want ErrHeld", err)
	}
	other := seat{t, b.Member, t.open(b.Member, Jobs[1])}
	other.take("22") // another job's lane of the ad account
	b.take("33")
	for lane, want := range map[plan.Account]string{"11": "", "22": "a", "33": "b"} {
		if h := t.hold(lane); h.Worker != want || h.Since.IsZero() == (want != "") {
			t.Errorf("got %+v, want it held by %q", h, want)
		}
	}
	b.give("22") // which it does not have
	a.give("22")
	b.take("22")
	if h := t.hold("22"); h.Worker != "b" {
		t.Errorf("got %+v after it was given, want it b's", h)
	}
	a.give("22")
	if h := t.hold("22"); h.Worker != "b" {
		t.Errorf("got %+v after another worker gave it, want it b's", h)
	}
	for _, id := range b.operations("22") {
		b.commit(records(jobs.Done, id))
	}
	b.give("22")
	all, err := t.Board.Holds(t.Context(), Jobs[0])
	t.need(err)
	if i := slices.IndexFunc(all, func(h board.Hold) bool { return h.Lane == "22" }); i >= 0 {
		t.Errorf("got %+v of a lane that is done", all[i])
	}
}

func testWaits(t table) {
	a := t.join("a")[0]
	a.take("22")
	t.need(a.Waits(t.Context(), "22", "its quota is used up", at(60)))
	if h := t.hold("22"); h.Why != "its quota is used up" || !h.Until.Equal(at(60)) {
		t.Errorf("got %+v", h)
	}
	t.need(a.Waits(t.Context(), "22", "", time.Time{}))
	if h := t.hold("22"); h.Why != "" || !h.Until.IsZero() {
		t.Errorf("got %+v of a lane that goes on", h)
	}
	t.need(a.Waits(t.Context(), "22", "again", time.Time{}))
	if h := t.hold("22"); h.Why != "again" || !h.Until.IsZero() {
		t.Errorf("got %+v of a lane that waits for no time", h)
	}
	a.give("22")
	if h := t.hold("22"); h.Why != "" || h.Worker != "" {
		t.Errorf("got %+v of a lane that nobody has", h)
	}
}

// A lane is taken as its last worker left it.
func testPoint(t table) {
	s := t.join("a", "b")
	a, b := s[0], s[1]
	p := a.take("11")
	if p.Account != "11" || p.Progress != (jobs.Progress{Operations: 3 * images}) || len(p.Waiting) > 0 || p.HeadersSent {
		t.Errorf("got %+v of a new job", p)
	}
	a.take("22", "33")
	until := at(1e9)
	a.commit(records(jobs.Done, a.operations("22")[0], a.operations("33")[0]))
	a.commit(records(jobs.Sent, a.operations("22")[1]))
	failed := records(jobs.Failed, a.operations("22")[2])
	failed.Records[0].Outcome.Reason, failed.Records[0].Outcome.Attempts = jobs.Denied, 1
	a.commit(failed)
	a.commit(jobs.Change{
		Lanes: []jobs.LaneState{{Account: "11", Tier: graph.TierLimited, ParkedUntil: until, ParkedFor: "throttled", Calls: 4}, {Account: ""}},
		Parks: []jobs.Park{{Account: "11", From: at(1), Until: until}}, Tally: &jobs.Tally{HeadersSent: true, Started: at(1), Saved: at(2)},
	})
	a.give("11")
	p = b.take("11")
	want := jobs.Progress{Operations: 3 * images, Settled: 3, Failed: 1}
	if p.Progress != want || !p.HeadersSent {
		t.Errorf("got %+v, %v, want %+v and that headers are sent", p.Progress, p.HeadersSent, want)
	}
	if len(p.Waiting) != 1 || p.Waiting[0].Lane != "11" {
		t.Errorf("got %v waiting, want the deletion of the first image", p.Waiting)
	}
	i := slices.IndexFunc(p.States, func(s jobs.LaneState) bool { return s.Account == "11" })
	if i < 0 {
		t.Fatalf("got no state of the lane in %v", p.States)
	}
	if l := p.States[i]; l.Tier != graph.TierLimited || !l.ParkedUntil.Equal(until) || l.ParkedFor != "throttled" || !l.Imposed {
		t.Errorf("got %+v", l)
	}
	for _, read := range []plan.Account{"22", "33", ""} { // a deletion reads its targets
		if !slices.ContainsFunc(p.States, func(s jobs.LaneState) bool { return s.Account == read }) {
			t.Errorf("got no state of %q, which the lane uses, in %v", read, p.States)
		}
	}
}
