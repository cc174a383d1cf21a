package cli

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"adferry/graph/sandbox"
)

// A job is verified while another process runs it: what is settled is as it should
// be, at any moment, and the job goes on undisturbed.
func TestVerifyWhileRunning(t *testing.T) {
	t.Parallel()
	server := sandbox.New(sandbox.Options{Latency: sandbox.Latency{Min: 5 * time.Millisecond}})
	var rows strings.Builder
	rows.WriteString("operation,source_account,hash,target_account\n")
	for i := range 250 {
		server.AddImage("11", sandbox.Image{Hash: fmt.Sprintf("%032x", i)})
		fmt.Fprintf(&rows, "move,11,%032x,22\nmove,22,%032x,33\n", i, i)
	}
	server.AddAccount("22", sandbox.AccountOptions{})
	server.AddAccount("33", sandbox.AccountOptions{})
	r := &trial{server: server}
	r.serve(t)
	dir := t.TempDir()
	manifest, job := filepath.Join(dir, "m.csv"), filepath.Join(dir, "job")
	writeFile(t, manifest, rows.String())
	var said strings.Builder
	running := r.command(t, "run", manifest, "--job", job, "--yes", "--workers", "2")
	running.Stderr = &said
	start(t, running)
	ended := make(chan error, 1)
	go func() { ended <- running.Wait() }()
	during, after := 0, false
	for !after {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("the job: %v\n%s", err, said.String())
			}
			after = true
		case <-time.After(100 * time.Millisecond):
		}
		code, out, stderr := r.run(t, "verify", job, "--workers", "1")
		switch {
		case code == exitDone && strings.Contains(out, "drift        none"):
			during++
		case strings.Contains(stderr, "there is no job in this folder"): // not yet
		default:
			t.Fatalf("got exit code %d\n%s%s", code, out, stderr)
		}
		if after && !strings.Contains(out, "250 present, 500 deleted") {
			t.Errorf("got %s", out)
		}
	}
	if during < 3 {
		t.Errorf("it was verified %d times: the test is void", during)
	}
}

// A signal ends a reading with exit code 3, at once.
func TestReadingInterrupted(t *testing.T) {
	t.Parallel()
	server := sandbox.New(sandbox.Options{Latency: sandbox.Latency{Min: 50 * time.Millisecond}})
	for i := range 5000 {
		server.AddImage("11", sandbox.Image{Hash: fmt.Sprintf("%032x", i)})
	}
	var out, errs strings.Builder
	c := exec.Command(buildBinary(t), "list", "11", "--page-size", "10", "--format", "json")
	c.Env = append(environ(), "ADFERRY_ENDPOINT="+urlOf(t, server), "ADFERRY_ACCESS_TOKEN=token")
	c.Stdout, c.Stderr = &out, &errs
	start(t, c)
	await(t, "pages have come", func() bool { return server.Stats().Requests >= 5 })
	_ = c.Process.Signal(syscall.SIGINT)
	if _ = c.Wait(); c.ProcessState.ExitCode() != exitStopped || !strings.Contains(errs.String(), "adferry: interrupted\n  hint: nothing was changed") {
		t.Errorf("got exit code %d, %s", c.ProcessState.ExitCode(), errs.String())
	}
	if !strings.HasSuffix(out.String(), "}\n]\n") {
		t.Errorf("what was listed is no whole document: it ends with %q", out.String()[max(0, out.Len()-40):])
	}
}
