package boardtest

import (
	"errors"
	"slices"
	"time"

	"adferry/jobs"
	"adferry/jobs/board"
)

func testLease(t table) {
	s := t.join("b", "a")
	s[0].take("22")
	if got := t.workers(); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("got workers %v, want a and b", got)
	}
	all, err := t.Board.Workers(t.Context())
	t.need(err)
	if w := all[1]; w.Host != "h" || w.PID != 7 || w.Version != "v1" || !slices.Equal(w.Labels, []string{"EAST", ""}) || !w.Started.Equal(at(1)) || w.Seen.IsZero() {
		t.Errorf("got %+v, want it as it joined, and when it was seen", w)
	}
	for _, refused := range []map[string]string{{"autumn": "why", "winter": "it\x00 \xff"}, {"winter": "another"}, {}} {
		t.need(s[0].Refuse(t.Context(), refused))
		all, err := t.Board.Workers(t.Context())
		t.need(err)
		if w := all[1]; len(w.Refused) != len(refused) || w.Refused["autumn"] != refused["autumn"] || len(all[0].Refused) > 0 {
			t.Errorf("got %v, want that b refuses %v", w.Refused, refused)
		}
	}
	for range 3 {
		t.Sleep(20 * time.Second)
		t.need(s[0].Renew(t.Context()))
	}
	if err := s[1].Renew(t.Context()); !errors.Is(err, board.ErrLeaseLost) {
		t.Errorf("not renewed for a minute: got %v, want ErrLeaseLost", err)
	}
	if got := t.workers(); !slices.Equal(got, []string{"b"}) {
		t.Errorf("got workers %v, want b", got)
	}
	names, err := s[0].Bury(t.Context())
	if err != nil || !slices.Equal(names, []string{"a"}) {
		t.Errorf("got %v, %v buried, want a", names, err)
	}
	if names, err := s[0].Bury(t.Context()); err != nil || len(names) > 0 {
		t.Errorf("got %v, %v buried again", names, err)
	}
	if h := t.hold("22"); h.Worker != "b" {
		t.Errorf("got the lane of %q, want it b's still", h.Worker)
	}
}

// A worker that was stopped until its lease was over, before and after others buried it.
func testNoLease(t table) {
	s := t.join("late", "b")
	late := s[0]
	late.take("22")
	late.commit(records(jobs.Sent, 1))
	t.Sleep(20 * time.Second)
	t.need(s[1].Renew(t.Context()))
	t.Sleep(20 * time.Second)
	t.need(s[1].Renew(t.Context()))
	for _, buried := range []bool{false, true} {
		if buried {
			_, err := s[1].Bury(t.Context())
			t.need(err)
			s[1].take("22")
		}
		_, departed := late.Depart(t.Context(), jobs.Departure{App: app, Account: "22", Calls: 1, Points: 1, Room: free})
		_, taken := late.Take(t.Context(), "33")
		_, heard := late.News(t.Context())
		_, committed := late.Commit(t.Context(), records(jobs.Done, 1))
		for what, err := range map[string]error{
			"renew": late.Renew(t.Context()), "depart": departed, "take": taken, "news": heard, "commit": committed,
			"save": late.SaveLearned(t.Context(), learned("22", "1")),
		} {
			if !errors.Is(err, board.ErrLeaseLost) {
				t.Errorf("%s, buried %v: got %v, want ErrLeaseLost", what, buried, err)
			}
		}
	}
	s[1].give("22")
	if p := s[1].take("22"); len(p.Quotas) > 0 {
		t.Errorf("got %v saved without a lease", p.Quotas)
	}
	if p := s[1].news().Progress; p.Settled != 0 {
		t.Errorf("got %d operations settled without a lease", p.Settled)
	}
	if got := t.workers(); !slices.Equal(got, []string{"b"}) {
		t.Errorf("got workers %v, want b", got)
	}
	again := t.join("late")[0] // as its next process does
	if _, err := again.Take(t.Context(), "22"); !errors.Is(err, board.ErrHeld) {
		t.Errorf("got %v, want ErrHeld", err)
	}
	again.take("33")
}

func testLeave(t table) {
	s := t.join("a", "b")
	s[0].take("22")
	t.need(s[0].Leave(t.Context()))
	if got := t.workers(); !slices.Equal(got, []string{"b"}) {
		t.Errorf("got workers %v, want b", got)
	}
	if h := t.hold("22"); h.Worker != "" {
		t.Errorf("got the lane of %q, want nobody's", h.Worker)
	}
	s[1].take("22")
}

func testNames(t table) {
	t.join("a")
	if _, err := t.Board.Join(t.Context(), board.Worker{Name: "a", Started: at(2)}); err == nil {
		t.Error("two workers joined under one name")
	}
}
