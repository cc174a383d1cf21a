package boardtest

import (
	"slices"
	"time"

	"adferry/jobs"
	"adferry/plan"
)

func testSpent(t table) {
	s := t.join("a", "b", "c")
	meet(s...)
	a, b, c := s[0], s[1], s[2]
	if l := a.depart("22", 3, free); !l.May || l.Until.IsZero() || len(l.News.Spent) > 0 {
		t.Errorf("got %+v, want that it may leave", l)
	}
	b.depart("22", 1, free)
	if got := sum(a.news().Spent, "22"); got.Calls != 1 {
		t.Errorf("got %+v in 22, want the other worker's call alone", got)
	}
	a.ask(jobs.Departure{App: "app 2", Account: "22", Calls: 9, Points: 9, Room: free})
	l := b.depart("33", 1, free)
	total := sum(l.News.Spent, "22")
	if total.Calls > 0 || total.Points > 0 { // it was told with its first departure in 22
		t.Errorf("got %+v told again", l.News.Spent)
	}
	n := c.news()
	if got := sum(n.Spent, "22"); got.Calls != 4 || got.Points != 4 {
		t.Errorf("got %+v in 22, want 4 calls of two workers: %v", got, n.Spent)
	}
	if got := sum(n.Spent, "33"); got.Calls != 1 {
		t.Errorf("got %+v in 33, want 1 call", got)
	}
	for _, s := range n.Spent {
		if age := time.Since(s.At); age < -time.Minute || age > time.Minute {
			t.Errorf("got %v of %+v, want now", s.At, s)
		}
	}
	if n := c.news(); len(n.Spent) > 0 {
		t.Errorf("got %v told twice", n.Spent)
	}

	neutral := a.ask(jobs.Departure{App: app, Calls: 1, Points: 1, Room: free})
	if !neutral.May {
		t.Error("the neutral question was refused")
	}
	if got := sum(c.news().Spent, ""); got.Calls != 1 {
		t.Errorf("got %+v of the app alone, want 1 call", got)
	}

	// Two engines of one process share no memory, either.
	second := seat{t, a.Member, t.open(a.Member, Jobs[1])}
	second.depart("90", 1, free)
	a.news()
	second.depart("22", 5, free)
	if got := sum(a.news().Spent, "22"); got.Calls != 5 {
		t.Errorf("got %+v, want what the worker's other job spent", got)
	}
}

// What others entered, and was not told, has to fit into the room; once told it counts no more.
func testRoom(t table) {
	s := t.join("a", "b")
	meet(s...)
	a, b := s[0], s[1]
	a.depart("22", 1, free)
	b.depart("22", 1, free) // both use it now
	a.news()
	for _, test := range []struct {
		name  string
		spent plan.Account
		calls int
		room  jobs.Room
		may   bool
	}{
		{"none known", "22", 100, free, true},
		{"just fits", "22", 3, jobs.Room{Calls: 3, Points: 3, AppCalls: 3}, true},
		{"too many calls", "22", 3, jobs.Room{Calls: 2, Points: -1, AppCalls: -1}, false},
		{"too many points", "22", 3, jobs.Room{Calls: -1, Points: 2, AppCalls: -1}, false},
		{"too many of the app", "22", 3, jobs.Room{Calls: -1, Points: -1, AppCalls: 2}, false},
		{"another ad account's count for the app", "33", 3, jobs.Room{Calls: 0, Points: 0, AppCalls: 3}, true},
		{"too many of the app, in another ad account", "33", 3, jobs.Room{Calls: 0, Points: 0, AppCalls: 2}, false},
		{"no room at all, and nothing was spent", "", 0, jobs.Room{}, true},
	} {
		if test.calls > 0 {
			a.depart(test.spent, test.calls, free)
		}
		l := b.depart("22", 1, test.room)
		if l.May != test.may {
			t.Errorf("%s: got may %v, want %v", test.name, l.May, test.may)
		}
		if got := sum(l.News.Spent, test.spent); got.Calls != test.calls {
			t.Errorf("%s: got %v told, want %d calls", test.name, l.News.Spent, test.calls)
		}
		told := sum(a.news().Spent, "22").Calls
		if want := map[bool]int{true: 1}[test.may]; told != want {
			t.Errorf("%s: got %d calls told to the other, want %d", test.name, told, want)
		}
		if !test.may {
			if l := b.depart("22", 1, test.room); !l.May {
				t.Errorf("%s: got %+v after it was told, want that it may leave", test.name, l)
			}
			a.news()
		}
	}
}

func testProbe(t table) {
	for _, test := range []struct {
		name  string
		probe jobs.Departure
	}{
		{"of the ad account", jobs.Departure{App: app, Account: "22", Calls: 1, Points: 1, Room: free, Probe: true}},
		{"of the app", jobs.Departure{App: app, Account: "22", Calls: 1, Points: 1, Room: free, AppProbe: true}},
	} {
		a, b := t.join("a " + test.name)[0], t.join("b " + test.name)[0]
		probe := test.probe
		if l := a.ask(probe); !l.May {
			t.Errorf("%s: got %+v, want the first to be sent", test.name, l)
		}
		b.ask(jobs.Departure{App: app, Account: "44", Calls: 1, Points: 1, Room: free})
		a.news()
		refused := func(s seat) {
			t.Helper()
			l := s.ask(probe)
			if l.May || l.Again.IsZero() {
				t.Errorf("%s: got %+v, want that it is asked again", test.name, l)
			}
		}
		refused(b)
		if n := a.news(); sum(n.Spent, "22").Calls > 0 {
			t.Errorf("%s: got %v told of a probe that stayed", test.name, n.Spent)
		}
		a.commit(jobs.Change{Lanes: []jobs.LaneState{{Account: "22", Calls: 1}}}) // of another answer
		refused(b)
		a.commit(jobs.Change{Answered: []jobs.Departure{probe}})
		if l := b.ask(probe); !l.May {
			t.Errorf("%s: got %+v after the first one's answer, want that the next may leave", test.name, l)
		}
		refused(a)
		b.depart("22", 1, free) // the answer came
		if l := a.ask(probe); !l.May {
			t.Errorf("%s: got %+v after the other sends more, want that the next may leave", test.name, l)
		}
		a.depart("22", 1, free)
		if l := b.ask(probe); !l.May {
			t.Errorf("%s: got %+v after the first one sends more, want that the next may leave", test.name, l)
		}
		t.Sleep(20 * time.Second)
		t.need(a.Renew(t.Context()))
		t.Sleep(20 * time.Second)
		t.need(a.Renew(t.Context()))
		_, err := a.Bury(t.Context())
		t.need(err)
		if l := a.ask(probe); !l.May {
			t.Errorf("%s: got %+v after the worker died that sent it", test.name, l)
		}
		t.need(a.Leave(t.Context()))
	}
}

// A wait that the API imposed on one worker keeps the others', who are told of it.
func testParks(t table) {
	s := t.join("a", "b")
	meet(s...)
	a, b := s[0], s[1]
	parked := func(lanes []jobs.LaneState, account plan.Account) time.Time {
		for _, l := range lanes {
			if l.Account == account && l.Imposed {
				return l.ParkedUntil
			}
		}
		return time.Time{}
	}
	park := func(account plan.Account, until time.Time, imposed bool) {
		c := jobs.Change{Lanes: []jobs.LaneState{{Account: account, ParkedUntil: until, ParkedFor: "throttled"}}}
		if imposed {
			c.Parks = []jobs.Park{{Account: account, From: time.Now(), Until: until}}
		}
		a.commit(c)
	}
	hour := time.Now().Add(time.Hour).Truncate(time.Second)
	park("44", hour, false) // nobody has asked for that wait
	if l := b.depart("44", 1, free); !l.May {
		t.Errorf("got %+v, want no wait that a worker imposed on itself", l)
	}
	park("22", time.Now().Add(-time.Minute), true)
	if l := b.depart("22", 1, free); !l.May {
		t.Errorf("got %+v, want no wait that is over", l)
	}
	park("22", hour, true)
	l := b.depart("22", 1, free)
	if l.May || !parked(l.News.Lanes, "22").Equal(hour) {
		t.Errorf("got %+v, want that it waits for an hour", l)
	}
	if n := a.news(); sum(n.Spent, "22").Calls > 1 {
		t.Errorf("got %v told of a request that stayed", n.Spent)
	}
	if l := b.depart("33", 1, free); !l.May {
		t.Errorf("got %+v, want that another ad account goes on", l)
	}
	b.take("22")
	if n := b.news(); !parked(n.Lanes, "22").Equal(hour) || !parked(n.Lanes, "44").IsZero() {
		t.Errorf("got %+v, want the wait of 22 alone", n.Lanes)
	}
	until := hour.Add(time.Minute)
	want := []jobs.AppPark{{App: app, Until: until, Why: "the app is limited"}}
	a.commit(jobs.Change{Apps: []jobs.AppPark{want[0], {App: "app 2", Until: until}}})
	if n := a.news(); len(n.Apps) > 0 {
		t.Errorf("got %+v told to the one that met it", n.Apps)
	}
	if l := b.depart("33", 1, free); l.May || !slices.EqualFunc(l.News.Apps, want, sameAppPark) {
		t.Errorf("got %+v, want that the app waits", l)
	}
	if l := b.depart("33", 1, free); l.May || len(l.News.Apps) > 0 || l.Again.Sub(until).Abs() > time.Second {
		t.Errorf("got %+v, want that it waits, and is told once", l)
	}
	want[0].Until = until.Add(time.Minute)
	a.commit(jobs.Change{Apps: want})
	if n := b.news(); !slices.EqualFunc(n.Apps, want, sameAppPark) {
		t.Errorf("got %+v, want the longer wait", n.Apps)
	}
	if l := b.ask(jobs.Departure{App: app, Calls: 1, Room: free}); !l.May {
		t.Error("the neutral question was refused")
	}
}

func sameAppPark(a, b jobs.AppPark) bool {
	return a.App == b.App && a.Until.Equal(b.Until) && a.Why == b.Why
}

// learned is what a worker learned of an ad account's quota.
func learned(a plan.Account, text string) jobs.Learned {
	return jobs.Learned{Quotas: []jobs.QuotaState{{App: app, Account: a, Saved: []byte(text)}}}
}

// That writes to an ad account fail is known to all workers, whoever has its lane, until they do no
// longer.
func testFailing(t table) {
	s := t.join("a", "b")
	meet(s...)
	a, b := s[0], s[1]
	all := []plan.Account{"22", "33"}
	a.take("22")
	a.take("33")
	t.need(a.SaveLearned(t.Context(), jobs.Learned{Failing: map[plan.Account]bool{"22": true, "33": true, "44": false}}))
	if n := b.news(); !slices.Equal(n.Failing, all) {
		t.Errorf("got failing %v, want %v", n.Failing, all)
	}
	a.give("22")
	if p := b.take("22"); !slices.Equal(p.Failing, all) {
		t.Errorf("got failing %v with the lane, want %v", p.Failing, all)
	}
	t.need(b.SaveLearned(t.Context(), jobs.Learned{Failing: map[plan.Account]bool{"22": false}}))
	t.need(b.SaveLearned(t.Context(), learned("22", "one")))
	if n := a.news(); !slices.Equal(n.Failing, all[1:]) {
		t.Errorf("got failing %v, want 33 alone", n.Failing)
	}
}

// What was learned of an ad account goes with its lane, and to who uses the ad account first.
func testQuotas(t table) {
	s := t.join("a", "b")
	meet(s...)
	a, b := s[0], s[1]
	if p := a.take("22"); len(p.Quotas)+len(p.Failing) > 0 {
		t.Errorf("got %+v of a new job", p)
	}
	a.depart("22", 3, free)
	save := func(s seat, text string) { t.need(s.SaveLearned(t.Context(), learned("22", text))) }
	save(a, "one")
	a.depart("22", 2, free)
	b.news()
	a.depart("22", 4, free)
	a.give("22")
	p := b.take("22")
	i := slices.IndexFunc(p.Quotas, func(q jobs.QuotaState) bool { return q.App == app && q.Account == "22" })
	if i < 0 || string(p.Quotas[i].Saved) != "one" {
		t.Fatalf("got %v, want what was saved", p.Quotas)
	}
	if got := sum(p.Spent, "22"); got.Calls != 6 || got.Points != 6 {
		t.Errorf("got %+v spent since, want 6 calls", p.Spent)
	}
	n := b.news()
	if got := sum(n.Spent, "22"); got.Calls > 0 {
		t.Errorf("got %v told of what it took over", n.Spent)
	}
	if got := sum(n.Spent, ""); got.Calls != 4 || got.Points != 0 {
		t.Errorf("got %+v of the app alone, want the calls that it took over and was not told", got)
	}
	a.depart("22", 7, free)
	if got := sum(b.news().Spent, "22"); got.Calls != 7 {
		t.Errorf("got %+v told after it took over, want 7 calls", got)
	}
	b.depart("22", 5, free)
	save(b, "two")
	b.give("22")
	if p := a.take("22"); len(p.Quotas) == 0 || string(p.Quotas[0].Saved) != "two" || sum(p.Spent, "22").Calls > 0 {
		t.Errorf("got %v and %v, want what was saved last, with all that was spent before", p.Quotas, p.Spent)
	}
	a.depart("22", 1, free)
	b.depart("22", 1, free)
	save(b, "three")
	save(a, "four") // which does not have what b spent
	a.give("22")
	if p := a.take("22"); len(p.Quotas) == 0 || string(p.Quotas[0].Saved) != "three" {
		t.Errorf("got %v, want what was saved by who was told most", p.Quotas)
	}
}
