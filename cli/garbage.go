package cli

import (
	"runtime/debug"
	"sync"
)

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
