package postgres

import (
	"strings"
	"testing"
	"time"
)

// A worker whose clock is apart from the database's does not join: its slices would be due too late,
// and those of others seem to have begun too long ago.
func TestCheckClock(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		took, ahead time.Duration // that the database took to answer, and of this machine's clock
		want        string        // "": no error
	}{
		{0, 0, ""}, {0, time.Second, ""}, {0, -time.Second, ""},
		{0, 10 * time.Minute, "10m0s ahead of the database's"}, {0, -10 * time.Minute, "10m0s behind the database's"},
		{5 * time.Second, 0, ""}, {5 * time.Second, 3 * time.Second, ""}, // it may have answered at any moment between
		{5 * time.Second, 10 * time.Second, "ahead of"}, {5 * time.Second, -4 * time.Second, "behind"},
	} {
		now := time.Now()
		err := checkClock(now.Add(-test.took), now.Add(-test.ahead))
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: got %v", test, err)
		}
	}
}
