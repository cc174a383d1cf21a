package quota

import "time"

// Room is how much more other processes of ours may have sent, not known here, so that what was
// charged still fits into the lane's limits. It is less than 0 where no limit is known.
func (l Lane) Room(now time.Time, r Rules) Cost {
	if r.Mode == Off {
		return Cost{-1, -1}
	}
	l = l.start(r)
	room := Cost{l.calls.spare(now, float64(l.inFlight.Calls), l.calls.span(callSpan)), l.score.spare(now, float64(l.inFlight.Points), l.score.span(scoreSpan))}
	if l.burst.holds {
		second := max(0, int(l.burst.limit(r.Share))-int(l.burst.at(now).sum()))
		if room.Calls < 0 || second < room.Calls {
			room.Calls = second
		}
	}
	return room
}

// Room is how many more calls other processes of ours may have sent, as [Lane.Room].
func (a App) Room(now time.Time) int {
	a.calls.share = a.Share
	return a.calls.spare(now, float64(a.inFlight), a.calls.span(callSpan))
}

// spare is how many more points fit into the limit, and into the job's share of it; less than 0 if
// there is none. The part of a large limit that covers differences between our count and the API's
// may be used, because what was sent is soon known. Near a suspected limit nothing fits.
func (m meter) spare(now time.Time, flight float64, span time.Duration) int {
	if m.limit <= 0 {
		return -1
	}
	own, spare := m.own.at(now, span).sum, 0.0
	switch {
	case m.belief == holds:
		spare = max(m.limit*(1-m.unsure)-m.reserve*20, m.limit/2) - m.level(now, span)
	case !m.nearLimit(now, flight, span):
		spare = m.limit - nearMargin - m.leaking(now, span)
		if left := m.limit - nearMargin - own; left > 0 {
			spare = min(spare, left)
		}
	}
	switch {
	case m.share.all():
	case m.linear:
		spare = min(spare, m.shared()-m.shareLevel(now, span))
	default:
		spare = min(spare, m.shared()-own)
	}
	return max(0, int(spare+1e-6))
}
