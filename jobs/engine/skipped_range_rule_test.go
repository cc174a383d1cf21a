package engine

import (
	"testing"
	"time"

	"adferry/plan"
)

// What was left out of a range is left out behind it, too, until the lane comes
// back to it: else the same operations would be claimed twice.
func TestGapStaysClosed(t *testing.T) {
	t.Parallel()
	now := time.Now()
	e := New(nil, nil, Options{})
	l := e.lane("22")
	e.skip(l, []plan.Account{"11"}, 50)
	l.cursor = 50
	e.blockedReads.until = map[plan.Account]time.Time{"11": now.Add(time.Minute)} // nobody waits for it any more
	if got := e.unreadableSources(l, now); len(got) != 1 || got[0] != "11" {
		t.Fatalf("got %v left out behind the gap, want its source", got)
	}
	if e.readableAgain(l, now) != nil {
		t.Error("got a gap open whose source cannot be read")
	}
	e.skip(l, e.unreadableSources(l, now), 80)
	if later := now.Add(2 * time.Minute); e.readableAgain(l, later) == nil || *e.readableAgain(l, later) != (skippedRange{"11", 0, 80}) {
		t.Errorf("got %+v, want one gap up to 80", l.skipped)
	}
}
