package quota_test

import (
	"testing"
	"time"

	"adferry/graph"
	"adferry/jobs/quota"
)

// start lies within a minute and within a second, as real moments do.
var start = time.Date(2026, 11, 20, 9, 58, 47, 123456789, time.UTC)

const never = time.Duration(1<<63 - 1)

// move is one event at a gate. The late ones answer calls that left at the start.
type move func(b quota.Block, now time.Time) quota.Block

func returned(left time.Duration) move {
	return func(b quota.Block, _ time.Time) quota.Block { return b.Returned(start.Add(left)) }
}

func throttled(named, base, most time.Duration) move {
	return func(b quota.Block, now time.Time) quota.Block { return b.Close(now, now, named, base, most) }
}

func passed(b quota.Block, now time.Time) quota.Block   { return b.Passed(now, now) }
func sent(b quota.Block, now time.Time) quota.Block     { return b.Spend(now) }
func latePass(b quota.Block, now time.Time) quota.Block { return b.Passed(start, now) }
func lateThrottle(b quota.Block, now time.Time) quota.Block {
	return b.Close(start, now, 0, time.Minute, time.Hour)
}
func lateNamed(b quota.Block, now time.Time) quota.Block {
	return b.Close(start, now, 10*time.Minute, time.Minute, time.Hour)
}

func imposed(until time.Duration) move {
	return func(b quota.Block, now time.Time) quota.Block { return b.Imposed(start.Add(until), now) }
}

func nothing(b quota.Block, _ time.Time) quota.Block     { return b }
func restarted(b quota.Block, now time.Time) quota.Block { return quota.Until(b.Until, now) }
func guessed(base, most time.Duration) move              { return throttled(0, base, most) }
func named(d time.Duration) move                         { return throttled(d, time.Minute, time.Hour) }

func TestBlock(t *testing.T) {
	const s, m = time.Second, time.Minute
	type step struct {
		at      time.Duration
		what    move
		next    time.Duration // earliest pass from the start; never while the probe is out
		probing bool
	}
	for _, test := range []struct {
		name  string
		steps []step
	}{
		{"open", []step{{0, nothing, 0, false}, {s, sent, s, false}, {2 * s, passed, 2 * s, false}, {3 * s, returned(s), 3 * s, false}}},
		{"named time, probe, open", []step{
			{0, named(7 * m), 7 * m, true},
			{7 * m, nothing, 7 * m, true},
			{7 * m, sent, never, true},
			{7*m + s, passed, 7*m + s, false},
		}},
		{"a named time stands as it is, however short", []step{{0, throttled(s, 5*m, 30*m), s, true}}},
		{"guesses double up to the most", []step{
			{0, guessed(m, 5*m), m, true},
			{m, guessed(m, 5*m), 3 * m, true},
			{3 * m, guessed(m, 5*m), 7 * m, true},
			{7 * m, guessed(m, 5*m), 12 * m, true},
			{12 * m, guessed(m, 5*m), 17 * m, true},
		}},
		{"a guess is never shorter than its base", []step{
			{0, guessed(s, m), s, true},
			{s, guessed(5*m, 30*m), 5*m + s, true},
		}},
		{"a probe that passes ends the doubling", []step{
			{0, guessed(m, 30*m), m, true},
			{m, sent, never, true},
			{m, guessed(m, 30*m), 3 * m, true},
			{3 * m, passed, 3 * m, false},
			{4 * m, guessed(m, 30*m), 5 * m, true},
		}},
		{"a named time keeps the guess", []step{
			{0, guessed(m, 30*m), m, true},
			{m, named(10 * s), m + 10*s, true},
			{m + 10*s, guessed(m, 30*m), 3*m + 10*s, true},
		}},
		{"throttles of calls already on their way teach nothing", []step{
			{0, guessed(m, 30*m), m, true},
			{s, guessed(m, 30*m), m, true},
			{59 * s, guessed(m, 30*m), m, true},
			{m, guessed(m, 30*m), 3 * m, true},
		}},
		{"but the time they name counts, if it is longer", []step{
			{0, named(5 * m), 5 * m, true},
			{s, named(10 * m), 10*m + s, true},
			{2 * s, named(m), 10*m + s, true},
		}},
		{"successes of calls already on their way open nothing", []step{
			{0, named(m), m, true},
			{s, passed, m, true},
			{m - 1, passed, m, true},
		}},
		{"nor when they come back after the wait: the probe decides", []step{
			{0, named(m), m, true},
			{m, sent, never, true},
			{m + s, latePass, never, true},
			{m + 2*s, passed, m + 2*s, false},
		}},
		{"throttles of calls that left before it closed do not close it again", []step{
			{0, named(m), m, true},
			{m + s, lateThrottle, m + s, true},
			{m + s, sent, never, true},
			{m + 2*s, lateThrottle, never, true},
			{m + 3*s, passed, m + 3*s, false},
			{m + 4*s, lateThrottle, m + 4*s, false},
			{m + 5*s, lateNamed, 11*m + 5*s, true},
		}},
		{"a probe of which nothing was learned goes again", []step{
			{0, named(m), m, true},
			{m, sent, never, true},
			{2 * m, nothing, never, true},
			{2 * m, returned(m), 2 * m, true},
			{2 * m, sent, never, true},
		}},
		{"only a probe is taken back", []step{{0, named(m), m, true}, {s, returned(0), m, true}}},
		{"another call's return lets no second probe go", []step{
			{0, named(m), m, true},
			{m, sent, never, true},
			{m + s, returned(s), never, true},
			{m + 2*s, returned(m), m + 2*s, true},
		}},
		{"nor that of a probe whose gate was closed again", []step{
			{0, named(m), m, true},
			{m, sent, never, true},
			{m + s, lateNamed, 11*m + s, true},
			{11*m + s, sent, never, true},
			{11*m + 2*s, returned(m), never, true},
		}},
		{"a throttled probe closes the gate", []step{
			{0, named(m), m, true},
			{m, sent, never, true},
			{m + s, named(2 * m), 3*m + s, true},
		}},
		{"a restart keeps the time and wants a probe", []step{
			{0, named(5 * m), 5 * m, true},
			{m, restarted, 5 * m, true},
			{5 * m, sent, never, true},
		}},
		{"imposed, and opened by a probe", []step{
			{0, sent, 0, false},
			{s, imposed(m), m, true},
			{2 * s, latePass, m, true},
			{3 * s, lateThrottle, m, true},
			{m, latePass, m, true},
			{m, sent, never, true},
			{m + s, passed, m + s, false},
		}},
		{"imposed: the latest counts", []step{
			{0, imposed(2 * m), 2 * m, true},
			{s, imposed(m), 2 * m, true},
			{2 * s, imposed(3 * m), 3 * m, true},
			{3 * s, named(m), 3 * m, true},
		}},
		{"imposed while a probe is out", []step{
			{0, named(m), m, true},
			{m, sent, never, true},
			{m + s, imposed(3 * m), 3 * m, true},
			{m + 2*s, func(b quota.Block, now time.Time) quota.Block { return b.Passed(start.Add(m), now) }, 3 * m, true},
		}},
		{"imposed, but it is over", []step{{2 * m, imposed(m), 2 * m, false}}},
		{"imposed for years: a day", []step{{0, imposed(9000 * time.Hour), 24 * time.Hour, true}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var b quota.Block
			for i, step := range test.steps {
				now := start.Add(step.at)
				b = step.what(b, now)
				want := start.Add(step.next)
				if step.next == never {
					want = quota.Never
				}
				if got := b.Next(now); !got.Equal(want) {
					t.Errorf("step %d: got next %v, want %v", i, got.Sub(start), want.Sub(start))
				}
				if got, want := b.Closed(now), step.next != never && step.next > step.at; got != want {
					t.Errorf("step %d: got closed %v, want %v", i, got, want)
				}
				if got := b.Probing(); got != step.probing {
					t.Errorf("step %d: got probing %v, want %v", i, got, step.probing)
				}
			}
		})
	}
}

func TestGuess(t *testing.T) {
	for _, test := range []struct {
		name       string
		err        graph.Error
		tier       graph.Tier
		base, most time.Duration
	}{
		{"Limited access", graph.Error{Class: graph.ThrottledAccount, Code: 80004}, graph.TierLimited, 5 * time.Minute, 30 * time.Minute},
		{"Full access", graph.Error{Class: graph.ThrottledAccount, Code: 17, Subcode: 2446079}, graph.TierFull, time.Minute, 30 * time.Minute},
		{"unknown access", graph.Error{Class: graph.ThrottledAccount, Code: 80004}, graph.TierUnknown, time.Minute, 30 * time.Minute},
		{"requests a second", graph.Error{Class: graph.ThrottledAccount, Code: 613, Subcode: 5044001}, graph.TierLimited, time.Second, time.Minute},
		{"the app", graph.Error{Class: graph.ThrottledApp, Code: 4}, graph.TierLimited, time.Minute, time.Hour},
		{"perhaps a block", graph.Error{Class: graph.MaybeThrottled, Code: 368}, graph.TierFull, 5 * time.Minute, time.Hour},
	} {
		base, most := quota.GuessWait(&test.err, test.tier)
		if base != test.base || most != test.most {
			t.Errorf("%s: got %v up to %v, want %v up to %v", test.name, base, most, test.base, test.most)
		}
	}
}
