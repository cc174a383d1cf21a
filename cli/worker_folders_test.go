//go:build unix

package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/store/postgres/pgtest"
)

const northToken = "north-token-of-a-test"

// site is an empty working folder, with a database and a server of three ad accounts, all of which
// one token sees.
type site struct {
	dir    string
	env    []string
	server *sandbox.Server
}

func newSite(t *testing.T) *site {
	t.Helper()
	t.Parallel()
	database := migrated(t, pgtest.Common(t))
	server := sandbox.New(sandbox.Options{Access: map[string]sandbox.Token{northToken: {}}})
	for i := range 10 {
		server.AddImage("11", sandbox.Image{Hash: fmt.Sprintf("%032x", i), Created: time.Now().Add(-400 * day), Associated: i > 0})
	}
	server.AddAccount("12", sandbox.AccountOptions{})
	server.AddAccount("21", sandbox.AccountOptions{})
	return &site{t.TempDir(), append(at(urlOf(t, server)), "ADFERRY_STATE_DIR="+t.TempDir(), "ADFERRY_DATABASE="+database, "ADFERRY_ACCESS_TOKEN="+northToken), server}
}

func (w *site) command(ctx context.Context, t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(ctx, buildBinary(t), args...)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.Dir, c.Env = w.dir, append(environ(), w.env...)
	return c
}

// must runs a command that has to succeed.
func (w *site) must(t *testing.T, args ...string) {
	t.Helper()
	if code, _, stderr := ran(t, w.command(t.Context(), t, args...)); code != exitDone {
		t.Fatalf("adferry %s: got exit code %d\n%s", strings.Join(args, " "), code, stderr)
	}
}

// workUntil runs a worker until it says something, and returns all that it said.
func (w *site) workUntil(t *testing.T, text string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	errs := &cancelAt{cancel: cancel, text: text}
	w.work(ctx, t, errs, args...)()
	said := errs.seen.String()
	if !strings.Contains(said, text) {
		t.Fatalf("it never says %q\n%s", text, said)
	}
	return said
}

// work starts a worker, which ends with ctx; wait waits for that.
func (w *site) work(ctx context.Context, t *testing.T, errs io.Writer, args ...string) (wait func()) {
	t.Helper()
	c := w.command(ctx, t, append([]string{"worker"}, args...)...)
	c.Stderr = errs
	start(t, c)
	return func() {
		_ = c.Wait()
		if code := c.ProcessState.ExitCode(); code != exitDone {
			t.Errorf("the worker ended with exit code %d", code)
		}
	}
}

func (w *site) write(t *testing.T, name string, lines ...string) {
	t.Helper()
	if !filepath.IsAbs(name) {
		name = filepath.Join(w.dir, name)
	}
	writeFile(t, name, strings.Join(lines, "\n")+"\n")
}

// has reports whether an ad account of the server has the n-th image.
func (w *site) has(account string, n int) bool {
	return slices.ContainsFunc(w.server.Images(account), func(i sandbox.Image) bool { return i.Hash == fmt.Sprintf("%032x", n) })
}

// A cleanup of a file of schedules is listed, made a job, backed up and carried out by a worker.
func TestWorkerCleansUp(t *testing.T) {
	w := newSite(t)
	kept := t.TempDir()
	due := time.Now().UTC().Add(-2 * time.Minute)
	w.write(t, "schedules.csv", "schedule,cron,accounts,unused,backup,yes", fmt.Sprintf("nightly,%d %d * * *,act_11,yes,%s,yes", due.Minute(), due.Hour(), kept))
	w.write(t, filepath.Join(kept, jobs.SharedMark))
	name := due.Format("nightly-20060102-1504") + "00Z"
	said := w.workUntil(t, "job "+name+": finished", "--schedules", "schedules.csv")
	if !strings.Contains(said, "cleanup "+name+": job made; images to delete: 1") {
		t.Errorf("the worker said\n%s", said)
	}
	if w.has("11", 0) || !w.has("11", 1) {
		t.Error("the unused image is there, or one in use is gone")
	}
	if _, err := os.Stat(filepath.Join(kept, "11", fmt.Sprintf("%032x.json", 0))); err != nil {
		t.Error(err)
	}
}

func TestWorkerSchedulesRefused(t *testing.T) {
	t.Parallel()
	w := &site{dir: t.TempDir(), env: []string{"ADFERRY_DATABASE=postgres://127.0.0.1:1/x"}}
	w.write(t, "schedules.csv", "schedule,cron,accounts,unused,yes", "nightly,0 25 * * *,act_11,yes,yes")
	for file, want := range map[string]string{"schedules.csv": "schedules.csv line 2: cron: ", "gone.csv": "cannot be read"} {
		if code, _, stderr := ran(t, w.command(t.Context(), t, "worker", "--schedules", file)); code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("got exit code %d\n%s", code, stderr)
		}
	}
}

// A worker that does not see the backup of a job leaves the job alone, and says so.
func TestWorkerWithoutFolder(t *testing.T) {
	w := newSite(t)
	kept := filepath.Join(t.TempDir(), "kept")
	w.write(t, "manifest.csv", "operation,source_account,hash", "delete,11,"+fmt.Sprintf("%032x", 0))
	w.must(t, "submit", "manifest.csv", "--job", "autumn", "--backup", kept, "--yes")
	if err := os.Rename(kept, kept+"-elsewhere"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(kept, 0o755); err != nil { // where nothing is mounted
		t.Fatal(err)
	}
	why := kept + " is not the folder that the job was submitted with"
	w.workUntil(t, "job autumn: not carried out here: "+why)
	ctx, cancel := context.WithCancel(t.Context())
	wait := w.work(ctx, t, io.Discard)
	for _, args := range [][]string{{"status", "--job", "autumn"}, {"jobs"}} {
		told := func() bool {
			_, out, _ := ran(t, w.command(t.Context(), t, args...))
			return strings.Contains(unspaced(out), unspaced("every worker leaves the job alone: "+why))
		}
		for end := time.Now().Add(2 * time.Minute); !told(); time.Sleep(100 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s never says that no worker sees the folder", args[0])
			}
		}
	}
	cancel()
	wait()
	if !w.has("11", 0) {
		t.Error("the image is gone")
	}
	if err := os.Remove(kept); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(kept+"-elsewhere", kept); err != nil {
		t.Fatal(err)
	}
	w.workUntil(t, "job autumn: finished")
	if w.has("11", 0) {
		t.Error("the image is there")
	}
}

// A job is left alone while another one of the database, unfinished, does the opposite.
func TestWorkerContradiction(t *testing.T) {
	w := newSite(t)
	image := fmt.Sprintf("%032x", 3)
	w.server.AddImage("12", sandbox.Image{Hash: image})
	w.write(t, "autumn.csv", "operation,source_account,hash,target_account", "copy,12,"+image+",21", "copy,11,"+image+",21")
	w.write(t, "winter.csv", "operation,source_account,hash", "delete,12,"+image)
	if code, _, stderr := ran(t, w.command(t.Context(), t, "run", "autumn.csv", "--job", "autumn", "--max-duration", "1ns")); code != exitStopped {
		t.Fatalf("got exit code %d\n%s", code, stderr)
	}
	w.must(t, "pause", "--job", "autumn")
	w.must(t, "submit", "winter.csv", "--job", "winter", "--yes")
	w.workUntil(t, "job winter: not carried out here: job winter would delete "+image+" of act_12, which the unfinished job autumn still has to copy from there")
	if !w.has("12", 3) {
		t.Error("the image is gone")
	}
	w.must(t, "unpause", "--job", "autumn")
	w.workUntil(t, "job autumn: finished")
}

// A worker whose file names another token for an ad account than the job's first worker leaves the
// job alone, and what the first one had no token for stays.
func TestWorkerWithOtherTokens(t *testing.T) {
	w := newSite(t)
	image := fmt.Sprintf("%032x", 3)
	w.write(t, "manifest.csv", "operation,source_account,hash,target_account", "copy,11,"+image+",12", "copy,11,"+image+",21")
	w.write(t, "tokens.csv", "account,token", "*,NORTH_TEST_TOKEN", "21,SOUTH_TEST_TOKEN")
	w.write(t, "other.csv", "account,token", "*,NORTH_TEST_TOKEN")
	w.env = append(w.env, "ADFERRY_ACCESS_TOKEN=", "NORTH_TEST_TOKEN="+northToken)
	w.must(t, "submit", "manifest.csv", "--job", "autumn")
	w.workUntil(t, "act_12 is done", "--credentials", "tokens.csv")
	w.workUntil(t, "not carried out here: the job carries out act_21 with SOUTH_TEST_TOKEN", "--credentials", "other.csv")
	if !w.has("12", 3) || w.has("21", 3) {
		t.Error("the copy of the north is missing, or one was made with a token that the job does not know")
	}
}

// unspaced is a text without its spaces: a long path is broken where a table's column ends.
func unspaced(text string) string { return strings.Join(strings.Fields(text), "") }
