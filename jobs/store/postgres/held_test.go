package postgres

import (
	"errors"
	"testing"
	"time"
)

// A process does not send for longer than PostgreSQL keeps its lock after it last heard from it.
func TestHeld(t *testing.T) {
	t.Parallel()
	var all tables
	for ago, want := range map[time.Duration]error{0: nil, heldFor - time.Second: nil, heldFor + time.Second: ErrLockLost, 24 * time.Hour: ErrLockLost} {
		last := time.Now().Add(-ago)
		for name, last := range map[string]time.Time{"both clocks": last, "the wall's": last.Round(0)} {
			all.asked.Store(&asked{last, heldFor})
			_, until, err := all.Held()
			if !errors.Is(err, want) {
				t.Errorf("%s ago by %s: got %v, want %v", ago, name, err, want)
			}
			if err == nil && !until.Equal(last.Add(heldFor)) {
				t.Errorf("%s ago by %s: got until %v, want %v", ago, name, until, last.Add(heldFor))
			}
		}
	}
}
