//go:build crashpoints

package engine

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// ADFERRY_CRASH names a point and how often it is passed before the process
// kills itself there: outcome_written:7.
var (
	crashName, crashCount = func() (string, int64) {
		name, n, _ := strings.Cut(os.Getenv("ADFERRY_CRASH"), ":")
		count, _ := strconv.ParseInt(n, 10, 64)
		return name, count
	}()
	crashPassed atomic.Int64
)

func crashPoint(name string) {
	if name != crashName || crashPassed.Add(1) != crashCount {
		return
	}
	if name == "sent" { // the request is to be on its way by then
		go func() {
			time.Sleep(3 * time.Millisecond)
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}()
		return
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}
