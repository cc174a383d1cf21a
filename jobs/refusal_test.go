package jobs_test

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
	"adferry/jobs/quota"
)

// Once the token or the app is refused, whatever the code, nothing more leaves:
// the requests in flight are the last ones.
func TestRefusedRunSendsNoMore(t *testing.T) {
	for _, code := range []string{"190/463", "190/460", "190", "102", "10", "3", "294", "2500", "2635"} {
		t.Run(code, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{
					Latency: sandbox.Latency{Min: 200 * time.Millisecond, Max: 2 * time.Second},
					Script:  []sandbox.Rule{{Match: sandbox.Match{After: 8 * time.Second}, Fault: sandbox.Fault{Name: code}}},
				})
				rows := fill(w, 240)
				w.manifest(rows...)
				api := &refusalWatch{API: w.api.API}
				w.api.API = api
				is[*jobs.RefusedError](t, w.run(jobs.Options{Workers: 4, BatchSize: 3}))
				if api.refused.IsZero() || api.late > 0 {
					t.Errorf("the first refusal came at %v, and %d requests left after it", api.refused, api.late)
				}
				w.server.ClearFaults()
				w.api.API = api.API
				if err := w.run(jobs.Options{}); err != nil {
					t.Fatal(err)
				}
				if s := w.summary(); s.Totals.Done != len(rows) {
					t.Errorf("got %+v, want all done", s.Totals)
				}
				w.once()
			})
		})
	}
}

// refusalWatch notes when the run was refused, and what left after that.
type refusalWatch struct {
	jobs.API
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
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, sandbox.Options{})
					w.has("11")
					w.has("33")
					w.has("22")
					const n = 250
					var rows, want []string
					for i := range n {
						image := fmt.Sprint(i)
						w.has("11", image)
						row := "copy 11 " + image + " 22"
						if verb == "delete" {
							w.has("22", image)
							row = "delete 22 " + image + " -"
						}
						rows = append(rows, row, "copy 11 "+image+" 33")
						want = append(want, "failed "+string(test.want), "done")
					}
					w.server.AddAccount("22", test.account)
					w.manifest(rows...)
					if err := w.run(jobs.Options{MaxFailures: jobs.Share{Percent: 100, Set: true}}); err != nil {
						t.Fatal(err)
					}
					w.expect(want...)
					calls := w.server.Stats().Accounts["22"].Calls
					if writes := calls[sandbox.Copy] + calls[sandbox.Delete]; writes > 20 || calls[sandbox.Read] > 20 {
						t.Errorf("%d writes and %d reads were sent to it for %d rows", writes, calls[sandbox.Read], n)
					}
					if r := w.results()[0]; r.Message == "" || r.Code == 0 {
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
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{
			Latency: sandbox.Latency{Min: 100 * time.Millisecond},
			Script:  []sandbox.Rule{{Match: sandbox.Match{Account: "22", Kind: sandbox.Copy, Nth: 500, Count: 1e6}, Fault: sandbox.Fault{Name: "1885316"}}},
		})
		w.has("11")
		w.has("22")
		var rows []string
		for i := range 900 {
			w.has("11", fmt.Sprint(i))
			rows = append(rows, fmt.Sprintf("copy 11 %d 22", i))
		}
		w.manifest(rows...)
		if err := w.run(jobs.Options{Rules: quota.Rules{Mode: quota.Off}, Workers: 2, BatchSize: 1, MaxFailures: jobs.Share{Percent: 100, Set: true}}); err != nil {
			t.Fatal(err)
		}
		if s := w.summary(); s.Totals.Done != 499 || s.Reasons[jobs.AccountBlocked] != len(rows)-499 {
			t.Errorf("got %+v and reasons %v, want 499 done and the rest blocked", s.Totals, s.Reasons)
		}
		if n := w.server.Stats().Calls[sandbox.Copy]; n > 499+2+3 {
			t.Errorf("%d copies were sent after it was blocked", n-499)
		}
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
