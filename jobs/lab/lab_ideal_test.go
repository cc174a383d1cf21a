package lab_test

import (
	"math"
	"time"

	"adferry/graph/sandbox"
)

// labBurden is what a job asks of one ad account.
type labBurden struct{ writes, reads float64 }

func (b labBurden) calls() float64 { return b.writes + b.reads }

func (b labBurden) points() float64 { return 3*b.writes + b.reads }

// labIdeal is the least time in which n copies into one account and the reads
// that they demand fit into the limits.
func labIdeal(l sandbox.Limits, tier sandbox.Tier, n int) time.Duration {
	target := labBurden{float64(n), labBulks(n, 50)}
	source := labBurden{0, labBulks(n, 50)} // unlimited
	least := max(labInFlight(target.calls()+source.calls()), labLeast(l, tier, target))
	return seconds(least) + 3*labLatency
}

// labIdealMoves is the same for n moves from one account into another. Whatever is
// deleted was seen in the target at most ten seconds before, so deletions go in
// groups, each with a confirmation of its own: as many as one read shows, or as the
// source's whole score pays for. Every other read may wait until it is full: what
// the target has before the copies, what uses the images, whether they are gone,
// and whether the target still has them after that.
func labIdealMoves(l sandbox.Limits, tier sandbox.Tier, n int) time.Duration {
	_, score := labBudget(l, tier)
	group := 50
	if l.Score != 0 {
		group = min(group, int(score/3))
	}
	target := labBurden{float64(n), 2*labBulks(n, 50) + labBulks(n, group)}
	source := labBurden{float64(n), 2 * labBulks(n, 50)}
	least := max(labInFlight(target.calls()+source.calls()), labLeast(l, tier, target), labLeast(l, tier, source))
	return seconds(least) + 7*labLatency
}

// labBulks is how many reads of so many images each n images take.
func labBulks(n, each int) float64 { return float64((n + each - 1) / each) }

// labInFlight is how long calls take by what this side allows: eight requests in
// flight with ten of them each.
func labInFlight(calls float64) float64 { return calls / 10 / 8 * labLatency.Seconds() }

// labBudget is how many calls in an hour and how much score an account has.
func labBudget(l sandbox.Limits, tier sandbox.Tier) (calls, score float64) {
	calls, score = 100_000, 9000
	if tier == sandbox.Limited {
		calls, score = 300, 60
	}
	if l.MaxScore != 0 {
		score = float64(l.MaxScore)
	}
	if l.Scale != 0 {
		calls, score = calls*l.Scale, score*l.Scale
	}
	return calls, score
}

// labSpans is the time, in seconds, in which an account may spend these.
func labSpans(l sandbox.Limits) (calls, score float64) {
	calls, score = 3600, 300
	if l.CallSpan != 0 {
		calls = l.CallSpan.Seconds()
	}
	if l.Decay != 0 {
		score = l.Decay.Seconds()
	}
	return calls, score
}

// labLeast is the least time, in seconds, in which an account bears its burden.
func labLeast(l sandbox.Limits, tier sandbox.Tier, b labBurden) (least float64) {
	calls, score := labBudget(l, tier)
	callSpan, scoreSpan := labSpans(l)
	others := 1.0
	if l.Others.Share > 0 {
		others = 1 - l.Others.Share*l.Others.Busy.Seconds()/l.Others.Period.Seconds()
	}
	if l.BurstPerSecond > 0 {
		scale := l.Scale
		if scale == 0 {
			scale = 1
		}
		least = b.calls() / (float64(l.BurstPerSecond) * scale)
	}
	if l.HourlyCalls >= 0 && b.calls() > calls {
		if others < 1 {
			least = max(least, (b.calls()-calls)/(calls*others)*callSpan)
		} else {
			least = max(least, math.Floor((b.calls()-1)/calls)*callSpan)
		}
	}
	switch {
	case l.Score == sandbox.Linear:
		least = max(least, (b.points()-score)/(score*others)*scoreSpan)
	case l.Score == sandbox.Sliding:
		least = max(least, math.Floor((b.points()-1)/score)*scoreSpan)
	}
	return least
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
