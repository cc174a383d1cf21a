package engine

import (
	"time"

	"adferry/jobs/quota"
)

// hold is a time during which the quota or a throttle kept reads from being sent.
type hold struct{ from, until time.Time }

// within is how much of it lies between two moments.
func (h hold) within(from, until time.Time) time.Duration {
	return max(0, quota.Earlier(h.until, until).Sub(quota.Later(h.from, from)))
}

// holdReads notes that the lane's reads have to wait until a later moment. Where an
// answer that is on its way decides, there is no such moment.
func (l *lane) holdReads(now, at time.Time) {
	if !at.After(now) || !at.Before(quota.Never) {
		return
	}
	if l.readsHeld.until.Before(now) {
		l.readsHeld.from = now
	}
	l.readsHeld.until = at
}

// wasHeld notes of a lookup that is sent now how long it waited because of its lane's
// hold. A lookup that was throttled and repeated has been held since the first time.
func (k *lookup) wasHeld(h hold, now time.Time) {
	from, until := quota.Later(h.from, k.queued), quota.Earlier(h.until, now)
	if !until.After(from) {
		return
	}
	if k.held.from.IsZero() {
		k.held.from = from
	}
	k.held.until = until
}
