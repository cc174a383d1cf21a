package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
)

// await asks until it is so, and fails the test if it does not become so.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain until " + what)
		}
	}
}

func statusOf(t *testing.T, r *trial, job string) (s jobs.Summary) {
	t.Helper()
	_, out, _ := r.run(t, "status", job, "--json")
	_ = json.Unmarshal([]byte(out), &s) // it may still be being made
	return s
}

// quiet reports whether nothing was sent for half a second.
func quiet(r *trial) bool {
	before := r.server.Stats().Requests
	time.Sleep(500 * time.Millisecond)
	return r.server.Stats().Requests == before
}

// A job is paused, tuned and let go on by other processes while one runs it, and a
// pause outlives that process.
func TestSteering(t *testing.T) {
	t.Parallel()
	r := newTrial(t, 500, sandbox.Options{Latency: sandbox.Latency{Min: 100 * time.Millisecond}}) // so that rows are left when it is tuned
	says := func(want string, args ...string) {
		t.Helper()
		if code, out, stderr := r.run(t, args...); code != exitDone || !strings.Contains(out, want) {
			t.Fatalf("%v: got exit code %d and %q, want 0 and %q\n%s", args, code, out, want, stderr)
		}
	}
	c := r.command(t, "run", r.manifest, "--job", r.job, "--yes", "--workers", "2", "--batch-size", "5")
	start(t, c)
	await(t, "rows are settled", func() bool { return statusOf(t, r, r.job).Totals.Settled() > 20 })

	says("stops sending within a second", "pause", r.job)
	says("has been paused already", "pause", r.job)
	await(t, "it is quiet", func() bool { return quiet(r) })
	s := statusOf(t, r, r.job)
	if s.State != jobs.JobPaused || s.PausedAt == nil {
		t.Errorf("got state %s since %v", s.State, s.PausedAt)
	}
	says("Paused: ", "status", r.job)
	says("6 workers", "tune", r.job, "--workers", "6")
	says("6 workers and at most 500 writes/s", "tune", r.job, "--max-rate", "500")
	if at := r.server.Stats().MaxConcurrent; at > 2 || !quiet(r) {
		t.Errorf("a tuning broke the pause, or %d requests were sent at once before it", at)
	}
	says("goes on", "unpause", r.job)
	await(t, "six requests are sent at once", func() bool { return r.server.Stats().MaxConcurrent == 6 })
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait()
	if code := c.ProcessState.ExitCode(); code != exitStopped {
		t.Fatalf("after SIGINT: got exit code %d, want %d", code, exitStopped)
	}

	says("no process runs it now, and the next one will wait", "pause", r.job)
	says("adferry unpause "+r.job, "status", r.job)
	before := r.server.Stats().Requests
	var stderr bytes.Buffer
	c = r.command(t, "resume", r.job, "--workers", "4")
	c.Stderr = &stderr
	start(t, c)
	await(t, "the process has the job", func() bool { return statusOf(t, r, r.job).State == jobs.JobPaused })
	if !quiet(r) || r.server.Stats().Requests != before {
		t.Error("a process that began with a paused job sent something")
	}
	if s := statusOf(t, r, r.job); s.Tuned.Workers != nil || s.Tuned.MaxRate == nil {
		t.Errorf("after resume --workers: got %v tuned, want the rate alone", s.Tuned)
	}
	says("goes on", "unpause", r.job)
	says("is not paused", "unpause", r.job)
	_ = c.Wait()
	if code := c.ProcessState.ExitCode(); code != exitFailures || !strings.Contains(stderr.String(), "has been paused since") {
		t.Errorf("got exit code %d, want %d\n%s", code, exitFailures, stderr.String())
	}
	checkJobFiles(t, r.job, r.want)
	checkEffects(t, r)
}
