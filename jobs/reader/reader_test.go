package reader_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/jobtest"
	"adferry/jobs/quota"
	"adferry/jobs/reader"
	"adferry/plan"
)

// shelve puts n images into each account.
func shelve(w *jobtest.World, n int, accounts ...plan.Account) {
	for _, a := range accounts {
		w.Server.AddAccount(string(a), sandbox.AccountOptions{})
		for i := range n {
			w.Server.AddImage(string(a), sandbox.Image{Hash: string(jobtest.Hash(fmt.Sprint(a, " ", i))), Name: fmt.Sprintf("%d.jpg", i)})
		}
	}
}

// list lists the accounts and returns the hashes of each, in the order in which
// they came.
func list(w *jobtest.World, o dispatch.Options, q graph.Query, accounts ...plan.Account) (map[plan.Account][]string, error) {
	got := map[plan.Account][]string{}
	o.Observe = func(e jobs.Event) { w.Events = append(w.Events, e) }
	err := reader.New(w.Wire, o).List(context.Background(), accounts, q, func(a plan.Account, r graph.Reply) error {
		for _, i := range r.Images {
			got[a] = append(got[a], i.Hash)
		}
		return nil
	})
	return got, err
}

// complete fails the test unless each account's images were listed, each once.
func complete(w *jobtest.World, got map[plan.Account][]string, accounts ...plan.Account) {
	w.T.Helper()
	for _, a := range accounts {
		images := w.Server.Images(string(a))
		hashes := slices.Sorted(slices.Values(got[a]))
		if !slices.EqualFunc(images, hashes, func(i sandbox.Image, h string) bool { return i.Hash == h }) {
			w.T.Errorf("%s: got %d images listed, want its %d, each once", a, len(got[a]), len(images))
		}
	}
}

func TestListPages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Latency: sandbox.Latency{Min: 100 * time.Millisecond}})
		accounts := []plan.Account{"11", "22", "33", "44"}
		shelve(w, 1200, accounts...)
		shelve(w, 0, "55")
		got, err := list(w, dispatch.Options{Workers: 3}, graph.Query{}, append(accounts, "55", "11")...)
		if err != nil {
			t.Fatal(err)
		}
		complete(w, got, append(accounts, "55")...)
		if !slices.IsSorted(got["11"]) {
			t.Error("the pages of an account came out of order")
		}
		if most := w.Wire.Most.Load(); most != 3 {
			t.Errorf("got up to %d requests in flight, want 3", most)
		}
		if n := w.Server.Stats().Requests; n != 13 {
			t.Errorf("got %d requests, want 3 for each account and 1 for the empty one", n)
		}
	})
}

// A big account and a slow caller keep nobody waiting: accounts take turns.
func TestListIsFair(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Latency: sandbox.Latency{Min: 100 * time.Millisecond}})
		shelve(w, 2000, "11")
		small := []plan.Account{"21", "22", "23", "24", "25"}
		shelve(w, 10, small...)
		var order []plan.Account
		err := reader.New(w.Wire, dispatch.Options{Workers: 1}).List(context.Background(), append([]plan.Account{"11"}, small...), graph.Query{Limit: 10},
			func(a plan.Account, r graph.Reply) error {
				order = append(order, a)
				return nil
			})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range small {
			if at := slices.Index(order, a); at > 6 {
				t.Errorf("%s came after %d pages of others", a, at)
			}
		}
	})
}

// Throttles cost no attempt, nothing is sent while they last, and the other
// accounts are read meanwhile.
func TestListThrottled(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"17/2446079", "80004/2446079", "613/1487742", "613/5044001", "4", "341", "17", "613", "200/4841013", "368"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, sandbox.Options{Latency: sandbox.Latency{Min: 100 * time.Millisecond}, Script: []sandbox.Rule{{
					Match: sandbox.Match{Account: "22", Nth: 3, Count: 1},
					Fault: sandbox.Fault{Name: code, Hold: 20 * time.Minute, Regain: 20 * time.Minute},
				}}})
				accounts := []plan.Account{"11", "22"}
				shelve(w, 1000, accounts...)
				began, others := time.Now(), time.Time{}
				got := map[plan.Account][]string{}
				err := reader.New(w.Wire, dispatch.Options{Attempts: 1}).List(context.Background(), accounts, graph.Query{Limit: 100}, func(a plan.Account, r graph.Reply) error {
					for _, i := range r.Images {
						got[a] = append(got[a], i.Hash)
					}
					if a == "11" {
						others = time.Now()
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				complete(w, got, accounts...)
				app := code == "4" || code == "341" || code == "17" || code == "613"
				if took := others.Sub(began); !app && took > 2*time.Second {
					t.Errorf("the other account took %v", took)
				}
				if took := time.Since(began); took < 20*time.Minute || took > time.Hour {
					t.Errorf("got %v for a block of 20 minutes", took)
				}
				most := 26 // a second of throttles that last one is asked about with a probe after 1, 2, 4, ... s
				if strings.HasPrefix(code, "80004") {
					most = 1
				}
				if n := w.Server.Stats().Throttled; n > most {
					t.Errorf("%d calls were throttled", n)
				}
			})
		})
	}
}

// A limit on how much may be asked is found by halving, and the page size grows
// back when it is gone.
func TestListReduced(t *testing.T) {
	t.Parallel()
	for _, above := range []int{1, 60, 300} {
		t.Run(fmt.Sprint(above), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, sandbox.Options{Variants: sandbox.Variants{ReduceAbove: above}})
				shelve(w, 20*above, "11")
				got, err := list(w, dispatch.Options{Attempts: 1}, graph.Query{}, "11")
				if err != nil {
					t.Fatal(err)
				}
				complete(w, got, "11")
				if n := w.Server.Stats().Requests; n > 80 {
					t.Errorf("got %d requests for 20 pages of the best size", n)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{{Match: sandbox.Match{Nth: 1, Count: 3}, Fault: sandbox.Fault{Name: "reduce"}}}})
		shelve(w, 20_000, "11")
		got, err := list(w, dispatch.Options{}, graph.Query{}, "11")
		if err != nil {
			t.Fatal(err)
		}
		complete(w, got, "11")
		if n := w.Server.Stats().Requests; n > 100 {
			t.Errorf("got %d requests: the page size did not grow back", n)
		}
	})
}

func TestListThroughTrouble(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"cut", "timeout", "html_502", "html_504", "empty_503", "truncated", "error_empty", "error_200", "1", "2", "960", "empty_list", "throttle"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, sandbox.Options{Rates: map[string]float64{fault: 0.2}, Seed: 3})
				accounts := []plan.Account{"11", "22", "33"}
				shelve(w, 500, accounts...)
				got, err := list(w, dispatch.Options{}, graph.Query{Limit: 20}, accounts...)
				if err != nil {
					t.Fatal(err)
				}
				complete(w, got, accounts...)
			})
		})
	}
}

// An account that answers with empty lists while it is throttled is not empty.
func TestListDoubtsEmptyLists(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Variants: sandbox.Variants{EmptyWhenThrottled: true}, Limits: sandbox.Limits{Score: sandbox.Sliding, MaxScore: 20, Block: 5 * time.Minute}})
		shelve(w, 400, "11", "22")
		got, err := list(w, dispatch.Options{}, graph.Query{Limit: 10}, "11", "22")
		if err != nil {
			t.Fatal(err)
		}
		complete(w, got, "11", "22")
	})
}

// One account fails in whatever way; the others are listed to their end.
func TestListOneAccountFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options sandbox.AccountOptions
		fault   string
		class   graph.Class
		calls   int
	}{
		"denied":          {sandbox.AccountOptions{Denied: "200"}, "", graph.RefusedAccount, 3},
		"unknown":         {sandbox.AccountOptions{Denied: "100/33"}, "", graph.RefusedAccount, 3},
		"a refused field": {sandbox.AccountOptions{}, "100", graph.RefusedItem, 2},
		"blocked":         {sandbox.AccountOptions{}, "368", graph.MaybeThrottled, 6},
		"always failing":  {sandbox.AccountOptions{}, "2", graph.Transient, 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, sandbox.Options{})
				var accounts []plan.Account
				for i := range 40 {
					accounts = append(accounts, plan.Account(fmt.Sprint(100+i)))
				}
				shelve(w, 30, accounts...)
				w.Server.AddAccount("117", test.options)
				if test.fault != "" {
					_ = w.Server.Inject(sandbox.Rule{Match: sandbox.Match{Account: "117"}, Fault: sandbox.Fault{Name: test.fault}})
				}
				got, err := list(w, dispatch.Options{}, graph.Query{}, accounts...)
				if failed := jobtest.Is[*reader.AccountError](t, err); failed.Account != "117" || failed.Err.Class != test.class {
					t.Errorf("got %v, want 117 to fail as %v", failed, test.class)
				}
				if joined, ok := err.(interface{ Unwrap() []error }); !ok || len(joined.Unwrap()) != 1 {
					t.Errorf("got %v, want one account's error", err)
				}
				complete(w, got, slices.DeleteFunc(accounts, func(a plan.Account) bool { return a == "117" })...)
				calls := 0
				for _, n := range w.Server.Stats().Accounts["117"].Calls {
					calls += n
				}
				if calls != test.calls {
					t.Errorf("got %d calls to it, want %d", calls, test.calls)
				}
			})
		})
	}
}

// An account whose last read is refused is not over before it is known by whom, even
// if nothing else of it is left to read.
func TestFindRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Latency: sandbox.Latency{Min: 100 * time.Millisecond}})
		shelve(w, 60, "11", "22")
		w.Server.AddAccount("22", sandbox.AccountOptions{Denied: "200"})
		found := 0
		err := reader.New(w.Wire, dispatch.Options{}).Find(context.Background(), []plan.Account{"11", "22"}, graph.Query{Fields: []string{graph.FieldHash}},
			func(a plan.Account) iter.Seq2[plan.Hash, error] {
				return func(yield func(plan.Hash, error) bool) { yield(jobtest.Hash(fmt.Sprint(a, " ", 1)), nil) }
			}, func(reader.Found) error { found++; return nil })
		if failed := jobtest.Is[*reader.AccountError](t, err); failed.Account != "22" || found != 1 {
			t.Errorf("got %v and %d found, want 22 to fail", err, found)
		}
	})
}

// What ends a listing as a whole.
func TestListStops(t *testing.T) {
	t.Parallel()
	throttle := []sandbox.Rule{{Match: sandbox.Match{Nth: 3, Count: 1}, Fault: sandbox.Fault{Name: "80004/2446079", Hold: time.Hour, Regain: time.Hour}}}
	broken := errors.New("broken pipe")
	for name, test := range map[string]struct {
		server  sandbox.Options
		options dispatch.Options
		context func(context.Context) (context.Context, context.CancelFunc)
		each    func() error
		want    func(*testing.T, error)
	}{
		"token": {server: sandbox.Options{Script: []sandbox.Rule{{Match: sandbox.Match{Nth: 3}, Fault: sandbox.Fault{Name: "190/463"}}}},
			want: func(t *testing.T, err error) {
				if e := jobtest.Is[*jobs.RefusedError](t, err); e.Err.Code != 190 {
					t.Errorf("got %v", e)
				}
			}},
		"a throttle that must not be": {server: sandbox.Options{Script: throttle}, options: dispatch.Options{StopOnThrottle: true},
			want: func(t *testing.T, err error) { jobtest.Is[*jobs.ThrottledError](t, err) }},
		"a wait that is too long": {server: sandbox.Options{Script: throttle}, options: dispatch.Options{MaxWait: 10 * time.Minute},
			want: func(t *testing.T, err error) {
				if e := jobtest.Is[*jobs.ThrottledError](t, err); e.Account != "11" && e.Account != "22" {
					t.Errorf("got %v, want the account named", e)
				}
			}},
		"time": {server: sandbox.Options{Script: throttle}, options: dispatch.Options{MaxDuration: 10 * time.Minute},
			want: wantError(jobs.ErrDuration)},
		"a signal": {server: sandbox.Options{Script: throttle},
			context: func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeoutCause(ctx, 10*time.Minute, jobs.ErrInterrupted)
			}, want: wantError(jobs.ErrInterrupted)},
		"the caller": {each: func() error { return broken }, want: wantError(broken)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				test.server.Latency.Min = 100 * time.Millisecond
				w := jobtest.NewWorld(t, test.server)
				shelve(w, 100, "11", "22")
				ctx, cancel := context.Background(), context.CancelFunc(func() {})
				if test.context != nil {
					ctx, cancel = test.context(ctx)
				}
				defer cancel()
				began := time.Now()
				err := reader.New(w.Wire, test.options).List(ctx, []plan.Account{"11", "22"}, graph.Query{Limit: 10}, func(plan.Account, graph.Reply) error {
					if test.each != nil {
						return test.each()
					}
					return nil
				})
				test.want(t, err)
				if took := time.Since(began); took > 11*time.Minute {
					t.Errorf("it took %v to stop", took)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		err := reader.New(jobtest.NoNetwork{}, dispatch.Options{}).List(context.Background(), []plan.Account{"11"}, graph.Query{}, nil)
		jobtest.Is[*jobs.OfflineError](t, err)
	})
}

func wantError(want error) func(*testing.T, error) {
	return func(t *testing.T, err error) {
		if !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{{Match: sandbox.Match{Account: "22", Nth: 1, Count: 1}, Fault: sandbox.Fault{Name: "empty_list"}}}})
		shelve(w, 700, "11", "22")
		shelve(w, 0, "33")
		got := map[plan.Account]int{}
		err := reader.New(w.Wire, dispatch.Options{}).Count(context.Background(), []plan.Account{"11", "22", "33", "44"}, graph.Query{}, func(a plan.Account, n int) error {
			got[a] = n
			return nil
		})
		if failed := jobtest.Is[*reader.AccountError](t, err); failed.Account != "44" {
			t.Errorf("got %v, want 44 to be unknown", err)
		}
		if want := (map[plan.Account]int{"11": 700, "22": 700, "33": 0}); !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// Images are found by hash, in bulk and several reads at once, whatever goes
// wrong; hashes are taken as they are asked for.
func TestFind(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]sandbox.Options{
		"plain":      {},
		"reduced":    {Variants: sandbox.Variants{ReduceAbove: 7}},
		"no headers": {Headers: sandbox.Headers{None: true}},
		"cut":        {Rates: map[string]float64{"cut": 0.2}, Seed: 4},
		"empty":      {Rates: map[string]float64{"empty_list": 0.2}, Seed: 4},
		"throttle":   {Rates: map[string]float64{"throttle": 0.1}, Seed: 4},
		"limited":    {Tier: sandbox.Limited, Limits: sandbox.Limits{Score: sandbox.Linear}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o.Latency.Min = 100 * time.Millisecond
				w := jobtest.NewWorld(t, o)
				accounts := []plan.Account{"11", "22", "33"}
				shelve(w, 1000, accounts...)
				w.Server.AddImage("11", sandbox.Image{Hash: string(jobtest.Hash("11 5")), Status: sandbox.Deleted})
				w.Server.AddAccount("33", sandbox.AccountOptions{Denied: "200"})
				ahead, told := 0, map[string]bool{}
				hashes := func(a plan.Account) iter.Seq2[plan.Hash, error] {
					return func(yield func(plan.Hash, error) bool) {
						for i := range 1500 {
							if ahead++; !yield(jobtest.Hash(fmt.Sprint(a, " ", i)), nil) {
								return
							}
						}
					}
				}
				most, missing, deleted := 0, 0, 0
				err := reader.New(w.Wire, dispatch.Options{}).Find(context.Background(), accounts, graph.Query{Fields: []string{graph.FieldHash, graph.FieldStatus}}, hashes, func(f reader.Found) error {
					most = max(most, ahead-len(told))
					if told[string(f.Account+":")+string(f.Hash)] {
						t.Errorf("%s in %s came twice", f.Hash, f.Account)
					}
					told[string(f.Account+":")+string(f.Hash)] = true
					switch {
					case f.Image == nil:
						missing++
					case f.Image.Deleted():
						deleted++
					}
					return nil
				})
				if failed := jobtest.Is[*reader.AccountError](t, err); failed.Account != "33" {
					t.Errorf("got %v, want 33 to be denied", err)
				}
				if len(told) != 3000 || missing != 1000 || deleted != 1 {
					t.Errorf("got %d images, %d missing, %d deleted; want 3000, 1000, 1", len(told), missing, deleted)
				}
				if most > 2*8*50+8*50 { // the denied account's were taken in vain
					t.Errorf("%d hashes were taken and not told of", most)
				}
				if name == "plain" && w.Wire.Most.Load() != 8 {
					t.Errorf("got up to %d requests at once, want 8", w.Wire.Most.Load())
				}
			})
		})
	}
}

// What a job knows of the quotas holds for reading, too: nothing is sent before a
// park is over.
func TestReaderRecalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		shelve(w, 10, "11", "22")
		r := reader.New(w.Wire, dispatch.Options{})
		until := time.Now().Add(time.Hour)
		r.SetQuotas(jobs.ResumePoint{Lanes: []jobs.LaneState{{Account: "22", ParkedUntil: until}, {Account: "11", ParkedUntil: time.Now().Add(-time.Minute)}, {}}})
		err := r.List(context.Background(), []plan.Account{"11", "22"}, graph.Query{}, func(a plan.Account, _ graph.Reply) error {
			if early := time.Now().Before(until); early != (a == "11") {
				t.Errorf("%s was read %v before the park's end", a, time.Until(until))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// Under the documented limits of Limited access, a thousand pages of two accounts
// take about as long as the quota asks for, and are refused next to never.
func TestListKeepsQuota(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Tier: sandbox.Limited, Latency: sandbox.Latency{Min: 200 * time.Millisecond}})
		shelve(w, 880, "11", "22") // a few calls more may be needed than there are pages
		began := time.Now()
		got, err := list(w, dispatch.Options{Rules: quota.Rules{Mode: quota.Auto}}, graph.Query{Limit: 1}, "11", "22")
		if err != nil {
			t.Fatal(err)
		}
		complete(w, got, "11", "22")
		if took := time.Since(began); took < 2*time.Hour || took > 150*time.Minute {
			t.Errorf("880 calls at 300 an hour took %v", took)
		}
		if n := w.Server.Stats().Throttled; n > 12 {
			t.Errorf("%d calls were throttled", n)
		}
	})
}
