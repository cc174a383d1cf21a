package cli

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// hangupPause is within which a second SIGHUP is the first once more: of a terminal
// that closes, both the shell and the kernel tell a process.
const hangupPause = time.Second

// stopSignals are what ends a command in good order. A process that was started to
// outlive its terminal, as nohup does, goes on ignoring SIGHUP.
func stopSignals() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}
