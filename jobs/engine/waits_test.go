package engine_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/jobs/quota"
)

// Whatever is waited for, it is told while it lasts, it is in the summary, and MaxWait
// ends it, at a stretch: that the engine looks again in between is no end.
func TestEveryWait(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		server  sandbox.Options
		rules   quota.Rules
		answer  func(began time.Time, r *http.Request) (*http.Response, error)
		account string
		why     string
		offline bool
	}{
		{name: "a dead network", why: "no connection to the API", offline: true, answer: func(began time.Time, _ *http.Request) (*http.Response, error) {
			if time.Since(began) < 5*time.Second {
				return nil, nil
			}
			return nil, &net.OpError{Op: "dial", Err: syscall.ENETUNREACH}
		}},
		{name: "the app's usage", why: "the calls of the app's hour are used up"},
		{name: "a found limit", account: "22", why: "its calls per hour are used up", server: sandbox.Options{Tier: sandbox.Limited}},
		{name: "doubted lists", account: "22", why: "empty lists", server: sandbox.Options{Script: []sandbox.Rule{
			{Match: sandbox.Match{Kind: sandbox.Read, Account: "22"}, Fault: sandbox.Fault{Name: "empty_list"}},
		}}},
		{name: "a bare 429", why: "too many requests", answer: func(began time.Time, _ *http.Request) (*http.Response, error) {
			if time.Since(began) < 5*time.Second {
				return nil, nil
			}
			return jobtest.Page(429, "Retry-After", "1200"), nil
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				test.server.Latency.Min = 300 * time.Millisecond
				w := jobtest.NewWorld(t, test.server)
				w.Has("11")
				w.Has("22")
				var rows []string
				for i := range 400 {
					w.Has("11", fmt.Sprint(i))
					rows = append(rows, fmt.Sprintf("copy 11 %d 22", i))
				}
				w.Has("33")
				w.Manifest(append(rows, "copy 11 1 33")...)
				began := time.Now()
				next := sandbox.Transport(w.Server)
				w.Wire.API = jobtest.ClientOver(t, &jobtest.Between{Next: &usedUp{next, test.name == "the app's usage", began}, Answer: func(r *http.Request) (*http.Response, error) {
					if test.answer == nil {
						return nil, nil
					}
					return test.answer(began, r)
				}})
				err := w.Run(engine.Options{MaxWait: 20 * time.Second, BatchSize: 2, Workers: 2, Rules: test.rules})
				if took := time.Since(began); took > time.Minute {
					t.Errorf("it took %v to stop", took)
				}
				if took := time.Since(began); test.offline && took > 30*time.Second {
					t.Errorf("it took %v to stop: a look whether the network is back is no end of the wait", took)
				}
				var wait *jobs.ThrottledError
				switch {
				case test.offline:
					jobtest.Is[*jobs.OfflineError](t, err)
				case !errors.As(err, &wait):
					t.Fatalf("got %v, want to be told to come back", err)
				case string(wait.Account) != test.account || !strings.Contains(err.Error(), test.why) && test.why != "too many requests":
					t.Errorf("got %v, want who waits and why", err)
				}
				told := false
				for _, e := range w.Events {
					told = told || (e.Kind == jobs.EventWaiting || e.Kind == jobs.EventParked || e.Kind == jobs.EventUnreachable) && string(e.Account) == test.account &&
						strings.Contains(e.Text, test.why) && !e.Until.IsZero()
				}
				if !told {
					t.Error("the wait was not told")
				}
				s := w.Summary()
				shown := false
				for _, x := range s.AtStop.Waits {
					shown = shown || string(x.Account) == test.account && strings.Contains(x.Reason, test.why)
				}
				if !shown {
					t.Errorf("got waits %+v, want why in the summary", s.Waits)
				}
				if s.Totals.Failed > 0 {
					t.Errorf("got %+v, want nothing failed", s.Totals)
				}
			})
		})
	}
}

// usedUp says that others used up the app's calls.
type usedUp struct {
	next  http.RoundTripper
	on    bool
	began time.Time
}

func (u *usedUp) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := u.next.RoundTrip(r)
	if err == nil && u.on && time.Since(u.began) > 5*time.Second {
		res.Header.Set("X-App-Usage", `{"call_count":118,"total_time":1,"total_cputime":1}`)
	}
	return res, err
}

// Nobody waits for years because a clock jumped or a header was broken: after a day
// one call shows, and that is said.
func TestWaitIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{{
			Match: sandbox.Match{Account: "22", Kind: sandbox.Copy, Nth: 1}, Fault: sandbox.Fault{Name: "80004/2446079", Regain: 40 * time.Hour},
		}}})
		w.Has("11", "a")
		w.Has("22")
		w.Manifest("copy 11 a 22")
		began := time.Now()
		w.Finish(engine.Options{})
		if took := time.Since(began); took < 24*time.Hour || took > 25*time.Hour {
			t.Errorf("it took %v, want a day", took)
		}
		w.Expect("done")
	})
	synctest.Test(t, func(t *testing.T) {
		for _, account := range []string{"", "22"} {
			w := jobtest.NewWorld(t, sandbox.Options{})
			w.Has("11", "a")
			w.Has("22")
			w.Manifest("copy 11 a 22")
			w.ParkUntil(account, time.Now().AddDate(12, 0, 0))
			began := time.Now()
			w.Finish(engine.Options{})
			if took := time.Since(began); took < 23*time.Hour || took > 25*time.Hour {
				t.Errorf("%q: it took %v, want a day", account, took)
			}
			if e := w.Events[0]; e.Kind != jobs.EventParked || string(e.Account) != account || !strings.Contains(e.Text, "implausible") {
				t.Errorf("%q: got %+v, want it said that the wait was cut short", account, e)
			}
			w.Expect("done")
		}
	})
}
