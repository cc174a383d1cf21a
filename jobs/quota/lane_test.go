package quota_test

import (
	"testing"
	"time"

	"adferry/graph"
	"adferry/jobs/quota"
)

func TestLaneBurst(t *testing.T) {
	const unlimited = 20_000
	limited, full := graph.TierLimited, graph.TierFull
	byCalls := func(t graph.Tier) graph.AccountUsage { return graph.AccountUsage{HasCalls: true, Tier: t} }
	byScore := func(t graph.Tier) graph.AccountUsage { return graph.AccountUsage{HasScore: true, Tier: t} }
	for _, test := range []struct {
		name          string
		mode          quota.Mode
		usage         graph.AccountUsage
		reads, writes int // sent at once until the lane says wait
	}{
		{"auto, nothing known", quota.Auto, graph.AccountUsage{}, unlimited, unlimited},
		{"auto, hourly header, no tier", quota.Auto, byCalls(0), unlimited, unlimited},
		{"auto, tier, no header of a budget", quota.Auto, graph.AccountUsage{Tier: limited}, unlimited, unlimited},
		{"auto, hourly header, Limited", quota.Auto, byCalls(limited), 300, 300},
		{"auto, score header, Limited", quota.Auto, byScore(limited), 60, 20},
		{"auto, both headers, Limited", quota.Auto, graph.AccountUsage{HasCalls: true, HasScore: true, Tier: limited}, 60, 20},
		{"auto, score header, Full", quota.Auto, byScore(full), 9000, 3000},
		{"limited, nothing known", quota.Limited, graph.AccountUsage{}, 60, 20},
		{"limited, whatever the API reports", quota.Limited, byCalls(full), 60, 20},
		{"full, nothing known", quota.Full, graph.AccountUsage{}, 9000, 3000},
		{"full, whatever the API reports", quota.Full, byScore(limited), 9000, 3000},
		{"off, whatever the API reports", quota.Off, graph.AccountUsage{HasCalls: true, HasScore: true, Calls: 100, Score: 100, Tier: limited}, unlimited, unlimited},
	} {
		t.Run(test.name, func(t *testing.T) {
			rules := quota.Rules{Mode: test.mode}
			l := quota.Lane{}.Observe(start, test.usage, rules)
			if got := burst(l, quota.Read, rules, unlimited); got != test.reads {
				t.Errorf("got %d reads at once, want %d", got, test.reads)
			}
			if got := burst(l, quota.Write, rules, unlimited); got != test.writes {
				t.Errorf("got %d writes at once, want %d", got, test.writes)
			}
		})
	}
}

func TestLaneLearnsBudgetFromThrottle(t *testing.T) {
	for _, test := range []struct {
		name      string
		code, sub int
		reads     int
	}{
		{"hourly", 80004, 2446079, 300},
		{"score", 17, 2446079, 60},
		{"score, of the account's calls", 613, 1487742, 60},
		{"neither", 613, 5044001, 1000},
	} {
		t.Run(test.name, func(t *testing.T) {
			var rules quota.Rules
			l := quota.Lane{Tier: graph.TierLimited}
			l = l.Throttled(start, &graph.Error{Class: graph.ThrottledAccount, Code: test.code, Subcode: test.sub}, graph.AccountUsage{})
			l = l.Passed(l.Block.Until)
			if got := burst(l, quota.Read, rules, 1000); got != test.reads {
				t.Errorf("got %d reads at once after the block, want %d", got, test.reads)
			}
		})
	}
}

// What was spent before the tier was known counts once it is.
func TestLaneRemembersWhatItSent(t *testing.T) {
	var l quota.Lane
	for range 100 {
		l = l.Spend(start, quota.Read, quota.Rules{})
	}
	l = l.Observe(start, graph.AccountUsage{HasCalls: true, Tier: graph.TierLimited}, quota.Rules{})
	if got := burst(l, quota.Read, quota.Rules{}, 1000); got != 200 {
		t.Errorf("got %d more reads, want 200", got)
	}
}

func TestLaneBelievesReportedScore(t *testing.T) {
	usage := graph.AccountUsage{HasScore: true, Score: 50, Tier: graph.TierLimited}
	l := quota.Lane{}.Observe(start, usage, quota.Rules{})
	if got := burst(l, quota.Write, quota.Rules{}, 1000); got != 10 {
		t.Errorf("got %d writes, want 10: half of the score is used up by others", got)
	}
	l = l.Spend(start, quota.Write, quota.Rules{}).Observe(start, graph.AccountUsage{HasScore: true}, quota.Rules{})
	if got := burst(l, quota.Write, quota.Rules{}, 1000); got != 9 {
		t.Errorf("got %d writes, want 9: a report that lags frees nothing", got)
	}
}

func TestLaneObserve(t *testing.T) {
	for _, test := range []struct {
		name   string
		mode   quota.Mode
		parked time.Duration // before the answer
		usage  graph.AccountUsage
		want   time.Duration
	}{
		{"quiet", quota.Auto, 0, graph.AccountUsage{HasCalls: true, Calls: 97.9}, 0},
		{"hour nearly used up", quota.Auto, 0, graph.AccountUsage{HasCalls: true, Calls: 98}, time.Minute},
		{"score nearly used up", quota.Auto, 0, graph.AccountUsage{HasScore: true, Score: 99.5}, time.Minute},
		{"beyond the limit", quota.Full, 0, graph.AccountUsage{HasCalls: true, Calls: 118}, time.Minute},
		// Seen in February 2022: call_count 19 and ten minutes to wait.
		{"a regain time on a success", quota.Auto, 0, graph.AccountUsage{HasCalls: true, Calls: 19, Regain: 10 * time.Minute}, 10 * time.Minute},
		{"a regain time goes before the brake", quota.Auto, 0, graph.AccountUsage{HasCalls: true, Calls: 100, Regain: 47 * time.Minute}, 47 * time.Minute},
		{"a longer regain time counts while parked", quota.Auto, 5 * time.Minute, graph.AccountUsage{HasCalls: true, Regain: 9 * time.Minute}, 9 * time.Minute},
		{"a shorter one does not", quota.Auto, 5 * time.Minute, graph.AccountUsage{HasCalls: true, Regain: time.Minute}, 5 * time.Minute},
		{"nor does the brake", quota.Auto, 5 * time.Second, graph.AccountUsage{HasCalls: true, Calls: 100}, 5 * time.Second},
		{"off: no regain time", quota.Off, 0, graph.AccountUsage{HasCalls: true, Regain: 10 * time.Minute}, 0},
		{"off: no brake", quota.Off, 0, graph.AccountUsage{HasCalls: true, Calls: 100}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var l quota.Lane
			if test.parked > 0 {
				l.Block = l.Block.Close(start, test.parked, 0, 0)
			}
			l = l.Observe(start, test.usage, quota.Rules{Mode: test.mode})
			if got := l.Next(start, quota.Read, quota.Rules{Mode: test.mode}).Sub(start); got != test.want {
				t.Errorf("got a wait of %v, want %v", got, test.want)
			}
		})
	}
}

// The brake is for what others do: the lane itself keeps to its budgets.
func TestLaneBrakesForOthersOnly(t *testing.T) {
	limited := graph.AccountUsage{Tier: graph.TierLimited}
	for _, test := range []struct {
		name         string
		mode         quota.Mode
		calls, score float64
		sent         int // reads of its own
		want         time.Duration
	}{
		{"all calls its own", quota.Auto, 100, 0, 300, 0},
		{"all points its own", quota.Auto, 0, 100, 60, 0},
		{"calls of others", quota.Auto, 98, 0, 290, time.Minute},
		{"points of others", quota.Auto, 0, 98, 57, time.Minute},
		{"CPU time", quota.Auto, 100, 0, 10, time.Minute},
		{"a smaller limit than documented", quota.Full, 100, 0, 300, time.Minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			rules := quota.Rules{Mode: test.mode}
			usage := limited
			usage.HasCalls, usage.HasScore = test.calls > 0, test.score > 0
			l := quota.Lane{}.Observe(start, usage, rules)
			for range test.sent {
				l = l.Spend(start, quota.Read, rules)
			}
			usage.Calls, usage.Score = test.calls, test.score
			l = l.Observe(start, usage, rules)
			if got := l.Block.Next(start).Sub(start); got != test.want {
				t.Errorf("got the brake for %v, want %v", got, test.want)
			}
		})
	}
}

func TestLaneThrottled(t *testing.T) {
	account := graph.Error{Class: graph.ThrottledAccount, Code: 80004, Subcode: 2446079}
	for _, test := range []struct {
		name  string
		err   graph.Error
		tier  graph.Tier
		usage graph.AccountUsage
		want  time.Duration
	}{
		{"named", account, graph.TierLimited, graph.AccountUsage{HasCalls: true, Calls: 100, Regain: 7 * time.Minute}, 7 * time.Minute},
		{"Limited, guessed", account, graph.TierLimited, graph.AccountUsage{}, 5 * time.Minute},
		{"Full, guessed", account, graph.TierFull, graph.AccountUsage{}, time.Minute},
		{"unknown, guessed", account, graph.TierUnknown, graph.AccountUsage{}, time.Minute},
		{"score full: until it is drained", account, graph.TierFull, graph.AccountUsage{HasScore: true, Score: 100, Reset: 290 * time.Second}, 290 * time.Second},
		{"score not full: its drain is another matter", account, graph.TierFull, graph.AccountUsage{HasScore: true, Score: 80, Reset: 240 * time.Second}, time.Minute},
		{"the longer of both", account, graph.TierFull, graph.AccountUsage{HasCalls: true, Regain: 3 * time.Minute, HasScore: true, Score: 120, Reset: 100 * time.Second}, 3 * time.Minute},
		{"requests a second", graph.Error{Class: graph.ThrottledAccount, Code: 613, Subcode: 5044001}, graph.TierFull, graph.AccountUsage{}, time.Second},
		{"perhaps a block", graph.Error{Class: graph.MaybeThrottled, Code: 200, Subcode: 4841013}, graph.TierFull, graph.AccountUsage{}, 5 * time.Minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, mode := range []quota.Mode{quota.Auto, quota.Full, quota.Limited, quota.Off} {
				rules := quota.Rules{Mode: mode}
				l := quota.Lane{Tier: test.tier}.Throttled(start, &test.err, test.usage)
				if got := l.Next(start, quota.Read, rules).Sub(start); got != test.want {
					t.Errorf("%v: got a wait of %v, want %v", mode, got, test.want)
				}
				back := start.Add(test.want)
				if l = l.Spend(back, quota.Read, rules); !l.Next(back, quota.Read, rules).Equal(quota.Never) {
					t.Errorf("%v: got a second call beside the probe", mode)
				}
				if l = l.Passed(back); l.Next(back, quota.Read, rules) != back {
					t.Errorf("%v: got a closed lane after the probe had passed", mode)
				}
			}
		})
	}
}

func TestLaneMaxRate(t *testing.T) {
	for _, mode := range []quota.Mode{quota.Auto, quota.Full, quota.Off} {
		t.Run(mode.String(), func(t *testing.T) {
			rules := quota.Rules{Mode: mode, MaxRate: 4}
			var l quota.Lane
			now := start
			for i := range 10 {
				if got, want := now.Sub(start), time.Duration(i)*250*time.Millisecond; got != want {
					t.Fatalf("write %d: got %v, want %v", i, got, want)
				}
				l = l.Spend(now, quota.Write, rules)
				if got := l.Next(now, quota.Read, rules); !got.Equal(now) {
					t.Errorf("got a read held for %v, want reads at any rate", got.Sub(now))
				}
				l = l.Spend(now, quota.Read, rules)
				now = l.Next(now, quota.Write, rules)
			}
			idle := now.Add(time.Hour)
			l = l.Spend(idle, quota.Write, rules)
			if got := l.Next(idle, quota.Write, rules).Sub(idle); got != 250*time.Millisecond {
				t.Errorf("after an hour's pause: got %v, want 250ms; a pause saves up nothing", got)
			}
		})
	}
}

func TestModeText(t *testing.T) {
	for _, word := range []string{"auto", "full", "limited", "off"} {
		var m quota.Mode
		if err := m.UnmarshalText([]byte(word)); err != nil || m.String() != word {
			t.Errorf("%s: got %v, %v", word, m, err)
		}
	}
	for _, word := range []string{"", "Full", "unknown", "0"} {
		m := quota.Limited
		if err := m.UnmarshalText([]byte(word)); err == nil || m != quota.Limited {
			t.Errorf("%q: got %v, %v, want an error and the mode as it was", word, m, err)
		}
	}
	if got := quota.Mode(200).String(); got != "unknown" {
		t.Errorf("got %q, want unknown", got)
	}
}

// burst counts how many calls the lane lets go at one moment.
func burst(l quota.Lane, c quota.Cost, r quota.Rules, most int) int {
	for n := range most {
		if l.Next(start, c, r).After(start) {
			return n
		}
		l = l.Spend(start, c, r)
	}
	return most
}
