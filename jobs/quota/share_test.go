package quota_test

import (
	"math"
	"testing"
	"time"

	"adferry/graph"
	"adferry/jobs/quota"
)

func TestParseShare(t *testing.T) {
	for _, test := range []struct {
		text string
		want quota.Share // 0: refused
	}{
		{"50%", 0.5}, {"100%", 1}, {"7.5%", 0.075}, {"5%", 0.05},
		{"", 0}, {"50", 0}, {"0%", 0}, {"4.9%", 0}, {"101%", 0}, {"-5%", 0}, {"NaN%", 0}, {"half", 0},
	} {
		var got quota.Share
		if err := got.UnmarshalText([]byte(test.text)); math.Abs(float64(got-test.want)) > 1e-9 || (err == nil) != (test.want > 0) {
			t.Errorf("%q: got %v, %v, want %v", test.text, float64(got), err, float64(test.want))
		}
	}
	if got := quota.Share(0.333).String(); got != "33.3%" {
		t.Errorf("got %s, want 33.3%%", got)
	}
}

// A share is kept in any span and any second, whether anything has shown the limits or not.
func TestShareIsKept(t *testing.T) {
	limited, full := graph.TierLimited, graph.TierFull
	for _, test := range []struct {
		name  string
		mode  quota.Mode
		share quota.Share
		usage graph.AccountUsage
		span  int // writes in five minutes
		burst int // in a second
	}{
		{"nothing known", quota.Auto, 0.5, graph.AccountUsage{}, 10, 10},
		{"Limited", quota.Auto, 0.5, graph.AccountUsage{Tier: limited}, 10, 10},
		{"Limited, a header", quota.Auto, 0.2, graph.AccountUsage{Tier: limited, HasScore: true}, 4, 4},
		{"Full", quota.Auto, 0.1, graph.AccountUsage{Tier: full}, 300, 9},
		{"Full, named", quota.Full, 0.1, graph.AccountUsage{}, 300, 9},
		{"less than one write: one at a time", quota.Limited, 0.01, graph.AccountUsage{}, 1, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			rules := quota.Rules{Mode: test.mode, Share: test.share}
			l := quota.Lane{}.Observe(start, test.usage, rules)
			if got := inSecond(l, quota.Write, rules, math.MaxInt); got > test.burst {
				t.Errorf("got %d writes in a second, want %d at most", got, test.burst)
			}
			now, sent := start, 0
			for {
				if now = l.Next(now, quota.Write, rules); now.Sub(start) >= 299*time.Second {
					break
				}
				l = l.Spend(now, quota.Write, rules).Answered(quota.Write).Passed(now, now, quota.Write)
				sent++
			}
			if sent != test.span {
				t.Errorf("got %d writes in five minutes, want %d", sent, test.span)
			}
		})
	}
}

func TestShareOfApp(t *testing.T) {
	a := quota.App{Share: 0.5}.Observe(start, 0)
	sent := 0
	for now := start; sent < 200_000; sent++ {
		if a.Next(now).After(now) {
			break
		}
		a = a.Spend(now).Answered()
	}
	if sent != 100_000 {
		t.Errorf("got %d calls, want half of the 200,000 that are assumed", sent)
	}
}

func TestBudgetsShared(t *testing.T) {
	b, _ := quota.Documented(graph.TierLimited)
	if got := b.Shared(0.5); got.Calls != 150 || got.Score != 30 || got.PerSecond != 50 {
		t.Errorf("got %+v", got)
	}
	if got := b.Shared(0); got != b {
		t.Errorf("got %+v, want all", got)
	}
}
