//go:build unix

package cli

import (
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"
)

// A second signal that waits while the first is heeded is the same one, however long that takes; one
// that comes later is another.
func TestSignalWhileFirstIsHeeded(t *testing.T) {
	came := make(chan os.Signal, 3)
	signal.Notify(came, syscall.SIGTERM)
	defer signal.Stop(came)
	send := func() {
		_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
		<-came
	}
	heeded, again := make(chan struct{}), make(chan struct{}, 3)
	release := onStopSignal(func() {
		send()
		time.Sleep(2 * oneSignal)
		close(heeded)
	}, func() { again <- struct{}{} })
	defer release()
	send()
	<-heeded
	select {
	case <-again:
		t.Fatal("one signal that was sent twice is taken for two")
	case <-time.After(2 * oneSignal):
	}
	send()
	<-again
}
