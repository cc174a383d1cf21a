package engine_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/jobs/quota"
	"adferry/plan"
)

// Once the token or the app is refused, whatever the code, nothing more leaves:
// the requests in flight are the last ones.
func TestRefusedRunSendsNoMore(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"190/463", "190/460", "190", "101", "102", "294", "2635"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, sandbox.Options{
					Latency: sandbox.Latency{Min: 200 * time.Millisecond, Max: 2 * time.Second},
					Script:  []sandbox.Rule{{Match: sandbox.Match{After: 8 * time.Second}, Fault: sandbox.Fault{Name: code}}},
				})
				rows := jobtest.Fill(w, 240)
				w.Manifest(rows...)
				api := &refusalWatch{API: w.Wire.API}
				w.Wire.API = api
				jobtest.Is[*jobs.RefusedError](t, w.Run(engine.Options{Workers: 4, BatchSize: 3}))
				if api.refused.IsZero() || api.late > 0 {
					t.Errorf("the first refusal came at %v, and %d requests left after it", api.refused, api.late)
				}
				w.Server.ClearFaults()
				w.Wire.API = api.API
				w.Finish(engine.Options{})
				if s := w.Summary(); s.Totals.Done != len(rows) {
					t.Errorf("got %+v, want all done", s.Totals)
				}
				w.Once()
			})
		})
	}
}

// A restricted app or token gets the refusals of an ad account from all of them. The
// neutral question, which is refused, too, shows whose they are: nothing failed by them,
// from the first call on or in the middle.
func TestRefusedEverywhere(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"200", "3", "10", "2500", "100/33", "100", "803"} {
		for name, match := range map[string]sandbox.Match{
			"from the first call on": {}, "in the middle": {After: 8 * time.Second}, "in the middle of a batch": {Nth: 150, Count: 1e9},
		} {
			t.Run(code+" "+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := jobtest.NewWorld(t, sandbox.Options{
						Latency: sandbox.Latency{Min: 200 * time.Millisecond, Max: 2 * time.Second},
						Script:  []sandbox.Rule{{Match: match, Fault: sandbox.Fault{Name: code}}},
					})
					rows := jobtest.Fill(w, 120)
					w.Manifest(rows...)
					jobtest.Is[*jobs.RefusedError](t, w.Run(engine.Options{Workers: 4, BatchSize: 3}))
					for _, r := range w.Results() { // a delete that was carried out is not read back any more
						if r.Status == jobs.StatusFailed || r.Status == jobs.StatusUnknown && r.Verb == plan.Copy {
							t.Errorf("line %d: got %s %s", r.Line, r.Status, r.Reason)
						}
					}
					refused := w.Server.Stats().Requests
					jobtest.Is[*jobs.RefusedError](t, w.Run(engine.Options{Workers: 4, BatchSize: 3}))
					if n := w.Server.Stats().Requests - refused; n > 12 {
						t.Errorf("%d requests were sent to find that out again", n)
					}
					w.Server.ClearFaults()
					w.Finish(engine.Options{})
					if s := w.Summary(); s.Totals.Done != len(rows) {
						t.Errorf("got %+v, want all done", s.Totals)
					}
					w.Once()
				})
			})
		}
	}
}

// An app that is restricted while an ad account is being found out to refuse for
// reasons of its own: an answer to a call that left between the two refusals explains
// the first of them alone.
func TestRefusedAccountBesideRefusedApp(t *testing.T) {
	t.Parallel()
	for nth := 4; nth < 64; nth++ {
		t.Run(fmt.Sprint("from call ", nth), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, sandbox.Options{
					Latency: sandbox.Latency{Min: 20 * time.Millisecond, Max: 2 * time.Second},
					Script: []sandbox.Rule{
						{Match: sandbox.Match{Account: "22", Kind: sandbox.Copy}, Fault: sandbox.Fault{Name: "200"}},
						{Match: sandbox.Match{Nth: nth, Count: 1e9}, Fault: sandbox.Fault{Name: "200"}},
					},
				})
				var rows []string
				for i := range 24 {
					w.Has("11", fmt.Sprint("image", i))
					for target := 21; target < 26; target++ {
						rows = append(rows, fmt.Sprintf("copy 11 image%d %d", i, target))
					}
				}
				for target := 21; target < 26; target++ {
					w.Has(fmt.Sprint(target))
				}
				w.Manifest(rows...)
				jobtest.Is[*jobs.RefusedError](t, w.Run(engine.Options{Workers: 8, BatchSize: 3}))
				for _, r := range w.Results() {
					if r.Status == jobs.StatusFailed && r.Target != "22" {
						t.Errorf("line %d, to %s: got %s %s", r.Line, r.Target, r.Status, r.Reason)
					}
				}
			})
		})
	}
}

// What refuses one ad account, or one image, is that account's or image's, whatever
// the code: the others go on.
func TestRefusedAlone(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"3", "10", "2500", "200"} {
		for _, test := range []struct {
			name   string
			match  sandbox.Match
			failed int
		}{
			{"an account", sandbox.Match{Account: "22"}, 60},
			{"an account's copies", sandbox.Match{Account: "22", Kind: sandbox.Copy}, 60},
			{"an image", sandbox.Match{Hash: string(jobtest.Hash("image1"))}, 1},
			{"an image's copy", sandbox.Match{Hash: string(jobtest.Hash("image1")), Kind: sandbox.Copy}, 1},
		} {
			t.Run(code+" "+test.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := jobtest.NewWorld(t, sandbox.Options{
						Latency: sandbox.Latency{Min: 200 * time.Millisecond},
						Script:  []sandbox.Rule{{Match: test.match, Fault: sandbox.Fault{Name: code}}},
					})
					w.Has("21")
					w.Has("22")
					var rows []string
					for i := range 120 {
						w.Has("11", fmt.Sprint("image", i))
						rows = append(rows, fmt.Sprintf("copy 11 image%d 2%d", i, 1+i%2))
					}
					w.Manifest(rows...)
					w.Finish(engine.Options{})
					if s := w.Summary(); s.Totals.Done != 120-test.failed || s.Reasons[jobs.Denied] != test.failed {
						t.Errorf("got %+v, reasons %v, want %d denied and the others done", s.Totals, s.Reasons, test.failed)
					}
					if n := w.Server.Stats().Calls[sandbox.Node]; n > 10 {
						t.Errorf("the neutral question was asked %d times", n)
					}
				})
			})
		}
	}
}

// A job of one ad account that is refused ends with its rows denied: the token is
// good, as the neutral question shows.
func TestOnlyAccountRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("22", "a", "b")
		w.Server.AddAccount("22", sandbox.AccountOptions{Denied: "200"})
		w.Manifest("delete 22 a -", "delete 22 b -")
		w.Finish(engine.Options{})
		w.Expect("failed denied", "failed denied")
	})
}

// One refusal out of the blue condemns nobody, whatever it strikes.
func TestSpuriousRefusal(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"100/33", "200", "10", "100"} {
		for _, nth := range []int{1, 2, 5} {
			for _, batch := range []int{1, 10} {
				synctest.Test(t, func(t *testing.T) {
					w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{{Match: sandbox.Match{Kind: sandbox.Read, Nth: nth}, Fault: sandbox.Fault{Name: code}}}})
					rows := jobtest.Fill(w, 120)
					w.Manifest(rows...)
					w.Finish(engine.Options{BatchSize: batch})
					if s := w.Summary(); s.Totals.Done != len(rows) {
						t.Errorf("%s at read %d: got %+v, %v, want all done", code, nth, s.Totals, s.Reasons)
					}
				})
			}
		}
	}
}

// One refusal of the neutral question out of the blue ends no run.
func TestSpuriousRefusalOfQuestion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{{Match: sandbox.Match{Kind: sandbox.Node, Nth: 1}, Fault: sandbox.Fault{Name: "100"}}}})
		w.Has("11", "a")
		w.Has("22")
		w.Server.AddAccount("22", sandbox.AccountOptions{Denied: "200"})
		w.Manifest("copy 11 a 22")
		w.Finish(engine.Options{})
		w.Expect("failed denied")
	})
}

// A read that is refused, or fails, for its size is made in parts, and the size is
// remembered: nothing is wrong with its images.
func TestReadTooLarge(t *testing.T) {
	t.Parallel()
	for _, most := range []int{25, 10, 3, 1} {
		for name, o := range map[string]sandbox.Variants{"refused": {RefuseAbove: most}, "fails": {ReduceAbove: most}} {
			t.Run(fmt.Sprint(name, " above ", most), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := jobtest.NewWorld(t, sandbox.Options{Variants: o})
					w.Has("22")
					var rows []string
					for i := range 400 {
						w.Has("11", fmt.Sprint(i))
						rows = append(rows, fmt.Sprintf("copy 11 %d 22", i))
					}
					w.Manifest(rows...)
					w.Finish(engine.Options{Rules: quota.Rules{Mode: quota.Off}})
					if s := w.Summary(); s.Totals.Done != len(rows) {
						t.Errorf("got %+v, reasons %v, want all done", s.Totals, s.Reasons)
					}
					// Halving ends at more than half of what the server allows.
					reads, least := w.Server.Stats().Calls[sandbox.Read], 2*len(rows)/most
					if reads > 2*least+200 {
						t.Errorf("got %d reads, where %d could do", reads, least)
					}
				})
			})
		}
	}
}

// An image whose reads are refused fails alone, however many are asked for with it.
func TestImageReadRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{
			{Match: sandbox.Match{Kind: sandbox.Read, Hash: string(jobtest.Hash("17"))}, Fault: sandbox.Fault{Name: "100"}},
			{Match: sandbox.Match{Kind: sandbox.Read, Hash: string(jobtest.Hash("18"))}, Fault: sandbox.Fault{Name: "10"}},
		}})
		w.Has("22")
		var rows []string
		for i := range 200 {
			w.Has("11", fmt.Sprint(i))
			rows = append(rows, fmt.Sprintf("copy 11 %d 22", i))
		}
		w.Manifest(rows...)
		w.Finish(engine.Options{})
		if s := w.Summary(); s.Totals.Done != 198 || s.Reasons[jobs.Invalid] != 1 || s.Reasons[jobs.Denied] != 1 {
			t.Errorf("got %+v, reasons %v, want one image refused and one denied", s.Totals, s.Reasons)
		}
	})
}

// A rule of the business is no throttle, and the next try may be spared.
func TestBusinessRule(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"17/1885172", "613/1487632", "613/1487225"} {
		synctest.Test(t, func(t *testing.T) {
			w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{{Match: sandbox.Match{Kind: sandbox.Copy, Count: 3}, Fault: sandbox.Fault{Name: code}}}})
			w.Has("11", "a", "b", "c", "d")
			w.Has("22")
			w.Manifest("copy 11 a 22", "copy 11 b 22", "copy 11 c 22", "copy 11 d 22")
			w.Finish(engine.Options{})
			w.Expect("done", "done", "done", "done")
			if s := w.Summary(); s.API.Throttled > 0 {
				t.Errorf("%s: got %d throttles", code, s.API.Throttled)
			}
		})
	}
}

// refusalWatch notes when the run was refused, and what left after that.
type refusalWatch struct {
	dispatch.API
	mu      sync.Mutex
	refused time.Time
	late    int
}

func (w *refusalWatch) Do(ctx context.Context, calls []graph.Call) []graph.Reply {
	w.mu.Lock()
	if !w.refused.IsZero() && time.Now().After(w.refused) {
		w.late++
	}
	w.mu.Unlock()
	replies := w.API.Do(ctx, calls)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range replies {
		if r.Err != nil && r.Err.Class == graph.RefusedRun && w.refused.IsZero() {
			w.refused = time.Now()
		}
	}
	return replies
}

// An ad account that is denied or blocked, as source or as target, costs a few
// calls and not one for each of its rows, which fail for that reason; the others go
// on.
func TestAccountGivenUp(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		account sandbox.AccountOptions
		want    jobs.Reason
	}{
		{"denied", sandbox.AccountOptions{Denied: "200"}, jobs.Denied},
		{"unknown", sandbox.AccountOptions{Denied: "100/33"}, jobs.Denied},
		{"read-only", sandbox.AccountOptions{ReadOnly: true}, jobs.Denied},
		{"disabled", sandbox.AccountOptions{Disabled: "1885316"}, jobs.AccountBlocked},
		{"barred", sandbox.AccountOptions{Disabled: "1404163"}, jobs.AccountBlocked},
		{"disabled or throttled", sandbox.AccountOptions{Disabled: "200/4841013"}, jobs.AccountBlocked},
	} {
		for _, verb := range []string{"copy", "delete"} {
			t.Run(test.name+" "+verb, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := jobtest.NewWorld(t, sandbox.Options{})
					w.Has("11")
					w.Has("33")
					w.Has("22")
					const n = 250
					var rows, want []string
					for i := range n {
						image := fmt.Sprint(i)
						w.Has("11", image)
						row := "copy 11 " + image + " 22"
						if verb == "delete" {
							w.Has("22", image)
							row = "delete 22 " + image + " -"
						}
						rows = append(rows, row, "copy 11 "+image+" 33")
						want = append(want, "failed "+string(test.want), "done")
					}
					w.Server.AddAccount("22", test.account)
					w.Manifest(rows...)
					w.Finish(engine.Options{MaxFailures: jobs.Limit{Percent: 100, Set: true}})
					w.Expect(want...)
					calls := w.Server.Stats().Accounts["22"].Calls
					if writes := calls[sandbox.Copy] + calls[sandbox.Delete]; writes > 20 || calls[sandbox.Read] > 20 {
						t.Errorf("%d writes and %d reads were sent to it for %d rows", writes, calls[sandbox.Read], n)
					}
					if r := w.Results()[0]; r.Message == "" || r.Code == 0 {
						t.Errorf("got message %q and code %d, want the API's words", r.Message, r.Code)
					}
				})
			})
		}
	}
}

// An account that is blocked in the middle of a run gets what is on its way and
// no more.
func TestAccountBlockedLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{
			Latency: sandbox.Latency{Min: 100 * time.Millisecond},
			Script:  []sandbox.Rule{{Match: sandbox.Match{Account: "22", Kind: sandbox.Copy, Nth: 500, Count: 1e6}, Fault: sandbox.Fault{Name: "1885316"}}},
		})
		w.Has("11")
		w.Has("22")
		var rows []string
		for i := range 900 {
			w.Has("11", fmt.Sprint(i))
			rows = append(rows, fmt.Sprintf("copy 11 %d 22", i))
		}
		w.Manifest(rows...)
		w.Finish(engine.Options{Rules: quota.Rules{Mode: quota.Off}, Workers: 2, BatchSize: 1, MaxFailures: jobs.Limit{Percent: 100, Set: true}})
		if s := w.Summary(); s.Totals.Done != 499 || s.Reasons[jobs.AccountBlocked] != len(rows)-499 {
			t.Errorf("got %+v and reasons %v, want 499 done and the rest blocked", s.Totals, s.Reasons)
		}
		if n := w.Server.Stats().Calls[sandbox.Copy]; n > 499+2+3 {
			t.Errorf("%d copies were sent after it was blocked", n-499)
		}
	})
}

// A source that stops letting images be deleted is told of no more of them, those
// included whose copies were just confirmed.
func TestDeletesBlockedLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n, before = 100, 20
		w := jobtest.NewWorld(t, sandbox.Options{
			Latency: sandbox.Latency{Min: 50 * time.Millisecond},
			Script:  []sandbox.Rule{{Match: sandbox.Match{Account: "11", Kind: sandbox.Delete, Nth: before + 1, Count: 1e6}, Fault: sandbox.Fault{Name: "1885316"}}},
		})
		w.Has("22")
		var rows []string
		for i := range n {
			w.Has("11", fmt.Sprint(i))
			rows = append(rows, fmt.Sprintf("move 11 %d 22", i))
		}
		w.Manifest(rows...)
		w.Finish(engine.Options{Rules: quota.Rules{Mode: quota.Off}, Workers: 1, BatchSize: 1, MaxFailures: jobs.Limit{Percent: 100, Set: true}})
		if s := w.Summary(); s.Totals.Done != before || s.Totals.Failed != n-before {
			t.Errorf("got %+v and reasons %v, want %d done and the rest failed", s.Totals, s.Reasons, before)
		}
		if n := w.Server.Stats().Calls[sandbox.Delete]; n > before+2+3 {
			t.Errorf("%d deletes were sent after it was blocked", n-before)
		}
	})
}

func TestTokenExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{{Match: sandbox.Match{Kind: sandbox.Copy, Nth: 40, Count: 60}, Fault: sandbox.Fault{Name: "190/463"}}}})
		rows := jobtest.Fill(w, 200)
		w.Manifest(rows...)
		for n := 0; ; n++ {
			err := w.Run(engine.Options{})
			if err == nil {
				break
			}
			jobtest.Is[*jobs.RefusedError](t, err)
			if n == 60 {
				t.Fatal("it never ended")
			}
		}
		if s := w.Summary(); s.Totals.Done != len(rows) || s.Totals.Unknown > 0 {
			t.Errorf("got %+v, want all done", s.Totals)
		}
		w.Once()
	})
}
