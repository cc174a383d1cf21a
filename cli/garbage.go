package cli

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// runGCPercent is the garbage that may lie beside what a run needs, which is about 25 MiB, in
// percent of it. With the 100 of Go a tenth of the CPU time goes into collecting it.
const runGCPercent = 300

// mostGarbage is how many bytes of it may lie there while that is more than Go allows by itself: a
// job of 20,000 ad accounts needs 200 MiB, and would have 600 MiB of garbage.
const mostGarbage = 96 << 20

// planGCPercent is the garbage that may lie beside a plan while it is made and written, in percent
// of it. A plan has no pointers, so that collecting garbage often costs nothing that can be
// measured, and a million rows take 40 MiB less.
const planGCPercent = 5

// garbage is how much of it there may be, which is one setting for the process.
var garbage struct {
	sync.Mutex
	adapts bool // else GOGC says it
	little int  // how many want little of it
	before int  // what it was before those
}

// collectLess is for the whole process, unless GOGC says otherwise.
func collectLess() {
	garbage.Lock()
	defer garbage.Unlock()
	if os.Getenv("GOGC") != "" || garbage.adapts {
		return
	}
	garbage.adapts = true
	debug.SetGCPercent(runGCPercent)
	afterCollection()
}

// afterCollection adapts what is allowed after each collection.
func afterCollection() {
	runtime.AddCleanup(new([64]byte), func(struct{}) {
		adaptGarbage()
		afterCollection()
	}, struct{}{})
}

func adaptGarbage() {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	percent := gcPercent(live[0].Value.Uint64())
	garbage.Lock()
	defer garbage.Unlock()
	if garbage.little > 0 {
		garbage.before = percent
	} else {
		debug.SetGCPercent(percent)
	}
}

// gcPercent is what is allowed beside so many bytes.
func gcPercent(live uint64) int {
	return int(min(runGCPercent, max(100, 100*mostGarbage/max(1, live))))
}

// keepLittleGarbage has garbage collected often until it is released.
func keepLittleGarbage() (release func()) {
	garbage.Lock()
	defer garbage.Unlock()
	if garbage.little++; garbage.little == 1 {
		garbage.before = debug.SetGCPercent(planGCPercent)
	}
	return func() {
		garbage.Lock()
		defer garbage.Unlock()
		if garbage.little--; garbage.little == 0 {
			debug.SetGCPercent(garbage.before)
		}
	}
}
