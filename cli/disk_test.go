//go:build linux

package cli

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"adferry/graph/sandbox"
)

// A disk that stops taking writes in the middle of a run stops the run: nothing
// more is copied or deleted, and what was settled is kept.
func TestDiskFails(t *testing.T) {
	t.Parallel()
	needStrace(t)
	undisturbed(t)
	for _, fault := range []string{"pwrite64:error=ENOSPC", "fsync,fdatasync:error=EIO", "pwrite64,fsync,fdatasync,ftruncate,renameat,renameat2:error=EIO"} {
		for _, n := range []int64{1, 20, 60} {
			t.Run(fmt.Sprintf("%s/%d", fault, n), func(t *testing.T) {
				t.Parallel()
				r := newTrial(t, smallRows, sandbox.Options{})
				g := newGate(t, r, n)
				var out strings.Builder
				c := r.command(t, "run", r.manifest, "--job", r.job, "--yes", "--batch-size", "3")
				c.Stderr = &out
				start(t, c)
				<-g.reached
				g.quiet()
				inject(t, c.Process.Pid, fault)
				g.open()
				_ = c.Wait()
				checkDiskStop(t, c.ProcessState.ExitCode(), out.String(), r.job)
				if late := g.late.Load(); late > 0 {
					t.Errorf("%d requests with writes were sent after the disk had failed", late)
				}
				r.ends(t, exitFailures, "resume", r.job)
				checkUndisturbed(t, r, r.job)
			})
		}
	}
}

// A disk that fails while the job is being made leaves no job, and nothing is
// sent.
func TestDiskFailsAtFirst(t *testing.T) {
	t.Parallel()
	needStrace(t)
	r := newTrial(t, smallRows, sandbox.Options{})
	for _, fault := range []string{
		// No n-th call: strace counts by thread, and the job's calls move between them.
		"mkdirat:error=ENOSPC", "pwrite64:error=ENOSPC", "fsync:error=EIO", "renameat,renameat2:error=EIO",
	} {
		t.Run(fault, func(t *testing.T) {
			job := filepath.Join(t.TempDir(), "parent", "job")
			code, stderr := runBehind(t, r, strace(fault), "run", r.manifest, "--job", job, "--yes")
			checkDiskStop(t, code, stderr, job)
			if _, err := os.Lstat(filepath.Dir(job)); err == nil {
				t.Error("its folder was left behind")
			}
		})
	}
	if n := r.server.Stats().Requests; n > 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// One disk operation that fails, wherever, is noticed or does no harm.
func TestDiskFailsOnce(t *testing.T) {
	t.Parallel()
	needStrace(t)
	undisturbed(t)
	for _, fault := range []string{
		"pwrite64:error=EIO:when=40", "pwrite64:error=ENOSPC:when=60", "fsync:error=EIO:when=4", "fsync:error=EIO:when=12",
		"ftruncate:error=EIO", "open,openat:error=ENOSPC:when=20+3", "pread64:error=EIO:when=30", "unlink,unlinkat:error=EIO",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			r := newTrial(t, smallRows, sandbox.Options{})
			code, stderr := runBehind(t, r, strace(fault), "run", r.manifest, "--job", r.job, "--yes")
			switch code {
			case exitFailures: // it struck where it does no harm, or not at all
				checkUndisturbed(t, r, r.job)
			case exitUnusable: // SQLite takes a page that cannot be read for a corrupt one
				if !strings.Contains(fault, "pread64") {
					t.Errorf("got exit code %d\n%s", code, stderr)
				}
			default:
				checkDiskStop(t, code, stderr, r.job)
			}
			r.ends(t, exitFailures, "run", r.manifest, "--job", r.job, "--yes")
			checkUndisturbed(t, r, r.job)
		})
	}
}

// A file system that is full, or a limit on the size of files, at sizes from
// before the job is made to its last writes.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	undisturbed(t)
	for _, extra := range []int64{-64 << 10, 40 << 10, 200 << 10, 600 << 10} {
		t.Run(fmt.Sprintf("tmpfs%+dk", extra>>10), func(t *testing.T) {
			t.Parallel()
			r := newTrial(t, smallRows, sandbox.Options{})
			small := filepath.Join(r.dir, "small")
			resize := mountSmall(t, small)
			resize(jobSize + extra)
			job := filepath.Join(small, "job")
			code, stderr := runBehind(t, r, nil, "run", r.manifest, "--job", job, "--yes", "--batch-size", "1")
			checkDiskStop(t, code, stderr, job)
			resize(64 << 20)
			r.ends(t, exitFailures, "run", r.manifest, "--job", job, "--yes")
			checkUndisturbed(t, r, job)
		})
		t.Run(fmt.Sprintf("ulimit%+dk", extra>>10), func(t *testing.T) {
			t.Parallel()
			r := newTrial(t, smallRows, sandbox.Options{})
			limit := []string{"sh", "-c", `ulimit -f "$0"; exec "$@"`, strconv.FormatInt((jobSize+extra)/512, 10)}
			code, stderr := runBehind(t, r, limit, "run", r.manifest, "--job", r.job, "--yes", "--batch-size", "1")
			checkDiskStop(t, code, stderr, r.job)
			r.ends(t, exitFailures, "run", r.manifest, "--job", r.job, "--yes")
			checkUndisturbed(t, r, r.job)
		})
	}
}

// jobSize is about the size of job.db of smallRows when it is made.
const jobSize = 112 << 10

// checkDiskStop holds the end of a process whose disk failed against the
// contract.
func checkDiskStop(t *testing.T, code int, stderr, job string) {
	t.Helper()
	if code != exitStopped {
		t.Errorf("got exit code %d, want %d", code, exitStopped)
	}
	if !strings.Contains(stderr, "adferry: the ") || !strings.Contains(stderr, "  hint: ") || strings.Contains(stderr, "goroutine ") {
		t.Errorf("it said no clear word:\n%s", stderr)
	}
	if strings.Contains(stderr, "resume") {
		if _, err := os.Stat(filepath.Join(job, "job.db")); err != nil {
			t.Errorf("it speaks of resume, and %v\n%s", err, stderr)
		}
	}
	for _, pattern := range []string{".[a-z]*", "*.new*"} {
		if left, _ := filepath.Glob(filepath.Join(job, pattern)); len(left) > 0 {
			t.Errorf("half a file was left behind: %v", left)
		}
	}
}

// runBehind runs adferry behind another command.
func runBehind(t *testing.T, r *trial, before []string, args ...string) (code int, stderr string) {
	t.Helper()
	var out strings.Builder
	c := r.command(t, args...)
	if len(before) > 0 {
		whole := exec.Command(before[0], append(before[1:], c.Args...)...)
		whole.Env, c = c.Env, whole
	}
	c.Stderr = &out
	if err := c.Run(); c.ProcessState == nil {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), out.String()
}

func needStrace(t *testing.T) {
	t.Helper()
	if out, err := exec.Command("strace", "-f", "-e", "inject=fsync:error=EIO", "true").CombinedOutput(); err != nil {
		t.Skipf("strace cannot make disk operations fail here: %v\n%s", err, out)
	}
}

// strace is the command that makes disk operations of another fail. It counts
// them in each thread for itself.
func strace(fault string) []string {
	calls, _, _ := strings.Cut(fault, ":")
	return []string{"strace", "-f", "-o", "/dev/null", "-e", "trace=" + calls, "-e", "inject=" + fault}
}

// inject makes all further disk operations of a running process fail.
func inject(t *testing.T, pid int, fault string) {
	t.Helper()
	args := append(strace(fault)[1:], "-p", strconv.Itoa(pid))
	c := exec.Command("strace", args...)
	stderr, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	start(t, c)
	t.Cleanup(func() { _ = c.Wait() })
	said := bufio.NewReader(stderr)
	if line, _ := said.ReadString('\n'); !strings.Contains(line, " attached") {
		_ = syscall.Kill(pid, syscall.SIGKILL)
		t.Skipf("strace may not attach to a process here: %s", line)
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
}

// mountSmall mounts a file system in memory and returns what sets its size.
func mountSmall(t *testing.T, dir string) func(size int64) {
	t.Helper()
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("no file system can be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return func(size int64) {
		t.Helper()
		if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, fmt.Sprintf("size=%d", size)); err != nil {
			t.Fatal(err)
		}
	}
}
