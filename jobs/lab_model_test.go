package jobs_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
)

// labModels are the server models of the lab. full makes them as large as the
// README's table.
func labModels(full bool) []model {
	nFull, nLimited, nSpread := 20_000, 600, 40_000
	if !full {
		nFull, nLimited, nSpread = 3400, 120, 3000 // just above a score's limit
	}
	none := sandbox.Limits{HourlyCalls: -1}
	score := sandbox.Limits{HourlyCalls: -1, Score: sandbox.Linear}
	sliding := sandbox.Limits{HourlyCalls: -1, Score: sandbox.Sliding}
	clock := sandbox.Limits{Hours: sandbox.ClockHour}
	rolling := sandbox.Limits{}
	burst := sandbox.Limits{HourlyCalls: -1, BurstPerSecond: 100}
	all := sandbox.Limits{Score: sandbox.Linear, BurstPerSecond: 100}
	with := func(l sandbox.Limits, change func(*sandbox.Limits)) sandbox.Limits { change(&l); return l }
	var models []model
	both := func(name string, l sandbox.Limits, o sandbox.Options, ratio, reject float64) {
		for _, tier := range []sandbox.Tier{sandbox.Full, sandbox.Limited} {
			if tier == sandbox.Full && !full && !slices.Contains(reducedFull, name[:1]) {
				continue
			}
			n := nFull
			if tier == sandbox.Limited {
				n = nLimited
			}
			m := model{name: name, tier: tier, options: o, targets: map[string]int{"21": n}, ratio: ratio, reject: reject}
			m.options.Tier, m.options.Limits = tier, l
			m.limits = map[byte]string{'a': jobs.AllLimits, 'b': jobs.AllLimits, 'c': jobs.HourlyLimit, 'd': jobs.HourlyLimit,
				'e': jobs.NoScore, 'f': jobs.AllLimits}[name[0]]
			if o.Headers.None || o.Headers.OnlyErrors {
				m.unforeseen = 1
			}
			m.ideal = labIdeal(l, tier, n)
			if tier == sandbox.Full && (name[0] == 'c' || name[0] == 'd') {
				m.ratio = 1.10 // nothing limits a run of a minute, and three seconds of it find that out
			}
			models = append(models, m)
		}
	}
	both("a score, linear decay", score, sandbox.Options{}, 1.05, 0.001)
	both("b score, sliding window", sliding, sandbox.Options{}, 1.05, 0.001)
	both("c calls in clock hours", clock, sandbox.Options{}, 1.05, 0.001)
	both("d calls in a rolling hour", rolling, sandbox.Options{}, 1.05, 0.001)
	both("e burst alone", burst, sandbox.Options{}, 1.05, 0.001)
	models = slices.DeleteFunc(models, func(m model) bool { return m.name[0] == 'e' && m.tier == sandbox.Limited }) // one limit for both tiers
	both("f all of them", all, sandbox.Options{}, 1.05, 0.001)
	both("g f, no headers", all, sandbox.Options{Headers: sandbox.Headers{None: true}}, 1.15, 0.001)
	both("h f, headers on failures", all, sandbox.Options{Headers: sandbox.Headers{OnlyErrors: true}}, 1.15, 0.001)
	both("i f, calls extend a block", with(all, func(l *sandbox.Limits) { l.BlockedCallsExtend = true }), sandbox.Options{}, 1.15, 0.01)
	both("k f, half the limits", with(all, func(l *sandbox.Limits) { l.Scale = 0.5 }), sandbox.Options{}, 1.25, 0.01)
	both("k f, three times the limits", with(all, func(l *sandbox.Limits) { l.Scale = 3 }), sandbox.Options{}, 1.25, 0.01)
	waves := sandbox.Others{Share: 0.6, Period: 10 * time.Minute, Busy: 5 * time.Minute} // 30 % on average
	both("l f, others take 30% in waves", with(all, func(l *sandbox.Limits) { l.Others = waves }), sandbox.Options{}, 1.15, 0.01)

	spread := map[string]int{}
	for i, weight := range []int{30, 12, 9, 7, 6, 5, 4, 4, 3, 3, 3, 2, 2, 2, 2, 2, 1, 1, 1, 1} {
		spread[fmt.Sprint(21+i)] = weight * nSpread / 100
	}
	app := model{name: "j app-wide, 20 accounts", tier: sandbox.Full, options: sandbox.Options{Tier: sandbox.Full, Limits: none, AppHourlyCalls: nSpread / 3}, targets: spread, ratio: 1.15, reject: 0.001}
	calls := 0
	for _, n := range spread {
		calls += n + (n+49)/50*2
	}
	app.ideal = time.Duration((calls-1)/app.options.AppHourlyCalls)*time.Hour + 3*labLatency
	blocked := model{name: "m one of 20 blocked an hour", tier: sandbox.Full, options: sandbox.Options{Tier: sandbox.Full, Limits: all}, targets: spread, ratio: 1.05, reject: 0.001, blocked: "30"}
	blocked.options.Script = []sandbox.Rule{{Match: sandbox.Match{Account: blocked.blocked, Nth: 1}, Fault: sandbox.Fault{Name: "80004/2446079", Regain: time.Hour, Hold: time.Hour}}}
	blocked.ideal = max(time.Hour, labIdeal(all, sandbox.Full, spread["21"]))
	paused := func(name string, tier sandbox.Tier, nth int, fault sandbox.Fault) model {
		n := nFull
		if tier == sandbox.Limited {
			n = nLimited
		}
		const pause = 10 * time.Minute // in which the score is forgotten
		return model{
			name: name, tier: tier, targets: map[string]int{"21": n}, ratio: 1.25, reject: 0.001, unforeseen: 2,
			options: sandbox.Options{Tier: tier, Limits: all, Script: []sandbox.Rule{{
				Match: sandbox.Match{Account: "21", Kind: sandbox.Copy, Nth: nth}, Fault: fault}}},
			ideal: labIdeal(all, tier, nth) + pause + labIdeal(all, tier, n-nth),
		}
	}
	models = append(models, app, blocked)
	disguised := sandbox.Fault{Name: "200/4841013", Hold: 10 * time.Minute}
	named := sandbox.Fault{Name: "regain", Regain: 10 * time.Minute}
	for _, tier := range []sandbox.Tier{sandbox.Full, sandbox.Limited} {
		n, at19 := nFull, 18_600 // with the reads, of 100,000 calls
		if tier == sandbox.Limited {
			n, at19 = nLimited, 55 // of 300
		}
		models = append(models,
			paused("n 200/4841013 for 10 min", tier, n/2, disguised),
			paused("o 10 min named at 19 %", tier, min(at19, n*19/20), named))
	}
	slices.SortStableFunc(models, func(a, b model) int { return strings.Compare(a.name[:1], b.name[:1]) })
	return models
}

// labIdeal is the least time in which n copies into one account and the reads
// that they demand fit into the limits.
func labIdeal(l sandbox.Limits, tier sandbox.Tier, n int) time.Duration {
	scale := l.Scale
	if scale == 0 {
		scale = 1
	}
	calls, score := 100_000.0, 9000.0
	if tier == sandbox.Limited {
		calls, score = 300, 60
	}
	others := 1.0
	if l.Others.Share > 0 {
		others = 1 - l.Others.Share*l.Others.Busy.Seconds()/l.Others.Period.Seconds()
	}
	calls, score = calls*scale, score*scale
	reads := float64((n + 49) / 50)
	total, points := float64(n)+reads, 3*float64(n)+reads
	// What this side allows: eight requests in flight with ten calls each, those
	// that read the source among them.
	least := (total + reads) / 10 / 8 * labLatency.Seconds()
	if l.BurstPerSecond > 0 {
		least = max(least, total/(float64(l.BurstPerSecond)*scale))
	}
	if l.HourlyCalls >= 0 && total > calls {
		if others < 1 {
			least = max(least, (total-calls)/(calls*others)*3600)
		} else {
			least = max(least, math.Floor((total-1)/calls)*3600)
		}
	}
	switch {
	case l.Score == sandbox.Linear:
		least = max(least, (points-score)/(score*others)*300)
	case l.Score == sandbox.Sliding:
		least = max(least, math.Floor((points-1)/score)*300)
	}
	return time.Duration(least*float64(time.Second)) + 3*labLatency
}
