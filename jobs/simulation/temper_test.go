package simulation_test

import (
	"slices"
	"time"

	"adferry/graph/sandbox"
)

// The faults that are drawn, by what they leave.
var (
	lostFaults = []string{
		"cut", "cut_after", "timeout", "timeout_after", "html_502", "html_502_after", "html_504", "html_504_after",
		"empty_503", "empty_503_after", "truncated", "error_200", "error_200_after", "error_empty", "error_empty_after",
		"1", "1_after", "2", "2_after", "null", "null_after", "960", "960_after", "empty_entry", "empty_entry_after",
		"envelope", "envelope_after", "late", "reduce",
	}
	throttleFaults = []string{
		"throttle", "17/2446079", "80004/2446079", "613/1487742", "613/4841018", "613/5044001", "613/1996", "613", "4", "341", "17", "32",
		"200/4841013", "368",
	}
	otherFaults = []string{"lie", "in_use", "rehash"}
)

// temper draws what the server does to its callers.
func temper(d dice, seed uint64, accounts []simAccount) sandbox.Options {
	o := sandbox.Options{Seed: seed, Rates: map[string]float64{}}
	o.Tier = pick(d, sandbox.Full, sandbox.Full, sandbox.Limited)
	o.Headers = sandbox.Headers{
		None: d.chance(0.1), OnlyErrors: d.chance(0.1), Strings: d.chance(0.2), Above100: d.chance(0.2),
		Lag: time.Duration(d.IntN(2)*d.IntN(60)) * time.Second,
	}
	if d.chance(0.8) {
		o.Latency.Min = d.span(time.Millisecond, time.Second)
		o.Latency.Max = o.Latency.Min + d.span(time.Millisecond, 20*time.Second)
	}
	if d.chance(0.4) {
		o.Limits = sandbox.Limits{
			HourlyCalls: d.between(20, 400), Hours: pick(d, sandbox.Rolling, sandbox.ClockHour),
			Score: pick[sandbox.ScoreModel](d, 0, sandbox.Linear, sandbox.Sliding), ScoreCode: pick[sandbox.Code](d, "", "613/1487742"),
			MaxScore:           d.IntN(2) * d.between(20, 100),
			BurstPerSecond:     d.IntN(2) * d.between(2, 20),
			BlockedCallsExtend: d.chance(0.2), Others: sandbox.Others{Share: float64(d.IntN(2)) * 0.3},
		}
		o.Variants.EmptyWhenThrottled = d.chance(0.2) && !o.Headers.None && !o.Headers.OnlyErrors
	}
	if d.chance(0.1) {
		o.AppHourlyCalls = d.between(100, 1000)
	}
	faults := slices.Concat(lostFaults, throttleFaults, otherFaults)
	for range d.IntN(7) {
		o.Rates[faults[d.IntN(len(faults))]] = pick(d, 0.01, 0.03, 0.1, 0.2)
	}
	v := &o.Variants
	v.Rehash, v.DeleteMissingOK, v.DeleteKeepsRow = d.chance(0.1), d.chance(0.3), d.chance(0.2)
	v.CopyChargesSource, v.DeleteInUseLies = d.chance(0.1), d.chance(0.1)
	if d.chance(0.2) {
		v.DeleteDelay = d.span(time.Second, 2*time.Minute)
	}
	if d.chance(0.1) {
		v.ReduceAbove = d.between(1, 40)
	}
	for range d.IntN(5) {
		o.Script = append(o.Script, rule(d, accounts))
	}
	if d.chance(0.2) {
		m := sandbox.Match{Kind: sandbox.Read, Account: accounts[d.IntN(len(accounts))].id, Nth: d.between(1, 6)}
		o.Script = append(o.Script, sandbox.Rule{Match: m, Fault: sandbox.Fault{Name: "empty_list"}})
	}
	return o
}

// rule is a fault that strikes once or for a while.
func rule(d dice, accounts []simAccount) sandbox.Rule {
	r := sandbox.Rule{Match: sandbox.Match{Nth: d.between(1, 30), Count: d.between(1, 4)}}
	if d.chance(0.7) {
		r.Match.Account = accounts[d.IntN(len(accounts))].id
	}
	switch d.IntN(6) {
	case 0:
		r.Match.Kind = pick(d, sandbox.Copy, sandbox.Delete)
		r.Fault = sandbox.Fault{Name: "late", Delay: d.span(time.Second, 90*time.Second)}
	case 1:
		r.Match.Kind = sandbox.Delete
		r.Fault.Name = pick(d, "lie", "in_use")
	case 2:
		r.Fault.Name = pick(d, "190/463", "10", "102")
	default:
		r.Fault = sandbox.Fault{
			Name: pick(d, throttleFaults[:len(throttleFaults)-2]...), Regain: d.span(20*time.Second, 20*time.Minute),
			Hold: time.Duration(d.IntN(2)) * d.span(time.Second, 15*time.Minute),
		}
	}
	return r
}
