//go:build unix

package cli

import (
	"syscall"
	"testing"
	"time"

	"adferry/graph/sandbox"
)

// A server that never answers holds a stop up for as long as one request may take.
func TestSignalDrainsInTime(t *testing.T) {
	t.Parallel()
	undisturbed(t)
	r := newTrial(t, smallRows, sandbox.Options{})
	g := newGate(t, r, 40)
	c := r.command(t, "run", r.manifest, "--job", r.job, "--yes", "--batch-size", "3", "--timeout", "3s")
	start(t, c)
	<-g.reached
	g.quiet()
	began := time.Now()
	_ = c.Process.Signal(syscall.SIGTERM)
	stuck := time.AfterFunc(50*time.Second, func() { _ = c.Process.Kill() })
	_ = c.Wait()
	stuck.Stop()
	if code := c.ProcessState.ExitCode(); code != exitStopped {
		t.Errorf("got exit code %d, want %d", code, exitStopped)
	}
	if took := time.Since(began); took > 25*time.Second {
		t.Errorf("it took %v to stop with requests of 3 s", took)
	}
	if s := readSummary(t, r.job); s.Totals.Unknown == 0 {
		t.Errorf("got totals %+v, want the rows without an answer unknown", s.Totals)
	}
	g.open()
	g.quiet()
	r.ends(t, exitFailures, "resume", r.job)
	// What was lost with its answer took effect late, when the gate opened: the
	// servers are equal, and so are the rows but for the number of attempts.
	if got, want := endingOf(t, r, r.job), undisturbed(t); got.Totals != want.Totals || got.ExitCode != want.ExitCode {
		t.Errorf("got %+v, want %+v", got.Totals, want.Totals)
	}
	checkEffects(t, r)
}
