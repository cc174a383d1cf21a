package cli

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"adferry/graph/sandbox"
)

// Too many failures stop a run and every resume with exit code 5, as a number and
// as a share; a higher bound goes on to the end.
func TestMaxFailuresStops(t *testing.T) {
	t.Parallel()
	const rows = 3000
	dir := t.TempDir()
	r := &trial{server: sandbox.New(sandbox.Options{}), manifest: filepath.Join(dir, "missing.csv")}
	r.serve(t)
	r.server.AddAccount("11", sandbox.AccountOptions{})
	r.server.AddAccount("22", sandbox.AccountOptions{})
	var b strings.Builder
	b.WriteString("source_account,hash,target_account\n")
	for i := range rows { // three of four are not there
		hash := fmt.Sprintf("%032x", i+1)
		if i%4 == 0 {
			r.server.AddImage("11", sandbox.Image{Hash: hash})
		}
		fmt.Fprintf(&b, "11,%s,22\n", hash)
	}
	writeFile(t, r.manifest, b.String())
	job := filepath.Join(dir, "job")
	gently := []string{"--workers", "1", "--batch-size", "1"} // an answer may show 50 at once, before what the one before showed is counted
	run := append([]string{"run", r.manifest, "--job", job}, gently...)
	resume := append([]string{"resume", job}, gently...)
	for _, step := range []struct {
		args  []string
		bound string
		code  int
		least int // failures by then
		most  int
		still bool // there are more already, and nothing is sent
	}{
		{run, "100", exitGuard, 101, 1000, false},
		{resume, "100", exitGuard, 101, 1000, true},
		{run, "5", exitGuard, 101, 1000, true},
		{resume, "20%", exitGuard, 200, 2000, false}, // what is found missing is settled many at a time
		{resume, "", exitGuard, 500, 2248, false},    // half, by default
		{resume, "1900", exitGuard, 1901, 2249, false},
		{resume, "2250", exitFailures, 2250, 2250, false},
	} {
		args := step.args
		if step.bound != "" {
			args = append(args[:len(args):len(args)], "--max-failures", step.bound)
		}
		sent := r.server.Stats().Requests
		code, _, stderr := r.run(t, args...)
		failed := readSummary(t, job).Totals.Failed
		if code != step.code || failed < step.least || failed > step.most {
			t.Errorf("%v: got exit code %d and %d failures, want %d and %d to %d\n%s", args, code, failed, step.code, step.least, step.most, stderr)
		}
		if step.code == exitGuard && !strings.Contains(stderr, "--max-failures") {
			t.Errorf("%v: no hint\n%s", args, stderr)
		}
		if n := r.server.Stats().Requests; step.still && n > sent {
			t.Errorf("%v: %d requests were sent", args, n-sent)
		}
	}
}
