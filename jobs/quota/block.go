package quota

import (
	"time"

	"adferry/graph"
)

// Never is later than any moment at which something could be sent.
var Never = time.Unix(1<<40, 0)

// Block is a gate that a throttle closes. The zero Block is open.
type Block struct {
	Until  time.Time // closed before; zero when open
	closed time.Time // when it was last closed
	guess  time.Duration
	probe  probe
	left   time.Time // when the probe did
}

type probe uint8

const (
	probeNone probe = iota // open, nothing to prove
	probeDue               // the first call after Until goes alone
	probeOut               // it is on its way
)

// Closed reports whether the gate lets nothing through at now.
func (b Block) Closed(now time.Time) bool { return now.Before(b.Until) }

// Next is the earliest moment from now on at which a call may pass: Never while
// the probe is on its way.
func (b Block) Next(now time.Time) time.Time {
	switch {
	case b.Closed(now):
		return b.Until
	case b.probe == probeOut:
		return Never
	}
	return now
}

// Probing reports whether only one call may go.
func (b Block) Probing() bool { return b.probe != probeNone }

// Spend lets a call leave.
func (b Block) Spend(now time.Time) Block {
	if b.probe == probeDue {
		b.probe, b.left = probeOut, now
	}
	return b
}

// Passed opens the gate: a call that left it then came back unthrottled. What
// left before the gate was closed shows nothing, however late it comes back.
func (b Block) Passed(left, now time.Time) Block {
	if b.Closed(now) || !left.After(b.closed) {
		return b
	}
	return Block{closed: b.closed}
}

// Returned takes back a call that left then. If it was the probe, and nothing was
// learned of it, another one may go.
func (b Block) Returned(left time.Time) Block {
	if b.probe == probeOut && left.Equal(b.left) {
		b.probe = probeDue
	}
	return b
}

// MostNamed is the longest wait that is taken from a server or a checkpoint: none
// that is documented comes near it, and a broken header or clock may name years.
// One probe then shows.
const MostNamed = 24 * time.Hour

// Close closes the gate for the named time, MostNamed at most, or, where none is named, for a
// guess that starts at base and doubles up to most with each throttle in a row.
// The throttle answers a call that left the gate then: where that is no news, only
// a longer time that it names counts.
func (b Block) Close(left, now time.Time, named, base, most time.Duration) Block {
	wait := min(named, MostNamed)
	if wait <= 0 {
		if !b.News(left, now) {
			return b
		}
		b.guess = min(max(base, 2*b.guess), most)
		wait = b.guess
	}
	until := now.Add(wait)
	if b.Closed(now) {
		if until.After(b.Until) {
			b.Until = until
		}
		return b
	}
	b.Until, b.closed, b.probe = until, now, probeDue
	return b
}

// News reports whether a throttle of a call that left the gate then tells more
// than the one that last closed it: the call left after that, and the gate is not
// closed.
func (b Block) News(left, now time.Time) bool {
	return !b.Closed(now) && left.After(b.closed)
}

// Until closes a gate until a moment known from before a restart, or for MostNamed:
// the clock may have jumped meanwhile, or be set right again. The first call after
// it is a probe.
func Until(t, now time.Time) Block {
	if most := now.Add(MostNamed); t.After(most) {
		t = most
	}
	return Block{Until: t, probe: probeDue}
}

// Guess gives the first and the longest time to wait after a throttle that
// names none. The documented blocks are 300 s for Limited and 60 s for Full
// access; a limit of requests a second is over after one; what may be a block
// of the account itself is asked about on the scale of an hour.
func Guess(e *graph.Error, tier graph.Tier) (base, most time.Duration) {
	switch {
	case e.Class == graph.MaybeThrottled:
		return 5 * time.Minute, time.Hour
	case e.Code == 613 && e.Subcode == 5044001:
		return time.Second, time.Minute
	case e.Class == graph.ThrottledApp:
		return time.Minute, time.Hour
	case tier == graph.TierLimited:
		return 5 * time.Minute, 30 * time.Minute
	}
	return time.Minute, 30 * time.Minute
}
