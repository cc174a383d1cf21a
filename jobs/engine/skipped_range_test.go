package engine_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/jobs/quota"
)

// While one source has to wait, copies from others go on, however many of the
// first come before them in the manifest. What cannot be sent yet is not read, but
// for a window of it.
func TestParkedSource(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		tier  sandbox.Tier
		rows  int // from the source that waits
		mode  quota.Mode
		reads int // calls to read the target meanwhile

		standing bool // the wait began in an earlier process
		batch    int
	}{
		"Full":      {sandbox.Full, 3000, quota.Auto, 20, false, 1},
		"Limited":   {sandbox.Limited, 600, quota.Auto, 8, false, 1},
		"off":       {sandbox.Full, 3000, quota.Off, 20, false, 1},
		"restarted": {sandbox.Limited, 600, quota.Auto, 16, true, 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, sandbox.Options{
					Tier: test.tier, Latency: sandbox.Latency{Min: 20 * time.Millisecond},
					Script: []sandbox.Rule{{
						Match: sandbox.Match{Account: "11", Kind: sandbox.Read, Nth: 1},
						Fault: sandbox.Fault{Name: "80004/2446079", Regain: 5 * time.Hour, Hold: 5 * time.Hour},
					}},
				})
				w.Has("22")
				var rows []string
				for i := range test.rows {
					w.Has("11", fmt.Sprint("a", i))
					rows = append(rows, fmt.Sprint("copy 11 a", i, " 22"))
				}
				for i := range 40 {
					w.Has("33", fmt.Sprint("b", i))
					rows = append(rows, fmt.Sprint("copy 33 b", i, " 22"))
				}
				w.Manifest(rows...)
				if test.standing {
					jobtest.Is[*jobs.ThrottledError](t, w.Run(engine.Options{StopOnThrottle: true}))
				}
				began := time.Now()
				time.AfterFunc(5*time.Hour-time.Minute, func() {
					if n := w.Server.Stats().Accounts["22"].Calls[sandbox.Read]; n > test.reads {
						t.Errorf("got %d reads of the target while the source had to wait, want %d at most", n, test.reads)
					}
				})
				w.Finish(engine.Options{BatchSize: test.batch, Rules: quota.Rules{Mode: test.mode}})
				early := 0
				for _, e := range w.Server.Log() {
					if e.Kind == sandbox.Copy && e.Time.Sub(began) < 5*time.Hour-time.Minute {
						early++
					}
				}
				if early != 40 {
					t.Errorf("got %d copies while the other source had to wait, want 40", early)
				}
				wantCopies(t, w, len(rows))
			})
		})
	}
}

// Sources that come and go: every row is carried out, and once.
func TestGaps(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := rand.New(rand.NewPCG(seed, 1))
				o := sandbox.Options{Seed: seed, Tier: []sandbox.Tier{sandbox.Limited, sandbox.Full}[d.IntN(2)], Latency: sandbox.Latency{Min: time.Millisecond, Max: time.Second}}
				for range 30 {
					wait := time.Duration(10+d.IntN(2000)) * time.Second
					o.Script = append(o.Script, sandbox.Rule{
						Match: sandbox.Match{Account: fmt.Sprint(11 * (1 + d.IntN(4))), Kind: sandbox.Read, Nth: 1 + d.IntN(12)},
						Fault: sandbox.Fault{Name: "80004/2446079", Regain: wait, Hold: wait},
					})
				}
				w := jobtest.NewWorld(t, o)
				for _, a := range []string{"11", "22", "33", "44", "55", "66"} {
					w.Has(a)
				}
				var rows []string
				for len(rows) < 450 {
					source, target := 11*(1+d.IntN(4)), 11*(5+d.IntN(2))
					for range 1 + d.IntN(150) {
						name := fmt.Sprint("i", len(rows))
						w.Has(fmt.Sprint(source), name)
						rows = append(rows, fmt.Sprintf("copy %d %s %d", source, name, target))
					}
				}
				w.Manifest(rows...)
				w.Finish(engine.Options{BatchSize: 1, Workers: 1 + d.IntN(6)})
				wantCopies(t, w, len(rows))
			})
		})
	}
}

// wantCopies wants so many copies done, each by one write that took effect. A throttled write is
// sent again.
func wantCopies(t *testing.T, w *jobtest.World, n int) {
	t.Helper()
	if s := w.Summary(); s.Totals.Done != n {
		t.Errorf("got %+v, want all %d done", s.Totals, n)
	}
	took, stats := 0, w.Server.Stats()
	for _, e := range w.Server.Log() {
		if e.Kind == sandbox.Copy {
			took++
		}
	}
	if most := n + stats.Throttled; took != n || stats.Calls[sandbox.Copy] > most {
		t.Errorf("%d of %d copies sent took effect, want %d of %d at most", took, stats.Calls[sandbox.Copy], n, most)
	}
}
