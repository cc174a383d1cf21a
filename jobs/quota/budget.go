package quota

import (
	"time"

	"adferry/graph"
)

// Cost is what calls take from the two documented budgets.
type Cost struct{ Calls, Points int }

// The cost of one read and of one write.
var (
	Read  = Cost{Calls: 1, Points: 1}
	Write = Cost{Calls: 1, Points: 3}
)

// Deletion is the cost of a deletion with the reading of its ad account that permits it.
var Deletion = Write.Plus(Read)

// Plus is the cost of both together.
func (c Cost) Plus(d Cost) Cost { return Cost{c.Calls + d.Calls, c.Points + d.Points} }

// Times is the cost of so many calls together.
func (c Cost) Times(n int) Cost { return Cost{n * c.Calls, n * c.Points} }

// Budgets are the documented limits of one ad account at a tier.
type Budgets struct {
	Calls     int           // within Window
	Window    time.Duration // an hour; treated as rolling, which also satisfies a fixed one
	Score     int           // maximum, in points
	Decay     time.Duration // in which a full score falls to 0
	BlockedBy time.Duration // how long calls are refused after the score was exceeded
	PerSecond int           // calls in any one second
}

// Documented returns the limits of a tier; ok is false for an unknown one.
func Documented(t graph.Tier) (b Budgets, ok bool) {
	switch t {
	case graph.TierLimited:
		return Budgets{300, time.Hour, 60, 300 * time.Second, 300 * time.Second, perSecond}, true
	case graph.TierFull:
		return Budgets{100_000, time.Hour, 9_000, 300 * time.Second, 60 * time.Second, perSecond}, true
	}
	return Budgets{}, false
}

// Time is how long evenly mixed reads and writes take under unused budgets if they are sent
// as fast as possible. It is the longest of three times: that of the limit per second, that
// of the score, and that of the full windows with the score for the remaining calls.
func (b Budgets) Time(reads, writes int) time.Duration {
	calls, points := reads+writes, reads*Read.Points+writes*Write.Points
	took := b.drain(points)
	if b.PerSecond > 0 && calls > b.PerSecond {
		took = max(took, time.Duration(float64(calls)/float64(b.PerSecond)*float64(time.Second)))
	}
	if b.Calls > 0 && calls > b.Calls {
		full := (calls - 1) / b.Calls
		rest := points * (calls - full*b.Calls) / calls
		took = max(took, time.Duration(full)*b.Window+b.drain(rest))
	}
	return took
}

// drain is how long the score takes to make room for points.
func (b Budgets) drain(points int) time.Duration {
	if b.Score <= 0 || points <= b.Score {
		return 0
	}
	return time.Duration(float64(points-b.Score) / float64(b.Score) * float64(b.Decay))
}

func (b Budgets) calls() float64 { return float64(b.Calls) }
func (b Budgets) score() float64 { return float64(b.Score) }
