package quota

import (
	"testing"
	"time"
)

// A limit that was taken for full, and then turns out to be a thousandth of that,
// has room again after a span.
func TestFoundLimitHasRoom(t *testing.T) {
	documented := []float64{300, 100_000}
	m := meter{belief: holds, limit: 100_000}.charge(noon, 80, callSpan).atLimit(noon, 80)
	now := noon
	for range 3 {
		now = now.Add(4 * time.Minute)
		m = m.refused(now, false, callSpan, documented)
	}
	if m.belief != holds || m.limit != 80 {
		t.Fatalf("got a limit of %v, want the 80 calls that were refused three times", m.limit)
	}
	if now = now.Add(callSpan); m.next(now, 1, callSpan).After(now) {
		t.Errorf("an hour later there is no room: got a level of %v", m.level(now, callSpan))
	}
}
