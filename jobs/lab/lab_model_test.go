package lab_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs/preflight"
)

// size is how many copies the lab's jobs have, and how many moves at Limited
// access; at Full access there are as many moves as copies.
type size struct{ full, limited, spread, moves int }

var (
	wholeSize   = size{20_000, 600, 40_000, 300}
	reducedSize = size{3400, 120, 3000, 120} // just above a score's limit
)

func (s size) of(tier sandbox.Tier) int {
	if tier == sandbox.Limited {
		return s.limited
	}
	return s.full
}

// The documented limits that a server may have, each alone, and all.
var (
	noLimits = sandbox.Limits{HourlyCalls: -1}
	linear   = sandbox.Limits{HourlyCalls: -1, Score: sandbox.Linear}
	sliding  = sandbox.Limits{HourlyCalls: -1, Score: sandbox.Sliding}
	clock    = sandbox.Limits{Hours: sandbox.ClockHour}
	rolling  = sandbox.Limits{}
	burst    = sandbox.Limits{HourlyCalls: -1, BurstPerSecond: 100}
	all      = sandbox.Limits{Score: sandbox.Linear, BurstPerSecond: 100}
)

// allWith is all of them with a change.
func allWith(change func(*sandbox.Limits)) sandbox.Limits {
	l := all
	change(&l)
	return l
}

// single are the servers that get a job into one ad account.
var single = []struct {
	name          string
	limits        sandbox.Limits
	headers       sandbox.Headers
	ratio, reject float64
	plan          string // what the plan's prediction has to assume
}{
	{"a score, linear decay", linear, sandbox.Headers{}, 1.05, 0.001, preflight.AllLimits},
	{"b score, sliding window", sliding, sandbox.Headers{}, 1.05, 0.001, preflight.AllLimits},
	{"c calls in clock hours", clock, sandbox.Headers{}, 1.05, 0.001, preflight.HourlyLimit},
	{"d calls in a rolling hour", rolling, sandbox.Headers{}, 1.05, 0.001, preflight.HourlyLimit},
	{"e burst alone", burst, sandbox.Headers{}, 1.05, 0.001, preflight.NoScore},
	{"f all of them", all, sandbox.Headers{}, 1.05, 0.001, preflight.AllLimits},
	{"g f, no headers", all, sandbox.Headers{None: true}, 1.15, 0.001, ""},
	{"h f, headers on failures", all, sandbox.Headers{OnlyErrors: true}, 1.15, 0.001, ""},
	{"i f, calls extend a block", allWith(func(l *sandbox.Limits) { l.BlockedCallsExtend = true }), sandbox.Headers{}, 1.15, 0.01, ""},
	{"k f, half the limits", allWith(func(l *sandbox.Limits) { l.Scale = 0.5 }), sandbox.Headers{}, 1.25, 0.01, ""},
	{"k f, three times the limits", allWith(func(l *sandbox.Limits) { l.Scale = 3 }), sandbox.Headers{}, 1.25, 0.01, ""},
	{"l f, others take 30% in waves", allWith(func(l *sandbox.Limits) {
		l.Others = sandbox.Others{Share: 0.6, Period: 10 * time.Minute, Busy: 5 * time.Minute} // 30 % on average
	}), sandbox.Headers{}, 1.15, 0.01, ""},
}

// reducedFull are the models that the reduced run plays at Full access, too.
var reducedFull = []string{"f", "g", "k", "n", "o", "p", "q", "r", "s", "u", "v"}

// labModels are the server models of the lab: as large as in the documentation of
// package quota, or reduced.
func labModels(whole bool) (models []model) {
	s := reducedSize
	if whole {
		s = wholeSize
	}
	for _, tier := range []sandbox.Tier{sandbox.Full, sandbox.Limited} {
		models = append(models, singleModels(s, tier)...)
		models = append(models, pausedModels(s, tier)...)
		models = append(models, movingModel(s, tier))
		models = append(models, undocumentedModels(s, tier)...)
		models = append(models, sharingModel(s, tier))
	}
	models = slices.DeleteFunc(models, func(m model) bool {
		return m.name[0] == 'e' && m.tier == sandbox.Limited || // one limit for both tiers
			!whole && m.tier == sandbox.Full && !slices.Contains(reducedFull, m.name[:1])
	})
	models = append(models, spreadModels(s)...)
	models = append(models, workerModels(s)...)
	slices.SortStableFunc(models, func(a, b model) int { return strings.Compare(a.name, b.name) })
	return models
}

func singleModels(s size, tier sandbox.Tier) (models []model) {
	for _, d := range single {
		m := model{
			name: d.name, tier: tier, targets: map[string]int{"21": s.of(tier)}, ratio: d.ratio, reject: d.reject, limits: d.plan,
			options: sandbox.Options{Tier: tier, Limits: d.limits, Headers: d.headers},
			ideal:   labIdeal(d.limits, tier, s.of(tier)),
		}
		if d.headers.None || d.headers.OnlyErrors {
			m.unforeseen = 1
		}
		models = append(models, m)
	}
	return models
}

// pausedModels have to wait for ten minutes once, in which the score is
// forgotten.
func pausedModels(s size, tier sandbox.Tier) []model {
	n, at19 := s.of(tier), 18_600 // with the reads, of 100,000 calls
	if tier == sandbox.Limited {
		at19 = 55 // of 300
	}
	paused := func(name string, nth int, fault sandbox.Fault) model {
		return model{
			name: name, tier: tier, targets: map[string]int{"21": n}, ratio: 1.25, reject: 0.001, unforeseen: 2,
			options: sandbox.Options{Tier: tier, Limits: all, Script: []sandbox.Rule{{
				Match: sandbox.Match{Account: "21", Kind: sandbox.Copy, Nth: nth}, Fault: fault}}},
			ideal: labIdeal(all, tier, nth) + 10*time.Minute + labIdeal(all, tier, n-nth),
		}
	}
	return []model{
		paused("n 200/4841013 for 10 min", n/2, sandbox.Fault{Name: "200/4841013", Hold: 10 * time.Minute}),
		paused("o 10 min named at 19 %", min(at19, n*19/20), sandbox.Fault{Name: "regain", Regain: 10 * time.Minute}),
	}
}

// movingModel moves images, so that each write has another on its other side.
func movingModel(s size, tier sandbox.Tier) model {
	n := s.full
	if tier == sandbox.Limited {
		n = s.moves
	}
	return model{
		name: "u f, moves", tier: tier, targets: map[string]int{"21": n}, moves: true, ratio: 1.05, reject: 0.001, limits: preflight.AllLimits,
		options: sandbox.Options{Tier: tier, Limits: all},
		ideal:   labIdealMoves(all, tier, n),
	}
}

// spreadModels get a job into twenty ad accounts.
func spreadModels(s size) []model {
	spread, calls := map[string]int{}, 0
	for i, weight := range []int{30, 12, 9, 7, 6, 5, 4, 4, 3, 3, 3, 2, 2, 2, 2, 2, 1, 1, 1, 1} {
		n := weight * s.spread / 100
		spread[fmt.Sprint(21+i)] = n
		calls += n + (n+49)/50*2
	}
	app := s.spread / 3
	blocked := "30"
	appWide := func(name string, tier sandbox.Tier, h sandbox.Headers) model {
		return model{
			name: name, tier: tier, targets: spread, ratio: 1.15, reject: 0.001,
			options: sandbox.Options{Tier: tier, Limits: noLimits, AppHourlyCalls: app, Headers: h},
			ideal:   time.Duration((calls-1)/app)*time.Hour + 3*labLatency,
		}
	}
	untold := func(tier sandbox.Tier) model {
		m := appWide("t app-wide, no header of it", tier, sandbox.Headers{NoApp: true})
		m.ratio, m.reject = 1.25, 0.01
		m.unforeseen = (calls - 1) / app * 100 // each hour what is in flight, 80 calls, and the probes
		return m
	}
	told := appWide("j app-wide, 20 accounts", sandbox.Full, sandbox.Headers{})
	return []model{told, untold(sandbox.Full), untold(sandbox.Limited), besideFree(told, "w j beside another app", s), besideFree(untold(sandbox.Full), "w t beside another app", s), {
		name: "m one of 20 blocked an hour", tier: sandbox.Full, targets: spread, ratio: 1.05, reject: 0.001, blocked: []string{blocked},
		options: sandbox.Options{Tier: sandbox.Full, Limits: all, Script: []sandbox.Rule{{
			Match: sandbox.Match{Account: blocked, Nth: 1}, Fault: sandbox.Fault{Name: "80004/2446079", Regain: time.Hour, Hold: time.Hour}}}},
		ideal: max(time.Hour, labIdeal(all, sandbox.Full, spread["21"])),
	}}
}
