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
		all.asked.Store(time.Now().Add(-ago).UnixMilli())
		if err := all.Held(); !errors.Is(err, want) {
			t.Errorf("%s ago: got %v, want %v", ago, err, want)
		}
	}
}
