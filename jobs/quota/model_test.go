package quota_test

import (
	"sort"
	"testing"
	"time"

	"adferry/graph"
	"adferry/jobs/quota"
)

// model is the API's side, written from the documents alone: every moment of the
// last hour is kept, and the score in whole nanoseconds times points. A limit of
// 0 is none.
type model struct {
	calls int           // within any hour
	score int64         // points at most
	decay time.Duration // of a full score

	sent  []time.Time
	level int64 // score used, times decay
	at    time.Time
}

func (m *model) leak(now time.Time) {
	if m.level > 0 {
		m.level = max(0, m.level-int64(now.Sub(m.at))*m.score)
	}
	m.at = now
}

// take charges a call and says whether the API would have let it pass.
func (m *model) take(now time.Time, points int) bool {
	m.leak(now)
	m.level += int64(points) * int64(m.decay)
	m.sent = append(m.sent, now)
	scored := m.score == 0 || m.level <= m.score*int64(m.decay)
	last := len(m.sent) - 1 - m.calls
	return scored && (m.calls == 0 || last < 0 || now.Sub(m.sent[last]) >= time.Hour)
}

// next is the earliest moment at which the API lets a call pass.
func (m *model) next(now time.Time, points int) time.Time {
	m.leak(now)
	next := now
	if over := m.level + (int64(points)-m.score)*int64(m.decay); m.score > 0 && over > 0 {
		next = now.Add(time.Duration((over + m.score - 1) / m.score))
	}
	if i := len(m.sent) - m.calls; m.calls > 0 && i >= 0 {
		if free := m.sent[i].Add(time.Hour); free.After(next) {
			next = free
		}
	}
	return next
}

// usage is what the headers report: whole percents.
func (m *model) usage(now time.Time) graph.AccountUsage {
	m.leak(now)
	u := graph.AccountUsage{HasCalls: m.calls > 0, HasScore: m.score > 0, Tier: graph.TierLimited}
	if u.HasScore {
		u.Score = float64(100 * m.level / (m.score * int64(m.decay)))
	}
	if u.HasCalls {
		old := sort.Search(len(m.sent), func(i int) bool { return now.Sub(m.sent[i]) < time.Hour })
		u.Calls = float64(100 * (len(m.sent) - old) / m.calls)
	}
	return u
}

// run sends calls when next says, tells answered what each answer reports, and
// returns the time until the last one. The API may refuse none.
func (m model) run(t *testing.T, began time.Time, costs []quota.Cost, calls int, next func(quota.Cost) time.Time, answered func(graph.AccountUsage)) time.Duration {
	t.Helper()
	var now time.Time
	for i := range calls {
		cost := costs[i%len(costs)]
		now = next(cost)
		if !m.take(now, cost.Points) {
			t.Fatalf("call %d after %v: the API refuses it", i+1, now.Sub(began))
		}
		if answered != nil {
			answered(m.usage(now))
		}
	}
	return now.Sub(began)
}

// best is the time that a run takes at least.
func (m model) best(t *testing.T, began time.Time, costs []quota.Cost, calls int) time.Duration {
	t.Helper()
	inner, now := m, began
	return m.run(t, began, costs, calls, func(cost quota.Cost) time.Time {
		now = inner.next(now, cost.Points)
		inner.take(now, cost.Points)
		return now
	}, nil)
}

// mixes are the calls of a run, over and over.
var mixes = map[string][]quota.Cost{
	"reads":       {quota.Read},
	"writes":      {quota.Write},
	"both evenly": {quota.Read, quota.Write},
	"mostly reads": {quota.Read, quota.Read, quota.Read, quota.Read, quota.Read, quota.Read, quota.Read,
		quota.Read, quota.Read, quota.Write},
}

func TestLaneAgainstModel(t *testing.T) {
	limited := model{calls: 300, score: 60, decay: 300 * time.Second}
	full := model{calls: 100_000, score: 9000, decay: 300 * time.Second}
	onlyCalls, onlyScore := limited, limited
	onlyCalls.score, onlyScore.calls = 0, 0
	// Where in a slot of the window a run starts must not matter.
	begins := []time.Time{start, start.Truncate(time.Hour), start.Truncate(time.Hour).Add(-1)}
	for _, test := range []struct {
		name   string
		rules  quota.Rules
		lane   quota.Lane
		api    model
		begins []time.Time
		calls  int
	}{
		{"limited", quota.Rules{Mode: quota.Limited}, quota.Lane{}, limited, begins, 2400},
		{"auto, hourly budget", quota.Rules{}, learned(graph.AccountUsage{HasCalls: true, Tier: graph.TierLimited}), onlyCalls, begins, 2400},
		{"auto, score", quota.Rules{}, learned(graph.AccountUsage{HasScore: true, Tier: graph.TierLimited}), onlyScore, begins, 2400},
		{"full", quota.Rules{Mode: quota.Full}, quota.Lane{}, full, begins[:1], 20_000},
	} {
		for mix, costs := range mixes {
			t.Run(test.name+", "+mix, func(t *testing.T) {
				for _, began := range test.begins {
					l, now := test.lane, began
					took := test.api.run(t, began, costs, test.calls, func(cost quota.Cost) time.Time {
						now = l.Next(now, cost, test.rules)
						l = l.Spend(now, cost, test.rules)
						return now
					}, nil)
					checkShare(t, took, test.api.best(t, began, costs, test.calls))
				}
			})
		}
	}
}

// At Full access only reads are fast enough to meet the hourly budget.
func TestLaneAgainstModelFullHour(t *testing.T) {
	const calls = 104_000
	api := model{calls: 100_000, score: 9000, decay: 300 * time.Second}
	rules := quota.Rules{Mode: quota.Full}
	var l quota.Lane
	now := start
	took := api.run(t, start, mixes["reads"], calls, func(cost quota.Cost) time.Time {
		now = l.Next(now, cost, rules)
		l = l.Spend(now, cost, rules)
		return now
	}, nil)
	checkShare(t, took, api.best(t, start, mixes["reads"], calls))
}

// Answers that report, in whole percents, no more than what the lane has sent
// must not pull the brake.
func TestLaneWithAnswersAgainstModel(t *testing.T) {
	const calls = 3000
	for _, test := range []struct {
		name string
		api  model
	}{
		{"hourly budget", model{calls: 300}},
		{"score", model{score: 60, decay: 300 * time.Second}},
	} {
		for mix, costs := range mixes {
			t.Run(test.name+", "+mix, func(t *testing.T) {
				var l quota.Lane
				var rules quota.Rules
				now := start
				took := test.api.run(t, start, costs, calls, func(cost quota.Cost) time.Time {
					now = l.Next(now, cost, rules)
					l = l.Spend(now, cost, rules)
					return now
				}, func(u graph.AccountUsage) { l = l.Passed(now).Observe(now, u, rules) })
				checkShare(t, took, test.api.best(t, start, costs, calls))
			})
		}
	}
}

func TestBudgetsTimeAgainstModel(t *testing.T) {
	limited, _ := quota.Documented(graph.TierLimited)
	for _, n := range []int{1, 20, 61, 250, 300, 301, 450, 700, 1200, 2000} {
		for mix, costs := range mixes {
			m := model{calls: limited.Calls, score: int64(limited.Score), decay: limited.Decay}
			now, reads, writes := start, 0, 0
			for i := range n {
				cost := costs[i%len(costs)]
				if cost == quota.Write {
					writes++
				} else {
					reads++
				}
				now = m.next(now, cost.Points)
				m.take(now, cost.Points)
			}
			got, want := limited.Time(reads, writes), now.Sub(start)
			// Which call of a mix stands at the end is not Time's business.
			if diff := (got - want).Abs(); diff > 2*time.Minute && diff > want/50 {
				t.Errorf("%d calls, %s: got %v, want %v", n, mix, got, want)
			}
		}
	}
}

func checkShare(t *testing.T, took, best time.Duration) {
	t.Helper()
	if share := float64(best) / float64(took); share < 0.97 || share > 1 {
		t.Errorf("got %v for what takes %v at best, %.2f%%, want 97%% at least", took, best, 100*share)
	}
}

func learned(u graph.AccountUsage) quota.Lane {
	return quota.Lane{}.Observe(start, u, quota.Rules{})
}
