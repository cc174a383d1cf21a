package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/quota"
	"adferry/plan"
)

func TestFates(t *testing.T) {
	used := sandbox.Image{Hash: string(hash("used")), Creatives: []string{"1"}}
	tests := []struct {
		name    string
		options sandbox.Options
		seed    func(*world)
		rows    []string
		want    []string
		check   func(*testing.T, *world)
	}{
		{name: "copy", rows: []string{"copy 11 a 22"}, want: []string{"done"},
			seed:  func(w *world) { w.has("11", "a"); w.has("22") },
			check: func(t *testing.T, w *world) { wantHolds(t, w, "22 a", "11 a") }},
		{name: "already there, missing", rows: []string{"copy 11 a 22", "copy 11 b 22"}, want: []string{"skipped already_present", "failed not_found"},
			seed: func(w *world) { w.has("11", "a"); w.has("22", "a") }, check: wantWrites(0)},
		{name: "move", rows: []string{"move 11 a 22"}, want: []string{"done"},
			seed:  func(w *world) { w.has("11", "a"); w.has("22") },
			check: func(t *testing.T, w *world) { wantHolds(t, w, "22 a", "!11 a") }},
		{name: "move whose target has it", rows: []string{"move 11 a 22"}, want: []string{"done"},
			seed: func(w *world) { w.has("11", "a"); w.has("22", "a") }, check: wantWrites(1)},
		{name: "move done before", rows: []string{"move 11 a 22"}, want: []string{"skipped already_present"},
			seed: func(w *world) { w.has("11"); w.has("22", "a") }, check: wantWrites(0)},
		{name: "move of an image in use", rows: []string{"move 11 used 22", "delete 11 used -"}, want: []string{"failed copied_not_deleted", "failed in_use"},
			seed:  func(w *world) { w.has("11"); w.server.AddImage("11", used); w.has("22") },
			check: func(t *testing.T, w *world) { wantHolds(t, w, "22 used", "11 used"); wantWrites(1)(t, w) }},
		{name: "use that only the refusal shows", rows: []string{"delete 11 a -"}, want: []string{"failed in_use"},
			options: sandbox.Options{Script: []sandbox.Rule{{Match: sandbox.Match{Kind: sandbox.Delete}, Fault: sandbox.Fault{Name: "in_use"}}}},
			seed:    func(w *world) { w.has("11", "a") }},
		{name: "delete", rows: []string{"delete 11 a -", "delete 11 b -"}, want: []string{"done", "skipped already_absent"},
			seed: func(w *world) { w.has("11", "a") }, check: func(t *testing.T, w *world) { wantHolds(t, w, "!11 a") }},
		{name: "equal rows", rows: []string{"copy 11 a 22", "copy 11 a 22", "move 11 a 22"}, want: []string{"done", "done", "done"},
			seed: func(w *world) { w.has("11", "a"); w.has("22") }, check: wantWrites(2)},
		{name: "one image from two sources", rows: []string{"copy 11 a 33", "copy 22 a 33"}, want: []string{"done", "skipped already_present"},
			seed: func(w *world) { w.has("11", "a"); w.has("22", "a"); w.has("33") }, check: wantWrites(1)},
		{name: "chain", rows: []string{"copy 22 a 33", "copy 11 a 22"}, want: []string{"done", "done"},
			seed: func(w *world) { w.has("11", "a"); w.has("22"); w.has("33") }},
		{name: "chain of moves", rows: []string{"move 11 a 22", "move 22 a 33"}, want: []string{"done", "done"},
			seed:  func(w *world) { w.has("11", "a"); w.has("22"); w.has("33") },
			check: func(t *testing.T, w *world) { wantHolds(t, w, "!11 a", "!22 a", "33 a") }},
		{name: "chain whose first link fails", rows: []string{"move 11 a 22", "copy 22 a 33"}, want: []string{"failed not_found", "failed dependency_failed"},
			seed: func(w *world) { w.has("11"); w.has("22"); w.has("33") }, check: wantWrites(0)},
		{name: "move to two targets, one denied", rows: []string{"move 11 a 22", "move 11 a 33"}, want: []string{"failed copied_not_deleted", "failed denied"},
			seed: func(w *world) {
				w.has("11", "a")
				w.has("22")
				w.server.AddAccount("33", sandbox.AccountOptions{Denied: "200"})
			},
			check: func(t *testing.T, w *world) { wantHolds(t, w, "11 a", "22 a") }},
		{name: "hash that changes", rows: []string{"move 11 a 22"}, want: []string{"done"},
			options: sandbox.Options{Variants: sandbox.Variants{Rehash: true}},
			seed:    func(w *world) { w.has("11", "a"); w.has("22") },
			check: func(t *testing.T, w *world) {
				wantHolds(t, w, "!11 a")
				images := w.server.Images("22")
				if len(images) != 1 || images[0].Hash != string(w.results()[0].TargetHash) {
					t.Errorf("got target hash %s, the sandbox has %v", w.results()[0].TargetHash, images)
				}
			}},
		{name: "delete that lies", rows: []string{"delete 11 a -", "move 11 b 22"}, want: []string{"failed delete_unconfirmed", "failed copied_not_deleted"},
			options: sandbox.Options{Script: []sandbox.Rule{{Match: sandbox.Match{Kind: sandbox.Delete}, Fault: sandbox.Fault{Name: "lie"}}}},
			seed:    func(w *world) { w.has("11", "a", "b"); w.has("22") }},
		{name: "delete that takes a while", rows: []string{"delete 11 a -"}, want: []string{"done"},
			options: sandbox.Options{Variants: sandbox.Variants{DeleteDelay: 12 * time.Second}},
			seed:    func(w *world) { w.has("11", "a") }, check: wantWrites(1)},
		{name: "deleted rows stay in listings", rows: []string{"delete 11 a -"}, want: []string{"done"},
			options: sandbox.Options{Variants: sandbox.Variants{DeleteKeepsRow: true}},
			seed:    func(w *world) { w.has("11", "a") }},
		{name: "no usage headers", rows: []string{"copy 11 a 22", "copy 11 b 22", "delete 11 c -"}, want: []string{"done", "failed not_found", "done"},
			options: sandbox.Options{Headers: sandbox.Headers{None: true}},
			seed:    func(w *world) { w.has("11", "a", "c"); w.has("22") }},
		{name: "disabled account", rows: []string{"copy 11 a 22"}, want: []string{"failed account_blocked"},
			seed: func(w *world) {
				w.has("11", "a")
				w.server.AddAccount("22", sandbox.AccountOptions{Disabled: "1885316"})
			}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, test.options)
				test.seed(w)
				w.manifest(test.rows...)
				if err := w.run(jobs.Options{}); err != nil {
					t.Fatal(err)
				}
				w.expect(test.want...)
				if test.check != nil {
					test.check(t, w)
				}
				w.once()
			})
		})
	}
}

// A lost answer, of whatever kind and in whatever place, is settled by reading:
// every row ends done, and nothing takes effect twice.
func TestLostAnswers(t *testing.T) {
	for _, fault := range []string{
		"cut", "cut_after", "timeout", "timeout_after", "html_502", "html_502_after", "html_504_after", "empty_503_after",
		"truncated", "truncated_after", "error_empty_after", "error_200", "1", "1_after", "2", "null", "null_after", "960", "960_after",
		"empty_entry_after", "envelope_after", "late",
	} {
		t.Run(fault, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{Rates: map[string]float64{fault: 0.15}, Seed: 7})
				rows := fill(w, 120)
				w.manifest(rows...)
				if err := w.run(jobs.Options{Attempts: 20}); err != nil {
					t.Fatal(err)
				}
				s := w.summary()
				if s.Totals.Done != len(rows) {
					t.Errorf("got %+v, want all %d rows done", s.Totals, len(rows))
				}
				if fault != "late" { // an effect that comes after reading cannot be told from none
					w.once()
				}
				w.copiesBeforeDeletes(w.results())
			})
		})
	}
}

func TestAttemptBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Script: []sandbox.Rule{{Match: sandbox.Match{Kind: sandbox.Copy, Hash: string(hash("a"))}, Fault: sandbox.Fault{Name: "2"}}}})
		w.has("11", "a", "b")
		w.has("22")
		w.manifest("copy 11 a 22", "copy 11 b 22")
		if err := w.run(jobs.Options{Attempts: 3}); err != nil {
			t.Fatal(err)
		}
		w.expect("failed gave_up", "done")
		if r := w.results()[0]; r.Attempts != 3 || r.Code != 2 || r.Message == "" {
			t.Errorf("got %d attempts, code %d, message %q; want 3, 2 and the API's words", r.Attempts, r.Code, r.Message)
		}
	})
}

// A throttle parks its account, costs no attempt and fails no row; the other
// accounts go on meanwhile.
func TestThrottle(t *testing.T) {
	for _, code := range []string{"17/2446079", "80004/2446079", "613/1487742", "613/5044001", "613", "4", "341", "17", "32", "200/4841013", "368"} {
		t.Run(code, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{Script: []sandbox.Rule{{
					Match: sandbox.Match{Account: "22", Kind: sandbox.Copy, Nth: 1, Count: 1},
					Fault: sandbox.Fault{Name: code, Hold: 90 * time.Second, Regain: 2 * time.Minute},
				}}})
				w.has("11", "a", "b", "c")
				w.has("22")
				w.has("33")
				w.manifest("copy 11 a 22", "copy 11 b 22", "copy 11 c 33")
				if err := w.run(jobs.Options{}); err != nil {
					t.Fatal(err)
				}
				w.expect("done", "done", "done")
				for _, r := range w.results() {
					if r.Attempts != 1 {
						t.Errorf("line %d: got %d attempts, want 1", r.Line, r.Attempts)
					}
				}
				if s := w.summary(); s.API.Throttled == 0 || s.Accounts["22"].Throttles == 0 {
					t.Errorf("the throttle is not in the summary: %+v", s.API)
				}
			})
		})
	}
}

func TestParkSurvivesRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Script: []sandbox.Rule{{
			Match: sandbox.Match{Account: "22", Kind: sandbox.Copy, Nth: 1},
			Fault: sandbox.Fault{Name: "80004/2446079", Regain: 10 * time.Minute},
		}}})
		w.has("11", "a")
		w.has("22")
		w.manifest("copy 11 a 22")
		err := w.run(jobs.Options{StopOnThrottle: true})
		until := is[*jobs.ThrottledError](t, err).Until
		if wait := time.Until(until); wait < 9*time.Minute || wait > 11*time.Minute {
			t.Errorf("got a wait of %v, want the 10 minutes that the API named", wait)
		}
		calls := w.server.Stats().Requests
		if err := w.run(jobs.Options{MaxWait: time.Minute}); !errors.As(err, new(*jobs.ThrottledError)) {
			t.Fatalf("got %v, want to be told to come back", err)
		}
		if got := w.server.Stats().Requests; got != calls {
			t.Errorf("%d requests were sent before the stored park time", got-calls)
		}
		if err := w.run(jobs.Options{}); err != nil {
			t.Fatal(err)
		}
		if time.Now().Before(until) {
			t.Error("the job ended before the park time")
		}
		w.expect("done")
	})
}

// A lane that keeps below its quota says so where status reads it, and a restart
// keeps to it although what was sent is forgotten.
func TestOwnWaitIsShownAndKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Tier: sandbox.Limited})
		w.has("11")
		w.has("22")
		var rows []string
		for i := range 400 {
			w.has("11", fmt.Sprint(i))
			rows = append(rows, fmt.Sprintf("copy 11 %d 22", i))
		}
		w.server.AddAccount("11", sandbox.AccountOptions{Limits: &sandbox.Limits{HourlyCalls: -1}})
		w.manifest(rows...)
		if err := w.run(jobs.Options{MaxDuration: time.Minute}); !errors.Is(err, jobs.ErrDuration) {
			t.Fatalf("got %v, want the time to be over", err)
		}
		a := w.summary().Accounts["22"]
		if a.ParkedUntil == nil || a.ParkedFor != "the calls of its hour are used up" || a.Throttles > 0 {
			t.Fatalf("got a wait until %v for %q and %d throttles, want one that says why", a.ParkedUntil, a.ParkedFor, a.Throttles)
		}
		if left := time.Until(*a.ParkedUntil); left < 50*time.Minute || left > time.Hour {
			t.Errorf("got a wait of %v, want the rest of the hour", left)
		}
		calls := w.server.Stats().Accounts["22"].Calls[sandbox.Copy]
		err := w.run(jobs.Options{MaxWait: 10 * time.Minute})
		if e := is[*jobs.ThrottledError](t, err); e.Account != "22" || e.Until.Sub(*a.ParkedUntil).Abs() > time.Second {
			t.Errorf("got %v, want 22 to wait until %v", err, a.ParkedUntil)
		}
		if got := w.server.Stats().Accounts["22"].Calls[sandbox.Copy]; got != calls {
			t.Errorf("%d copies were sent before the stored time", got-calls)
		}
		if err := w.run(jobs.Options{}); err != nil || w.server.Stats().Throttled > 0 {
			t.Errorf("got %v and %d throttled calls, want the rest done and none", err, w.server.Stats().Throttled)
		}
	})
}

// Denied accounts are given up after a few calls, and the others go on.
func TestDeniedAccount(t *testing.T) {
	for name, o := range map[string]sandbox.AccountOptions{"denied": {Denied: "200"}, "unknown": {Denied: "100/33"}, "read-only": {ReadOnly: true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{})
				w.has("11")
				w.has("33")
				w.server.AddAccount("22", o)
				var rows, want []string
				for i := range 2000 {
					image := fmt.Sprint(i)
					w.has("11", image)
					rows = append(rows, "copy 11 "+image+" 22", "copy 11 "+image+" 33")
					want = append(want, "failed denied", "done")
				}
				w.manifest(rows...)
				if err := w.run(jobs.Options{MaxFailures: jobs.Share{Percent: 100, Set: true}}); err != nil {
					t.Fatal(err)
				}
				w.expect(want...)
				calls := 0
				for _, n := range w.server.Stats().Accounts["22"].Calls {
					calls += n
				}
				if calls > 400 {
					t.Errorf("%d calls were sent to the denied account", calls)
				}
			})
		})
	}
}

// An empty list that a throttled account answers is no proof of absence: no row
// fails as not found because of it.
func TestEmptyListIsNoProof(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Script: []sandbox.Rule{
			{Match: sandbox.Match{Kind: sandbox.Read, Account: "11", Nth: 1}, Fault: sandbox.Fault{Name: "empty_list"}},
			{Match: sandbox.Match{Kind: sandbox.Read, Account: "22", Nth: 1}, Fault: sandbox.Fault{Name: "empty_list"}},
		}})
		w.has("11", "a", "b")
		w.has("22", "b")
		w.manifest("copy 11 a 22", "copy 11 b 22")
		if err := w.run(jobs.Options{}); err != nil {
			t.Fatal(err)
		}
		w.expect("done", "skipped already_present")
	})
}

// While an account fails, nothing is deleted whose copy is there.
func TestNoDeleteWhileTargetFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Script: []sandbox.Rule{
			{Match: sandbox.Match{Kind: sandbox.Copy, Account: "22"}, Fault: sandbox.Fault{Name: "200"}},
			// The sighting takes its time: the copies fail meanwhile.
			{Match: sandbox.Match{Kind: sandbox.Read, Account: "22", Hash: string(hash("a")), Nth: 2, Count: 2}, Fault: sandbox.Fault{Name: "2"}},
		}})
		w.has("11", "a", "b", "c", "d", "e")
		w.has("22", "a")
		w.manifest("move 11 a 22", "copy 11 b 22", "copy 11 c 22", "copy 11 d 22", "copy 11 e 22")
		if err := w.run(jobs.Options{}); err != nil {
			t.Fatal(err)
		}
		w.expect("failed copied_not_deleted", "failed denied", "failed denied", "failed denied", "failed denied")
		wantHolds(t, w, "11 a", "22 a")
	})
}

// A delete that failed because one target could not be read stays failed when the
// other target's answer comes later: nothing is sent for it any more.
func TestSettledDeleteStaysSettled(t *testing.T) {
	for _, unreadable := range []string{"22", "33"} {
		for nth := 2; nth <= 3; nth++ {
			t.Run(fmt.Sprint(unreadable, " read ", nth), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, sandbox.Options{
						Latency: sandbox.Latency{Min: 100 * time.Millisecond, Max: 900 * time.Millisecond}, Seed: 5,
						Script: []sandbox.Rule{{Match: sandbox.Match{Kind: sandbox.Read, Account: unreadable, Nth: nth, Count: 1}, Fault: sandbox.Fault{Name: "200"}}},
					})
					w.has("11", "a")
					w.has("22")
					w.has("33")
					w.manifest("move 11 a 22", "move 11 a 33")
					if err := w.run(jobs.Options{}); err != nil {
						t.Fatal(err)
					}
					failed := false
					for _, r := range w.results() {
						if r.Status != jobs.StatusDone && r.Status != jobs.StatusFailed {
							t.Errorf("line %d: got %s, want a settled row", r.Line, r.Status)
						}
						failed = failed || r.Status == jobs.StatusFailed
					}
					if failed != w.holds("11", "a") {
						t.Errorf("a row failed: %v; the source has its image: %v", failed, w.holds("11", "a"))
					}
				})
			})
		}
	}
}

// A run that may only read sends no write, whatever it finds.
func TestReadOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		rows := fill(w, 60)
		w.manifest(append(rows, "copy 21 image0 31")...)
		w.has("31")
		if err := w.run(jobs.Options{ReadOnly: true}); err != nil {
			t.Fatal(err)
		}
		wantWrites(0)(t, w)
	})
}

func TestTokenExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Script: []sandbox.Rule{{Match: sandbox.Match{Kind: sandbox.Copy, Nth: 40, Count: 60}, Fault: sandbox.Fault{Name: "190/463"}}}})
		rows := fill(w, 200)
		w.manifest(rows...)
		for n := 0; ; n++ {
			err := w.run(jobs.Options{})
			if err == nil {
				break
			}
			is[*jobs.RefusedError](t, err)
			if n == 60 {
				t.Fatal("it never ended")
			}
		}
		if s := w.summary(); s.Totals.Done != len(rows) || s.Totals.Unknown > 0 {
			t.Errorf("got %+v, want all done", s.Totals)
		}
		w.once()
	})
}

func TestMaxFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		w.has("11")
		w.has("22")
		var rows []string
		for i := range 3000 {
			rows = append(rows, fmt.Sprintf("copy 11 %d 22", i)) // none of them is there
		}
		w.manifest(rows...)
		e := is[*jobs.FailuresError](t, w.run(jobs.Options{}))
		if e.Settled < 1000 || e.Settled > 2000 {
			t.Errorf("stopped after %d settled, want soon after 1,000", e.Settled)
		}
		is[*jobs.FailuresError](t, w.run(jobs.Options{MaxFailures: jobs.Share{Count: e.Failed, Set: true}}))
		if err := w.run(jobs.Options{MaxFailures: jobs.Share{Percent: 100, Set: true}}); err != nil {
			t.Error(err)
		}
	})
}

func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Latency: sandbox.Latency{Min: time.Second}})
		rows := fill(w, 300)
		w.manifest(rows...)
		for range 3 {
			err := w.runCtx(context.Background(), jobs.Options{Workers: 2}, func(e *jobs.Engine) {
				time.AfterFunc(6500*time.Millisecond, func() { e.Stop(jobs.ErrInterrupted) })
			})
			if !errors.Is(err, jobs.ErrInterrupted) {
				t.Fatalf("got %v, want ErrInterrupted", err)
			}
			for _, r := range w.results() {
				if r.Status == jobs.StatusUnknown && r.Verb == plan.Copy {
					t.Errorf("line %d: a drained run left a copy unknown", r.Line)
				}
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), 8300*time.Millisecond)
		defer cancel()
		if err := w.runCtx(ctx, jobs.Options{Workers: 2}, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("got %v, want the context's end", err)
		}
		if err := w.run(jobs.Options{}); err != nil {
			t.Fatal(err)
		}
		if s := w.summary(); s.Totals.Done != len(rows) {
			t.Errorf("got %+v, want all done", s.Totals)
		}
		w.once()
		for _, r := range w.results() {
			if want := map[string]int{"copy": 1, "move": 2, "delete": 1}[r.Verb.String()]; r.Attempts != want {
				t.Errorf("line %d: got %d attempts, want %d: an interruption is none", r.Line, r.Attempts, want)
			}
		}
	})
}

func TestUnreachable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		w.has("11", "a")
		w.has("22")
		w.manifest("copy 11 a 22")
		w.api.API = noNetwork{}
		is[*jobs.OfflineError](t, w.run(jobs.Options{}))
		w.expect("pending")
	})
}

func TestWorkersBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Latency: sandbox.Latency{Min: 100 * time.Millisecond}})
		rows := fill(w, 1000)
		w.manifest(rows...)
		if err := w.run(jobs.Options{Workers: 3, BatchSize: 1}); err != nil {
			t.Fatal(err)
		}
		if got := w.api.most.Load(); got != 3 {
			t.Errorf("got %d requests in flight at most, want 3", got)
		}
	})
}

func TestMaxRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		w.has("11")
		w.has("22")
		var rows []string
		for i := range 100 {
			w.has("11", fmt.Sprint(i))
			rows = append(rows, fmt.Sprintf("copy 11 %d 22", i))
		}
		w.manifest(rows...)
		began := time.Now()
		if err := w.run(jobs.Options{Rules: quota.Rules{MaxRate: 2}}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began).Seconds(); took < 49 || took > 52 {
			t.Errorf("100 copies at 2 a second took %.1f s", took)
		}
	})
}

// fill gives accounts 11 to 14 images and asks for moves, copies and deletes of
// them into 21 to 24.
func fill(w *world, n int) []string {
	var rows []string
	for i := range 4 {
		w.has(fmt.Sprint(11 + i))
		w.has(fmt.Sprint(21 + i))
	}
	for i := range n {
		source, target, image := 11+i%4, 21+(i/4)%4, fmt.Sprint("image", i)
		w.has(fmt.Sprint(source), image)
		switch i % 5 {
		case 0, 1:
			rows = append(rows, fmt.Sprintf("move %d %s %d", source, image, target))
		case 4:
			rows = append(rows, fmt.Sprintf("delete %d %s -", source, image))
		default:
			rows = append(rows, fmt.Sprintf("copy %d %s %d", source, image, target))
		}
	}
	return rows
}

func wantWrites(n int) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		t.Helper()
		calls := w.server.Stats().Calls
		if got := calls[sandbox.Copy] + calls[sandbox.Delete]; got != n {
			t.Errorf("got %d writes, want %d", got, n)
		}
	}
}

// wantHolds checks "22 a" (has it) and "!11 a" (has it not).
func wantHolds(t *testing.T, w *world, places ...string) {
	t.Helper()
	for _, p := range places {
		want := p[0] != '!'
		if !want {
			p = p[1:]
		}
		if got := w.holds(p[:2], p[3:]); got != want {
			t.Errorf("%s: got %v, want %v", p, got, want)
		}
	}
}

// Throttles that come at random, as from an API that other programs load, slow
// an account down for as long as they ask and no longer: nothing is learned from
// them that would not fit the documented limits.
func TestRandomThrottles(t *testing.T) {
	for _, code := range []string{"17/2446079", "80004/2446079", "613/5044001", "4"} {
		for _, headers := range []sandbox.Headers{{}, {None: true}} {
			t.Run(fmt.Sprint(code, " headers ", !headers.None), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, sandbox.Options{Rates: map[string]float64{code: 0.02}, Headers: headers, Latency: sandbox.Latency{Min: 200 * time.Millisecond}, Seed: 3})
					w.has("11")
					var rows []string
					for i := range 1200 {
						w.has("11", fmt.Sprint(i))
						rows = append(rows, fmt.Sprintf("copy 11 %d 2%d", i, i%3))
					}
					for i := range 3 {
						w.has(fmt.Sprint("2", i))
					}
					w.manifest(rows...)
					began := time.Now()
					if err := w.run(jobs.Options{}); err != nil {
						t.Fatal(err)
					}
					if s := w.summary(); s.Totals.Done != len(rows) {
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
