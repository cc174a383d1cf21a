package engine_test

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/jobs/quota"
)

func TestThrottle(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"17/2446079", "80004/2446079", "613/1487742", "613/5044001", "613", "4", "341", "17", "32", "200/4841013", "368"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{{
					Match: sandbox.Match{Account: "22", Kind: sandbox.Copy, Nth: 1, Count: 1},
					Fault: sandbox.Fault{Name: code, Hold: 90 * time.Second, Regain: 2 * time.Minute},
				}}})
				w.Has("11", "a", "b", "c")
				w.Has("22")
				w.Has("33")
				w.Manifest("copy 11 a 22", "copy 11 b 22", "copy 11 c 33")
				w.Finish(engine.Options{})
				w.Expect("done", "done", "done")
				for _, r := range w.Results() {
					if r.Attempts != 1 {
						t.Errorf("line %d: got %d attempts, want 1", r.Line, r.Attempts)
					}
				}
				if s := w.Summary(); s.API.Throttled == 0 || s.Accounts["22"].Throttles == 0 {
					t.Errorf("the throttle is not in the summary: %+v", s.API)
				}
			})
		})
	}
}

func TestParkSurvivesRestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{{
			Match: sandbox.Match{Account: "22", Kind: sandbox.Copy, Nth: 1},
			Fault: sandbox.Fault{Name: "80004/2446079", Regain: 10 * time.Minute},
		}}})
		w.Has("11", "a")
		w.Has("22")
		w.Manifest("copy 11 a 22")
		err := w.Run(engine.Options{StopOnThrottle: true})
		until := jobtest.Is[*jobs.ThrottledError](t, err).Until
		if wait := time.Until(until); wait < 9*time.Minute || wait > 11*time.Minute {
			t.Errorf("got a wait of %v, want the 10 minutes that the API named", wait)
		}
		calls := w.Server.Stats().Requests
		for _, o := range []engine.Options{{MaxWait: time.Minute}, {StopOnThrottle: true}} {
			if err := w.Run(o); !errors.As(err, new(*jobs.ThrottledError)) {
				t.Fatalf("%+v: got %v, want to be told to come back", o, err)
			}
		}
		if got := w.Server.Stats().Requests; got != calls {
			t.Errorf("%d requests were sent before the stored park time", got-calls)
		}
		w.Events = nil
		w.Finish(engine.Options{})
		if e := w.Events[0]; e.Kind != jobs.EventParked || e.Account != "22" || !e.Until.Equal(until.Truncate(time.Millisecond)) || e.Text == "" {
			t.Errorf("got %+v told first, want what is waited for", e)
		}
		if time.Now().Before(until) {
			t.Error("the job ended before the park time")
		}
		w.Expect("done")
	})
}

// A wait is counted as far as it lasted, and once, however often the job stops in it.
func TestParkIsCountedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Latency: sandbox.Latency{Min: time.Second}, Script: []sandbox.Rule{{
			Match: sandbox.Match{Account: "22", Kind: sandbox.Copy, Nth: 1, Count: 1},
			Fault: sandbox.Fault{Name: "80004/2446079", Regain: 10 * time.Minute},
		}}})
		w.Has("11", "a", "b", "c")
		w.Has("22")
		w.Manifest("copy 11 a 22", "copy 11 b 22", "copy 11 c 22")
		for i, o := range []engine.Options{{MaxDuration: 4 * time.Second}, {MaxDuration: time.Minute}, {}} {
			o.BatchSize, o.Workers = 1, 2 // another copy is under way when the first is throttled
			err := w.Run(o)
			if !errors.Is(err, jobs.ErrDuration) && err != nil {
				t.Fatal(err)
			}
			if got, want := w.Summary().Accounts["22"].ParkedS, []float64{2, 62, 600}[i]; math.Abs(got-want) > 3 {
				t.Errorf("got %v s parked, want %v", got, want)
			}
		}
		w.Expect("done", "done", "done")
	})
}

// A process that kept itself below the quota leaves a wait behind, too. Nobody was
// throttled by that.
func TestOwnWaitIsNoThrottle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Tier: sandbox.Limited})
		w.Has("22")
		var rows []string
		for i := range 60 {
			w.Has("11", fmt.Sprint(i))
			rows = append(rows, fmt.Sprint("copy 11 ", i, " 22"))
		}
		w.Manifest(rows...)
		limited := quota.Rules{Mode: quota.Limited}
		if err := w.Run(engine.Options{Rules: limited, MaxDuration: 30 * time.Second}); !errors.Is(err, jobs.ErrDuration) {
			t.Fatalf("got %v, want the time over", err)
		}
		if s := w.Summary(); s.Accounts["22"].ParkedUntil == nil {
			t.Fatal("got no wait left behind")
		}
		if err := w.Run(engine.Options{Rules: limited, StopOnThrottle: true}); err != nil {
			t.Errorf("got %v, want the wait waited out", err)
		}
	})
}

func TestRandomThrottles(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"17/2446079", "80004/2446079", "613/5044001", "4"} {
		for _, headers := range []sandbox.Headers{{}, {None: true}} {
			t.Run(fmt.Sprint(code, " headers ", !headers.None), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := jobtest.NewWorld(t, sandbox.Options{Rates: map[string]float64{code: 0.02}, Headers: headers, Latency: sandbox.Latency{Min: 200 * time.Millisecond}, Seed: 3})
					w.Has("11")
					var rows []string
					for i := range 1200 {
						w.Has("11", fmt.Sprint(i))
						rows = append(rows, fmt.Sprintf("copy 11 %d 2%d", i, i%3))
					}
					for i := range 3 {
						w.Has(fmt.Sprint("2", i))
					}
					w.Manifest(rows...)
					began := time.Now()
					w.Finish(engine.Options{})
					if s := w.Summary(); s.Totals.Done != len(rows) {
						t.Errorf("got %+v, want all %d rows done", s.Totals, len(rows))
					}
					// Some eight parks of a minute in each lane, or one after the other
					// for the whole app. Without headers, throttles that happen to
					// come where Limited access ends look like it.
					most := 75 * time.Minute
					if headers.None {
						most = 4 * time.Hour
					}
					if took := time.Since(began); took > most {
						t.Errorf("took %v, at most %v is wanted", took, most)
					}
				})
			})
		}
	}
}

func TestMaxRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("11")
		w.Has("22")
		var rows []string
		for i := range 100 {
			w.Has("11", fmt.Sprint(i))
			rows = append(rows, fmt.Sprintf("copy 11 %d 22", i))
		}
		w.Manifest(rows...)
		began := time.Now()
		w.Finish(engine.Options{Rules: quota.Rules{MaxRate: 2}})
		if took := time.Since(began).Seconds(); took < 49 || took > 52 {
			t.Errorf("100 copies at 2 a second took %.1f s", took)
		}
	})
}

// A lane that keeps below its quota says so where status reads it, and a restart
// keeps to it although what was sent is forgotten.
func TestOwnWaitIsShownAndKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Tier: sandbox.Limited})
		w.Has("11")
		w.Has("22")
		var rows []string
		for i := range 400 {
			w.Has("11", fmt.Sprint(i))
			rows = append(rows, fmt.Sprintf("copy 11 %d 22", i))
		}
		w.Server.AddAccount("11", sandbox.AccountOptions{Limits: &sandbox.Limits{HourlyCalls: -1}})
		w.Manifest(rows...)
		if err := w.Run(engine.Options{MaxDuration: time.Minute}); !errors.Is(err, jobs.ErrDuration) {
			t.Fatalf("got %v, want the time to be over", err)
		}
		a := w.Summary().Accounts["22"]
		if a.ParkedUntil == nil || a.ParkedFor != "its calls per hour are used up" || a.Throttles > 0 {
			t.Fatalf("got a wait until %v for %q and %d throttles, want one that says why", a.ParkedUntil, a.ParkedFor, a.Throttles)
		}
		if left := time.Until(*a.ParkedUntil); left < 50*time.Minute || left > time.Hour {
			t.Errorf("got a wait of %v, want the rest of the hour", left)
		}
		calls := w.Server.Stats().Accounts["22"].Calls[sandbox.Copy]
		err := w.Run(engine.Options{MaxWait: 10 * time.Minute})
		if e := jobtest.Is[*jobs.ThrottledError](t, err); e.Account != "22" || e.Until.Sub(*a.ParkedUntil).Abs() > time.Second {
			t.Errorf("got %v, want 22 to wait until %v", err, a.ParkedUntil)
		}
		if got := w.Server.Stats().Accounts["22"].Calls[sandbox.Copy]; got != calls {
			t.Errorf("%d copies were sent before the stored time", got-calls)
		}
		if err := w.Run(engine.Options{}); err != nil || w.Server.Stats().Throttled > 0 {
			t.Errorf("got %v and %d throttled calls, want the rest done and none", err, w.Server.Stats().Throttled)
		}
	})
}
