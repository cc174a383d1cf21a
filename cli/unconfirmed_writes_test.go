//go:build unix

package cli

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/store"
	"adferry/plan"
)

// An undo or a retry waits until a write whose answer was lost can no longer take
// effect, and no longer.
func TestWaitOutDoubt(t *testing.T) {
	t.Parallel()
	sent := func(ago time.Duration) jobs.Outcome {
		return jobs.Outcome{State: jobs.Sent, LastSent: time.Now().Add(-ago)}
	}
	failed := func(reason jobs.Reason, tried bool) jobs.Outcome {
		return jobs.Outcome{State: jobs.Failed, Reason: reason, Tried: tried, LastSent: time.Now()}
	}
	for _, test := range []struct {
		name    string
		outcome func() jobs.Outcome
		options engine.Options
		waits   time.Duration
		says    string
	}{
		{"sent just now", func() jobs.Outcome { return sent(0) }, engine.Options{}, time.Minute, "1 write that was not confirmed may take effect"},
		{"sent long ago", func() jobs.Outcome { return sent(time.Hour) }, engine.Options{}, 0, ""},
		{"sent two minutes ago", func() jobs.Outcome { return sent(2 * time.Minute) }, engine.Options{}, 30 * time.Second, "waiting until"},
		{"failed after its answer was lost", func() jobs.Outcome { return failed(jobs.GaveUp, true) }, engine.Options{}, time.Minute, "waiting until"},
		{"its deletion was not confirmed", func() jobs.Outcome { return failed(jobs.DeleteUnconfirmed, true) }, engine.Options{}, time.Minute, "waiting until"},
		{"opened again after that", func() jobs.Outcome { return jobs.Outcome{State: jobs.Pending, Tried: true, LastSent: time.Now()} }, engine.Options{}, time.Minute, "waiting until"},
		{"refused", func() jobs.Outcome { return failed(jobs.Denied, false) }, engine.Options{}, 0, ""},
		{"done", func() jobs.Outcome { return jobs.Outcome{State: jobs.Done, Tried: true, LastSent: time.Now()} }, engine.Options{}, 0, ""},
		{"within --max-wait", func() jobs.Outcome { return sent(0) }, engine.Options{MaxWait: time.Minute}, time.Minute, "waiting until"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				job := doubtful(t, test.outcome())
				var out bytes.Buffer
				began := time.Now()
				se := &session{runOptions: runOptions{engine: test.options}}
				if err := waitForWrites(t.Context(), &streams{err: &out}, se, job); err != nil {
					t.Fatal(err)
				}
				if waited := time.Since(began); waited != test.waits {
					t.Errorf("waited %v, want %v", waited, test.waits)
				}
				if !strings.Contains(out.String(), test.says) || test.says == "" && out.Len() > 0 || strings.Count(out.String(), "\n") > 1 {
					t.Errorf("got %q, want %q", out.String(), test.says)
				}
			})
		})
	}
}

// What does not wait ends with exit code 3 and the command that goes on.
func TestDoubtIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		options engine.Options
		waits   time.Duration
		says    string
	}{
		{"--max-wait", engine.Options{MaxWait: 10 * time.Second}, 0, "longer than --max-wait (10s)"},
		{"--max-duration", engine.Options{MaxDuration: 10 * time.Second}, 10 * time.Second, jobs.ErrDuration.Error()},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				job := doubtful(t, jobs.Outcome{State: jobs.Sent, LastSent: time.Now()})
				began := time.Now()
				err := waitAgain("retry", inFolder("small.job"), waitForWrites(t.Context(), &streams{err: &bytes.Buffer{}}, &session{runOptions: runOptions{engine: test.options}}, job))
				if exitCode(err) != exitStopped || !strings.Contains(err.Error(), test.says) {
					t.Errorf("got exit code %d, %v", exitCode(err), err)
				}
				if hint := strings.Join(hints(err), "\n"); !strings.Contains(hint, "adferry retry small.job") {
					t.Errorf("got hint %q", hint)
				}
				if waited := time.Since(began); waited != test.waits {
					t.Errorf("waited %v, want %v", waited, test.waits)
				}
			})
		})
	}
}

// A signal ends the wait at once. A job on the sandbox in its own process has none.
func TestDoubtIsInterrupted(t *testing.T) {
	job := doubtful(t, jobs.Outcome{State: jobs.Sent, LastSent: time.Now()})
	if err := waitForUnconfirmed(t.Context(), &streams{err: t.Output()}, &session{}, job, store.Meta{Sandbox: true}); err != nil {
		t.Fatal(err)
	}
	said := make(chan struct{})
	go func() {
		<-said // from then on signals are heard
		_ = syscall.Kill(syscall.Getpid(), syscall.SIGINT)
	}()
	err := waitForUnconfirmed(t.Context(), &streams{err: writerFunc(func(p []byte) (int, error) { close(said); return len(p), nil })}, &session{}, job, store.Meta{})
	if !errors.Is(err, jobs.ErrInterrupted) || exitCode(err) != exitStopped {
		t.Errorf("got %v and exit code %d", err, exitCode(err))
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// doubtful is a job of one copy with that outcome.
func doubtful(t *testing.T, o jobs.Outcome) *store.Job {
	t.Helper()
	job, _, err := store.Create(t.Context(), filepath.Join(t.TempDir(), "job"), store.Spec{Manifest: "manifest.csv",
		Read: func(visit func(plan.Row) error) (*plan.Plan, error) {
			return plan.Read(strings.NewReader("source_account,hash,target_account\n11,0123456789abcdef0123456789abcdef,22\n"), visit)
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { job.Close() })
	if _, err := job.Commit(t.Context(), jobs.Change{Records: []jobs.Record{{ID: 1, Outcome: o}}}); err != nil {
		t.Fatal(err)
	}
	return job
}
