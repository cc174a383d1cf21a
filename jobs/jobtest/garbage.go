package jobtest

import (
	"os"
	"runtime/debug"
)

// The heap of a test is small, so that garbage would be collected all the time: that takes a
// quarter of the time of jobs in virtual time. GOGC decides where it is set.
func init() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(800)
	}
}
