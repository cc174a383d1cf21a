package quota

import (
	"time"

	"github.com/cenkalti/backoff/v4"

	"adferry/graph"
)

// Never is later than any time at which a call could be sent.
var Never = time.Unix(1<<40, 0)

// Block is a gate that a throttle closes. The zero Block is open.
type Block struct {
	Until  time.Time     // the gate is closed before; zero if open
	closed time.Time     // when it was last closed
	since  time.Time     // when the first throttle of those in a row closed it
	guess  time.Duration // the latest guessed wait of those in a row
	named  bool          // Until was named, not guessed
	probe  probe
	left   time.Time // when the probe was sent
}

type probe uint8

const (
	probeNone probe = iota // the gate is open
	probeDue               // the next call after Until is the probe
	probeOut               // the probe is in flight
)

// Closed reports whether no call may pass at now.
func (b Block) Closed(now time.Time) bool { return now.Before(b.Until) }

// Next is the earliest time, not before now, at which a call may pass. It is Never while
// the probe is in flight.
func (b Block) Next(now time.Time) time.Time {
	switch {
	case b.Closed(now):
		return b.Until
	case b.probe == probeOut:
		return Never
	}
	return now
}

// Probing reports whether only one call may pass.
func (b Block) Probing() bool { return b.probe != probeNone }

// IsProbe reports whether a call sent at left is the probe, and in flight.
func (b Block) IsProbe(left time.Time) bool { return b.probe == probeOut && left.Equal(b.left) }

// Announced reports whether the gate is closed, or a probe is due, because of a time that was
// named.
func (b Block) Announced() bool { return b.Probing() && b.named }

// Spend records that a call is sent.
func (b Block) Spend(now time.Time) Block {
	if b.probe == probeDue {
		b.probe, b.left = probeOut, now
	}
	return b
}

// Passed opens the gate after a call sent at left was not throttled. A call that was sent
// before the gate was closed changes nothing.
func (b Block) Passed(left, now time.Time) Block {
	if b.Closed(now) || !left.After(b.closed) {
		return b
	}
	return Block{closed: b.closed}
}

// Returned records that nothing was learned from a call sent at left. If it was the probe,
// another one may be sent.
func (b Block) Returned(left time.Time) Block {
	if b.probe == probeOut && left.Equal(b.left) {
		b.probe = probeDue
	}
	return b
}

// Imposed closes the gate because another process of ours has to wait until that time, which is
// believed as far as MaxNamedWait. It never shortens a wait.
func (b Block) Imposed(until, now time.Time) Block {
	until = Earlier(until, now.Add(MaxNamedWait))
	if !until.After(now) || !until.After(b.Until) {
		return b
	}
	if b.since.IsZero() {
		b.since = now
	}
	if !b.Closed(now) {
		b.closed, b.probe, b.named = now, probeDue, false
	}
	b.Until = until
	return b
}

// MaxNamedWait is the longest wait that is accepted from a server or a checkpoint. All
// documented waits are far shorter, and a broken header or clock may give years. After it a
// probe shows whether the wait is over.
const MaxNamedWait = 24 * time.Hour

// Close closes the gate after a throttle of a call sent at left: for the named time, at
// most MaxNamedWait, or if that is 0 for a guess that starts at base and doubles up to most
// with each throttle in a row. If the throttle is no news, only a longer named time counts.
func (b Block) Close(left, now time.Time, named, base, most time.Duration) Block {
	wait := min(named, MaxNamedWait)
	if wait <= 0 {
		if !b.News(left, now) {
			return b
		}
		b.guess = nextGuess(b.guess, base, most)
		wait = b.guess
	}
	if b.since.IsZero() {
		b.since = now
	}
	until := now.Add(wait)
	if b.Closed(now) {
		if until.After(b.Until) {
			b.Until, b.named = until, named > 0
		}
		return b
	}
	b.Until, b.named, b.closed, b.probe = until, named > 0, now, probeDue
	return b
}

// News reports whether a throttle of a call sent at left is another one than that which
// last closed the gate: the gate is open, and the call was sent after it was closed.
func (b Block) News(left, now time.Time) bool {
	return !b.Closed(now) && left.After(b.closed)
}

// Until returns a gate that is closed until a time from before a restart, but at most for
// MaxNamedWait, because the clock may have been wrong. The first call after it is a probe.
func Until(t, now time.Time) Block {
	if most := now.Add(MaxNamedWait); t.After(most) {
		t = most
	}
	return Block{Until: t, probe: probeDue}
}

// nextGuess is the wait that follows another in a schedule of guesses, which double from base
// up to most.
func nextGuess(last, base, most time.Duration) (wait time.Duration) {
	schedule := backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(base),
		backoff.WithMaxInterval(most),
		backoff.WithMultiplier(2),
		backoff.WithRandomizationFactor(0), // a policy is the same each time
		backoff.WithMaxElapsedTime(0),
	)
	for wait <= last && wait < most {
		wait = schedule.NextBackOff()
	}
	return wait
}

// mostGuess shortens the longest guessed wait to that of a documented block while no budget's
// span is over since the first throttle. If calls are still refused then, the probes
// themselves may make the block longer.
func (b Block) mostGuess(now time.Time, e *graph.Error, most time.Duration) time.Duration {
	if e.Class != graph.MaybeThrottled && (b.since.IsZero() || now.Sub(b.since) < callSpan) {
		return min(most, longestBlock)
	}
	return most
}

// longestBlock is the longest documented block: that of Limited access.
const longestBlock = 300 * time.Second

// GuessWait gives the first and the longest time to wait after a throttle that
// names none. The documented blocks are 300 s for Limited and 60 s for Full
// access. The limit of requests per second is over after a second. What may be a block of
// the account itself may last for hours.
func GuessWait(e *graph.Error, tier graph.Tier) (base, most time.Duration) {
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
