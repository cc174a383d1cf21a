package cli

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"adferry/graph/sandbox"
)

// A user who may not write to a job sees that somebody runs it and who, and is not
// told of a disk, a lock or a job that has stopped.
func TestAnotherUsersJob(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("only root can be another user")
	}
	dir, err := os.MkdirTemp("", "adferry-owner-") // t.TempDir lies in a folder that others may not enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "adferry")
	copyFile(t, program, buildBinary(t))
	r := newTrialOf(t, dir, smallRows, 7, 5, sandbox.Options{})
	g := newGate(t, r, 40)
	job := r.job
	c := r.command(t, "run", r.manifest, "--job", job, "--yes", "--batch-size", "3")
	start(t, c)
	stopped := make(chan struct{})
	go func() { _ = c.Wait(); close(stopped) }()
	<-g.reached

	as := func(args ...string) (code int, said string) {
		t.Helper()
		other := exec.Command(program, args...)
		other.Env = append(environ(), "ADFERRY_ENDPOINT="+r.url, "ADFERRY_ACCESS_TOKEN=secret-token", "HOME="+dir)
		other.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		out, err := other.CombinedOutput()
		if other.ProcessState == nil {
			t.Fatal(err)
		}
		return other.ProcessState.ExitCode(), string(out)
	}
	check := func(want int, text string, args ...string) {
		t.Helper()
		if code, said := as(args...); code != want || !strings.Contains(said, text) {
			t.Errorf("%s: got exit code %d and %q, want %d and %q", args[0], code, said, want, text)
		}
	}
	const running = " is being run by root, and this user may not change it\n  hint: adferry status "
	check(exitDone, "Running", "status", job)
	check(exitLocked, running, "resume", job)
	check(exitLocked, running, "pause", job)
	check(exitLocked, running, "undo", job)
	if err := os.Chmod(job, 0o700); err != nil {
		t.Fatal(err)
	}
	check(exitUsage, " belongs to root, and this user may not read it\n  hint: run this as root, or ask them", "status", job)
	if err := os.Chmod(job, 0o755); err != nil {
		t.Fatal(err)
	}

	_ = c.Process.Signal(syscall.SIGTERM)
	g.open()
	<-stopped
	check(exitDone, "Stopped early", "status", job)
	check(exitUsage, " belongs to root, and this user may not change it\n  hint: run this as root", "resume", job)
	check(exitUsage, " belongs to root, and this user may not change it", "tune", job, "--workers", "2")
}

func copyFile(t *testing.T, to, from string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
}
