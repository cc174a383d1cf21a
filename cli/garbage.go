package cli

import (
	"os"
	"runtime/debug"
	"sync"
)

// runGCPercent is the garbage that may lie beside what a run needs, which is about 25 MiB, in
// percent of it. With the 100 of Go a tenth of the CPU time goes into collecting it.
const runGCPercent = 300

// collectLess is for the whole process, unless GOGC says otherwise.
func collectLess() {
	garbage.Lock()
	defer garbage.Unlock()
	if garbage.users == 0 && os.Getenv("GOGC") == "" {
		debug.SetGCPercent(runGCPercent)
	}
}

// planGCPercent is the garbage that may lie beside a plan while it is made and written, in percent
// of it. A plan has no pointers, so that collecting garbage often costs nothing that can be
// measured, and a million rows take 40 MiB less.
const planGCPercent = 5

// garbage counts who wants little of it, because the setting is one of the process.
var garbage struct {
	sync.Mutex
	users, before int
}

// keepLittleGarbage has garbage collected often until it is released.
func keepLittleGarbage() (release func()) {
	garbage.Lock()
	defer garbage.Unlock()
	if garbage.users++; garbage.users == 1 {
		garbage.before = debug.SetGCPercent(planGCPercent)
	}
	return func() {
		garbage.Lock()
		defer garbage.Unlock()
		if garbage.users--; garbage.users == 0 {
			debug.SetGCPercent(garbage.before)
		}
	}
}
