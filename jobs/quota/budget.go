package quota

import (
	"time"

	"adferry/graph"
)

// Cost is what one call takes from the two documented budgets.
type Cost struct{ Calls, Points int }

// The costs of a read and of a write.
var (
	Read  = Cost{Calls: 1, Points: 1}
	Write = Cost{Calls: 1, Points: 3}
)

// Budgets are the documented limits of one ad account at a tier.
type Budgets struct {
	Calls     int           // within Window
	Window    time.Duration // an hour, taken as rolling: true of a fixed one, too
	Score     int           // points at most
	Decay     time.Duration // in which a full score falls to 0
	BlockedBy time.Duration // when the score is exceeded
}

// Documented returns the limits of a tier; ok is false for an unknown one.
func Documented(t graph.Tier) (b Budgets, ok bool) {
	switch t {
	case graph.TierLimited:
		return Budgets{300, time.Hour, 60, 300 * time.Second, 300 * time.Second}, true
	case graph.TierFull:
		return Budgets{100_000, time.Hour, 9_000, 300 * time.Second, 60 * time.Second}, true
	}
	return Budgets{}, false
}

// Time is how long calls, evenly mixed, take under the budgets, started afresh
// and sent as fast as they allow: the longer of what the score asks for all of
// them, and of the full windows with what it asks for the rest.
func (b Budgets) Time(reads, writes int) time.Duration {
	calls, points := reads+writes, reads*Read.Points+writes*Write.Points
	took := b.drain(points)
	if b.Calls > 0 && calls > b.Calls {
		full := (calls - 1) / b.Calls
		rest := points * (calls - full*b.Calls) / calls
		took = max(took, time.Duration(full)*b.Window+b.drain(rest))
	}
	return took
}

// drain is how long the score takes to make room for so many points.
func (b Budgets) drain(points int) time.Duration {
	if b.Score <= 0 || points <= b.Score {
		return 0
	}
	return time.Duration(float64(points-b.Score) / float64(b.Score) * float64(b.Decay))
}

// score is a bucket that fills by points and leaks linearly.
type score struct {
	level float64
	at    time.Time
}

func (s score) now(now time.Time, b Budgets) float64 {
	leak := now.Sub(s.at).Seconds() * float64(b.Score) / b.Decay.Seconds()
	return max(0, s.level-max(0, leak))
}

func (s score) spend(now time.Time, points int, b Budgets) score {
	return score{s.now(now, b) + float64(points), now}
}

// next is when there is room for the points.
func (s score) next(now time.Time, points int, b Budgets) time.Time {
	over := s.now(now, b) + float64(points) - float64(b.Score)
	if over <= 0 {
		return now
	}
	return now.Add(time.Duration(over/float64(b.Score)*float64(b.Decay)) + time.Millisecond)
}

// seen raises the level to what the API reported.
func (s score) seen(now time.Time, percent float64, b Budgets) score {
	return score{max(s.now(now, b), percent/100*float64(b.Score)), now}
}

// A window of parts is kept in one slot more: a call in the last moment of a
// slot must count for a whole window after it. The price is a part of the budget,
// so the parts are short.
const (
	parts = 120
	slots = parts + 1
)

// calls counts calls in a rolling window of slots.
type calls struct {
	slot  int64 // index of the newest slot since 1970
	count [slots]int32
	sum   int
}

// at moves the window on to now.
func (c calls) at(now time.Time, b Budgets) calls {
	width := int64(b.Window / parts)
	slot := now.UnixNano() / width
	for step := int64(0); c.slot < slot && step < slots; step++ {
		c.slot++
		c.sum -= int(c.count[c.slot%slots])
		c.count[c.slot%slots] = 0
	}
	c.slot = max(c.slot, slot)
	return c
}

func (c calls) spend(now time.Time, n int, b Budgets) calls {
	c = c.at(now, b)
	c.count[c.slot%slots] += int32(n)
	c.sum += n
	return c
}

// next is when the oldest calls that stand in the way leave the window.
func (c calls) next(now time.Time, n int, b Budgets) time.Time {
	c = c.at(now, b)
	over := c.sum + n - b.Calls
	if over <= 0 {
		return now
	}
	width := int64(b.Window / parts)
	for s := c.slot - slots + 1; s <= c.slot; s++ {
		if s < 0 {
			continue
		}
		if over -= int(c.count[s%slots]); over <= 0 {
			return time.Unix(0, (s+slots)*width)
		}
	}
	return now.Add(b.Window)
}
