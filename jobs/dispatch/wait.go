package dispatch

import (
	"fmt"
	"time"

	"adferry/graph"
	"adferry/jobs/quota"
)

// WhyWait says why something waits: in the API's words, and that it does not wait
// as long as it was told to, should that be so.
func WhyWait(err *graph.Error, until, now time.Time) string {
	if err.RetryAfter > quota.MostNamed && until.Equal(now.Add(quota.MostNamed)) {
		return fmt.Sprintf("%s (told to wait %v; asked again after a day)", err.Detail(), err.RetryAfter)
	}
	return err.Detail()
}

// MostUnclear is how many waits in a row, together some hours, a block of unknown
// kind gets before it counts as a refusal.
const MostUnclear = 5

// ShownFrom is from when on a wait that nobody imposed is worth a disk write.
const ShownFrom = 10 * time.Second
