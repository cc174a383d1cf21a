package quota_test

import (
	"testing"
	"time"

	"adferry/graph"
	"adferry/jobs/quota"
)

// full is a lane that sent as much as headers told just now, and may still send a read.
func full(tier graph.Tier, level float64, reset time.Duration) quota.Lane {
	var r quota.Rules
	b, _ := quota.Documented(tier)
	l := quota.Lane{}.Observe(start, graph.AccountUsage{HasScore: true, Score: 50, Reset: reset / 2, Tier: tier}, r)
	for range int(level / 100 * float64(b.Score) / 3) {
		l = l.Spend(start, quota.Write, r).Answered(quota.Write)
	}
	return l.Observe(start, graph.AccountUsage{HasScore: true, Score: level, Reset: reset, Tier: tier}, r)
}

func check(l quota.Lane, now time.Time) (quota.Lane, time.Time) {
	l = l.Spend(now, quota.Read, quota.Rules{})
	return l.Answered(quota.Read), now
}

func TestCheck(t *testing.T) {
	const never = time.Duration(-1)
	throttled := func(l quota.Lane) quota.Lane {
		at := l.Check(start, quota.Rules{})
		l, left := check(l, at)
		e := &graph.Error{Class: graph.ThrottledAccount, Code: 17, Subcode: 2446079}
		l = l.Throttled(left, at, e, graph.AccountUsage{})
		return l.Spend(at.Add(time.Hour), quota.Read, quota.Rules{}).Answered(quota.Read).Passed(at.Add(time.Hour), at.Add(time.Hour), quota.Read)
	}
	for _, test := range []struct {
		name  string
		lane  quota.Lane
		rules quota.Rules
		want  time.Duration // from the start
	}{
		{"nothing is held", quota.Lane{}, quota.Rules{}, never},
		{"a guess", full(graph.TierLimited, 97, 0), quota.Rules{}, 5 * time.Second},
		{"the API told when it is over", full(graph.TierLimited, 97, 300*time.Second), quota.Rules{}, never},
		{"an answer is on its way", full(graph.TierLimited, 97, 0).Spend(start, quota.Read, quota.Rules{}), quota.Rules{}, never},
		{"limits do not count", full(graph.TierLimited, 97, 0), quota.Rules{Mode: quota.Off}, never},
		{"one was throttled", throttled(full(graph.TierLimited, 97, 0)), quota.Rules{}, never},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := test.lane.Check(start, test.rules)
			if want := start.Add(test.want); test.want == never && !got.Equal(quota.Never) || test.want != never && !got.Equal(want) {
				t.Errorf("got a check after %v, want %v", got.Sub(start), test.want)
			}
		})
	}
}

// A hold costs one read for each length of a documented block, or a hundredth of the budget.
func TestChecksAreFew(t *testing.T) {
	for _, test := range []struct {
		tier  graph.Tier
		level float64
		most  int // in an hour
	}{
		{graph.TierLimited, 97, 13},
		{graph.TierFull, 98.5, 90 * 12},
	} {
		l, checks := full(test.tier, test.level, 0), 0
		for now := start; ; {
			at := l.Check(now, quota.Rules{})
			if at.After(start.Add(time.Hour)) {
				break
			}
			if at.Before(now) {
				t.Fatalf("got a check at %v, before %v", at, now)
			}
			if l.Next(at, quota.Write, quota.Rules{}).After(at) { // else the hold is over
				checks++
			}
			l, now = check(l, at)
			l = l.Passed(now, now, quota.Read).Observe(now, graph.AccountUsage{HasScore: true, Score: test.level, Tier: test.tier}, quota.Rules{})
		}
		if checks > test.most || checks < 2 {
			t.Errorf("%v: got %d checks in an hour, want 2 to %d", test.tier, checks, test.most)
		}
	}
}
