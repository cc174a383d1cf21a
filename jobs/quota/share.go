package quota

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Share is the part of each limit that a job may use, from LeastShare to 1; 0 stands for 1.
// It counts what the job itself sends within the limit's span, whatever others use. Of limits
// that nothing has shown the documented ones count: those of Limited access until the API
// reports a tier or the user names one.
type Share float64

// LeastShare is the least share that a job may be given.
const LeastShare = 0.05

// UnmarshalText parses a value of --quota-share: a percentage such as 50%.
func (s *Share) UnmarshalText(b []byte) error {
	number, ok := strings.CutSuffix(string(b), "%")
	p, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil || !(p >= 100*LeastShare && p <= 100) {
		return fmt.Errorf("must be a percentage from 5%% to 100%%, such as 50%%, not %q", b)
	}
	*s = Share(p / 100)
	return nil
}

// String is the percentage.
func (s Share) String() string {
	if s.all() {
		return "100%"
	}
	return strconv.FormatFloat(float64(s)*100, 'g', 6, 64) + "%"
}

func (s Share) all() bool { return s <= 0 || s >= 1 }

// of is the part of a limit.
func (s Share) of(limit float64) float64 {
	if s.all() {
		return limit
	}
	return limit * float64(s)
}

// Shared are the budgets of a job that may use a share of each.
func (b Budgets) Shared(s Share) Budgets {
	part := func(limit int) int {
		if limit <= 0 {
			return limit
		}
		return max(1, int(s.of(float64(limit))))
	}
	b.Calls, b.Score, b.PerSecond = part(b.Calls), part(b.Score), part(b.PerSecond)
	return b
}

// shared is the job's share of the limit. One that is not proven counts as no smaller than the
// documented one of Limited access: others may have caused the rise that showed it. And it is no
// less than what a deletion takes, with the reading that permits it: else what was read would be
// too old when the deletion may follow, again and again.
func (m meter) shared() float64 {
	limit := m.limit
	if !m.proven {
		limit = max(m.limit, m.least)
	}
	return max(m.share.of(limit), m.deletion)
}

// shareLevel is how much of the job's share is used, if a level decays linearly.
func (m meter) shareLevel(now time.Time, span time.Duration) float64 {
	return max(0, m.shareLeak-now.Sub(m.shareLeakAt).Seconds()*m.shared()/span.Seconds())
}

// boundShare lowers how much of the share is used to what a header says that the job and others have
// used together, and what it may not show yet. With a span that was learned too long the job would
// use so little for hours that no level in a header corrected the span.
func (m meter) boundShare(now time.Time, most float64, span time.Duration) meter {
	if m.decay.span == 0 || m.lag.most > mostLag { // it is the documented one, or the header counts other calls
		return m
	}
	used := m.shareLevel(now, span)
	m.shareLeak, m.shareLeakAt = min(used, most+m.own.since(now, mostLag, span)), now
	return m
}

// nextOfShare is when the points will fit into the job's share of the limit. They may exceed a
// share that is too small for them.
func (m meter) nextOfShare(now time.Time, points float64, span time.Duration) time.Time {
	if m.share.all() || m.limit <= 0 {
		return now
	}
	most := m.shared()
	left := max(most-points, 0)
	if m.linear {
		if over := m.shareLevel(now, span) - left; over > 1e-6 {
			return now.Add(time.Duration(over/most*float64(span)) + time.Millisecond)
		}
		return now
	}
	if m.own.at(now, span).sum <= left+1e-6 {
		return now
	}
	return Later(m.own.fallsTo(now, left, span), now.Add(span/3000))
}
