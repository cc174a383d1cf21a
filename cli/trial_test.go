package cli

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/campaign"
)

// trial is a mixed manifest of many rows, the sandbox that serves it, and
// the fate that each row has to have.
type trial struct {
	server   *sandbox.Server
	sources  int
	targets  int
	open     atomic.Int64 // connections to it
	url      string
	dir      string // of its own
	job      string // in it, for a job
	manifest string
	want     []string // status and reason, by row
	copies   int      // writes that no reading could have avoided
	deletes  int

	mu      sync.Mutex
	left    int    // requests until there is something to do
	arrived func() // ... which is this
}

// smallRows is enough for every fate to occur, and for each crash point to be
// passed as often as TestCrashPoints asks.
const smallRows = 300

const (
	deniedTarget = "2900000000000001"
	deniedSource = "1900000000000001"
)

func newTrial(t *testing.T, rows int, o sandbox.Options) *trial {
	t.Helper()
	return newTrialOf(t, t.TempDir(), rows, 7, 5, o)
}

// newTrialOf is a trial with so many ad accounts that images come from and go to.
func newTrialOf(t *testing.T, dir string, rows, sources, targets int, o sandbox.Options) *trial {
	t.Helper()
	r := &trial{server: sandbox.New(o), sources: sources, targets: targets, dir: dir, job: filepath.Join(dir, "job"), manifest: filepath.Join(dir, "mixed.csv")}
	r.serve(t)
	r.server.AddAccount(deniedTarget, sandbox.AccountOptions{Denied: "200"})
	r.server.AddAccount(deniedSource, sandbox.AccountOptions{Denied: "100/33"})
	for i := range sources * targets {
		r.server.AddAccount(r.source(i), sandbox.AccountOptions{})
		r.server.AddAccount(r.target(i), sandbox.AccountOptions{})
	}
	var b strings.Builder
	b.WriteString("note,operation,source_account,hash,target_account\n")
	for i := range rows {
		r.row(&b, i)
	}
	writeFile(t, r.manifest, b.String())
	return r
}

// serve makes the trial's sandbox a server.
func (r *trial) serve(t *testing.T) {
	t.Helper()
	web := httptest.NewUnstartedServer(r)
	web.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		switch s {
		case http.StateNew:
			r.open.Add(1)
		case http.StateClosed:
			r.open.Add(-1)
		}
	}
	web.Start()
	t.Cleanup(web.Close)
	r.url = web.URL
}

// onRequest has do called when the n-th request from now on arrives.
func (r *trial) onRequest(n int, do func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left, r.arrived = n, do
}

func (r *trial) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	if r.left--; r.left == 0 {
		r.arrived()
	}
	r.mu.Unlock()
	r.server.ServeHTTP(w, q)
}

// handleAll waits until the server has handled all that a killed process sent to it, as it
// would have on a machine with nothing else to do.
func (r *trial) handleAll(t *testing.T) {
	t.Helper()
	last, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer last.Close()
	if _, err := io.WriteString(last, "none\r\n\r\n"); err != nil { // refused before it reaches the sandbox
		t.Fatal(err)
	}
	if _, err := io.ReadAll(last); err != nil { // connections are accepted in turn: this is the last one
		t.Fatal(err)
	}
	for r.open.Load() > 0 {
		time.Sleep(time.Millisecond)
	}
}

func source(i int) string { return sourceOf(i, 7) }
func target(i int) string { return targetOf(i, 7, 5) }

func sourceOf(i, sources int) string { return fmt.Sprintf("11000000000000%02d", i%sources) }
func targetOf(i, sources, targets int) string {
	return fmt.Sprintf("21000000000000%02d", (i/sources)%targets)
}

func (r *trial) source(i int) string { return sourceOf(i, r.sources) }
func (r *trial) target(i int) string { return targetOf(i, r.sources, r.targets) }

// row writes one row and makes the sandbox play its part.
func (r *trial) row(b *strings.Builder, i int) {
	s, d, hash := r.source(i), r.target(i), fmt.Sprintf("%032x", uint64(i)*0x9e3779b97f4a7c15+1)
	has := func(account string, used ...string) {
		r.server.AddImage(account, sandbox.Image{Hash: hash, Creatives: used})
	}
	verb, fate := "copy", "done"
	switch i % 20 {
	case 8, 9, 10:
		verb = "move"
		has(s)
		r.copies++
		r.deletes++
	case 11:
		verb, d = "delete", ""
		has(s)
		r.deletes++
	case 12: // equal to the row before last
		hash = fmt.Sprintf("%032x", uint64(i-6)*0x9e3779b97f4a7c15+1)
		s, d = r.source(i-6), r.target(i-6)
	case 13:
		has(s)
		has(d)
		fate = "skipped already_present"
	case 14:
		fate = "failed not_found"
	case 15:
		verb, fate = "move", "failed copied_not_deleted"
		has(s, "1")
		r.copies++
	case 16:
		verb, d, fate = "delete", "", "failed in_use"
		has(s, "1")
	case 17:
		verb, d, fate = "delete", "", "skipped already_absent"
	case 18:
		d, fate = deniedTarget, "failed denied"
		has(s)
	case 19:
		s, fate = deniedSource, "failed denied"
	default:
		has(s)
		r.copies++
	}
	r.want = append(r.want, fate)
	fmt.Fprintf(b, "row %d,%s,%s,%s,%s\n", i, verb, s, hash, d)
}

// command is adferry against the trial's sandbox.
func (r *trial) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.Command(buildBinary(t), args...)
	c.Env = append(environ(), "ADFERRY_ENDPOINT="+r.url, "ADFERRY_ACCESS_TOKEN=secret-token", "ADFERRY_PROGRESS=none")
	t.Cleanup(func() {
		if c.Process != nil {
			_ = c.Process.Kill() // a test that failed may have left it running, or paused for good
		}
	})
	return c
}

// run runs the command to its end.
func (r *trial) run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return ran(t, r.command(t, args...))
}

// ends runs the command to its end, which has to be with that exit code.
func (r *trial) ends(t *testing.T, want int, args ...string) {
	t.Helper()
	if code, out, stderr := r.run(t, args...); code != want {
		t.Fatalf("%q: got exit code %d, want %d\n%.2000s%s", args, code, want, out, stderr)
	}
}

// killed runs a command until it is killed when its n-th request arrives, or to its end.
func (r *trial) killed(t *testing.T, n int, c *exec.Cmd) (code int, stdout, stderr string) {
	t.Helper()
	started := make(chan struct{})
	r.onRequest(n, func() {
		<-started // from then on it is known which process it is
		_ = c.Process.Kill()
	})
	return begun(t, c, func() { close(started) })
}

// ran runs a command of adferry's to its end.
func ran(t *testing.T, c *exec.Cmd) (code int, stdout, stderr string) {
	t.Helper()
	return begun(t, c, func() {})
}

// begun is ran that tells when the process is there.
func begun(t *testing.T, c *exec.Cmd, started func()) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs strings.Builder
	c.Stdout, c.Stderr = &out, &errs
	start(t, c)
	started()
	_ = c.Wait()
	return c.ProcessState.ExitCode(), out.String(), errs.String()
}

// Every row of a mixed manifest has exactly one true result, in manifest order;
// no write that reading could have avoided is sent, and never more requests than
// workers are in flight.
func TestMixedManifest(t *testing.T) {
	t.Parallel()
	r := newTrial(t, 3000, sandbox.Options{})
	if code, out, stderr := r.run(t, "plan", r.manifest, "--check", "--json", "--workers", "6"); code != exitDone || !strings.Contains(out, `"already_present": 150`) || len(r.server.Log()) > 0 {
		t.Fatalf("plan --check: got exit code %d and %d writes\n%s%.2000s", code, len(r.server.Log()), stderr, out)
	}
	code, _, stderr := r.run(t, "run", r.manifest, "--job", r.job, "--yes", "--workers", "6")
	if code != exitFailures {
		t.Fatalf("got exit code %d, want %d\n%s", code, exitFailures, stderr)
	}
	results := readCSV(t, filepath.Join(r.job, "results.csv"))
	if len(results) != len(r.want)+1 {
		t.Fatalf("got %d result rows, want %d", len(results)-1, len(r.want))
	}
	for i, want := range r.want {
		got := results[i+1]
		if fate := strings.TrimSpace(got[5] + " " + got[6]); got[0] != fmt.Sprint(i+2) || got[15] != fmt.Sprintf("row %d", i) || fate != want {
			t.Fatalf("row %d: got line %s, %q, note %q; want line %d, %q", i, got[0], fate, got[15], i+2, want)
		}
	}
	s := r.server.Stats()
	if s.Calls[sandbox.Copy] != r.copies || s.Calls[sandbox.Delete] != r.deletes {
		t.Errorf("got %d copies and %d deletes, want %d and %d", s.Calls[sandbox.Copy], s.Calls[sandbox.Delete], r.copies, r.deletes)
	}
	if s.MaxConcurrent > 6 {
		t.Errorf("%d requests were in flight at once, and --workers is 6", s.MaxConcurrent)
	}
	checkEffects(t, r)
	checkJobFiles(t, r.job, r.want)

	// failed.csv is itself a manifest.
	again := filepath.Join(r.dir, "again")
	if code, _, stderr := r.run(t, "run", filepath.Join(r.job, "failed.csv"), "--job", again, "--yes"); code != exitFailures {
		t.Errorf("running failed.csv: got exit code %d, want %d\n%s", code, exitFailures, stderr)
	}
}

// The same run, killed at random moments and resumed, ends with the same server
// and the same reports, times apart, and repeats no write.
func TestKilledAndResumed(t *testing.T) {
	t.Parallel()
	const rows, least, most = 1500, 5, 20
	kills := campaign.Start(t, campaign.Kills)
	latency := sandbox.Options{Latency: sandbox.Latency{Min: 4 * time.Millisecond, Max: 12 * time.Millisecond}}
	dir := t.TempDir()
	calm := newTrialOf(t, dir, rows, 7, 5, latency)
	calmJob := filepath.Join(dir, "calm")
	began := time.Now()
	calm.ends(t, exitFailures, "run", calm.manifest, "--job", calmJob, "--yes", "--retry-base", "5ms")
	whole := time.Since(began)

	rough := newTrialOf(t, dir, rows, 7, 5, latency)
	job := filepath.Join(dir, "rough")
	random := rand.New(rand.NewPCG(uint64(began.UnixNano()), 0))
	killed := 0
	for killed < least || killed < most && kills.Next() {
		c := rough.command(t, "run", rough.manifest, "--job", job, "--yes", "--retry-base", "5ms")
		start(t, c)
		timer := time.AfterFunc(time.Duration(random.Int64N(int64(whole/6))), func() { _ = c.Process.Kill() })
		err := c.Wait()
		timer.Stop()
		if c.ProcessState.Exited() {
			if killed < least {
				t.Logf("the job ended after %d kills: %v", killed, err)
			}
			break
		}
		rough.handleAll(t)
		killed++
	}
	rough.ends(t, exitFailures, "run", rough.manifest, "--job", job, "--yes", "--retry-base", "5ms")
	t.Logf("killed %d times; an uninterrupted run took %v", killed, whole)
	if a, b := calm.server.Snapshot(), rough.server.Snapshot(); !slices.Equal(a, b) {
		t.Errorf("the servers differ: %d and %d images", len(a), len(b))
	}
	checkEffects(t, rough)
	for _, name := range []string{"results.csv", "failed.csv", "mapping.csv"} {
		if diff := cmp.Diff(timeless(readCSV(t, filepath.Join(calmJob, name))), timeless(readCSV(t, filepath.Join(job, name)))); diff != "" {
			t.Errorf("%s differs from the uninterrupted run's (-calm +killed):\n%s", name, diff)
		}
	}
	a, b := readSummary(t, calmJob), readSummary(t, job)
	if diff := cmp.Diff([]any{a.Totals, a.Operations, a.Reasons, a.State, *a.ExitCode}, []any{b.Totals, b.Operations, b.Reasons, b.State, *b.ExitCode}); diff != "" {
		t.Errorf("summary.json differs (-calm +killed):\n%s", diff)
	}
}

// status answers while another process runs the job, and a second run is
// refused.
func TestStatusWhileRunning(t *testing.T) {
	t.Parallel()
	r := newTrial(t, 2000, sandbox.Options{Latency: sandbox.Latency{Min: 50 * time.Millisecond}})
	c := r.command(t, "run", r.manifest, "--job", r.job, "--yes", "--workers", "2")
	start(t, c)
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	last := 0
	for seen := 0; seen < 3; {
		code, out, stderr := r.run(t, "status", r.job, "--json")
		var s jobs.Summary
		if code == exitUsage && strings.Contains(stderr, "no job") {
			continue // it is still being made
		}
		if err := json.Unmarshal([]byte(out), &s); code != exitDone || err != nil {
			t.Fatalf("status: exit code %d, %v\n%s", code, err, stderr)
		}
		n := s.Totals
		if sum := n.Done + n.Skipped + n.Failed + n.Pending + n.Unknown; sum != 2000 || n.Rows != 2000 {
			t.Fatalf("the totals add up to %d of %d rows, want 2000: %+v", sum, n.Rows, n)
		}
		if n.Settled() < last {
			t.Fatalf("%d rows were settled, and then %d", last, n.Settled())
		}
		if s.State != jobs.JobRunning {
			t.Fatalf("got state %s while it runs", s.State)
		}
		if last = n.Settled(); last > 0 {
			seen++
		}
		r.ends(t, exitLocked, "resume", r.job)
		select {
		case err := <-ended:
			t.Fatalf("it ended before status saw anything: %v", err)
		case <-time.After(100 * time.Millisecond):
		}
	}
	if _, out, _ := r.run(t, "status", r.job); !strings.Contains(out, "2100000000000000") {
		t.Errorf("status names no account:\n%s", out)
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	<-ended
	if code := c.ProcessState.ExitCode(); code != exitStopped {
		t.Errorf("after SIGINT: got exit code %d, want %d", code, exitStopped)
	}
	if s := readSummary(t, r.job); s.State != jobs.JobStopped || s.ExitCode == nil || *s.ExitCode != exitStopped || s.Totals.Settled() < last {
		t.Errorf("after SIGINT: got summary %+v", s)
	}
}

// checkEffects reads the sandbox's own log: every effect once, no deletion
// before its copy.
func checkEffects(t *testing.T, r *trial) {
	t.Helper()
	copied := map[string]bool{}
	for _, e := range r.server.Log() {
		if !e.Changed {
			t.Errorf("%s of %s in %s was repeated", e.Kind, e.Hash, e.Account)
		}
		if e.Kind == sandbox.Copy {
			copied[e.Hash] = true
		}
	}
	moved := map[string]bool{}
	for i, record := range readCSV(t, r.manifest) {
		if i > 0 && record[1] == "move" {
			moved[record[3]] = true
		}
	}
	seen := map[string]bool{}
	for _, e := range r.server.Log() {
		switch {
		case e.Kind == sandbox.Copy:
			seen[e.Hash] = true
		case moved[e.Hash] && !seen[e.Hash]:
			t.Errorf("%s was deleted before it was copied", e.Hash)
		}
	}
	if n := len(r.server.Log()); n != r.copies+r.deletes {
		t.Errorf("got %d effects, want %d", n, r.copies+r.deletes)
	}
}

// checkJobFiles holds the files of a finished job against the contract.
func checkJobFiles(t *testing.T, job string, want []string) {
	t.Helper()
	count := map[string]int{}
	for _, fate := range want {
		status, reason, _ := strings.Cut(fate, " ")
		count[status]++
		if reason != "" {
			count[reason]++
		}
	}
	s := readSummary(t, job)
	if s.Totals.Rows != len(want) || s.Totals.Done != count["done"] || s.Totals.Skipped != count["skipped"] || s.Totals.Failed != count["failed"] || s.Totals.Pending+s.Totals.Unknown != 0 {
		t.Errorf("got totals %+v, want %v", s.Totals, count)
	}
	for reason, n := range s.Reasons {
		if count[string(reason)] != n {
			t.Errorf("reason %s: got %d rows, want %d", reason, n, count[string(reason)])
		}
	}
	failed := readCSV(t, filepath.Join(job, "failed.csv"))
	if len(failed)-1 != count["failed"] {
		t.Errorf("failed.csv has %d rows, want %d", len(failed)-1, count["failed"])
	}
	if got, want := strings.Join(failed[0], ","), "note,operation,source_account,hash,target_account,reason,error_code,error_subcode,error_message,fbtrace_id"; got != want {
		t.Errorf("failed.csv has columns %s, want %s", got, want)
	}
	wantHeader := "row,operation,source_account,hash,target_account,status,reason,target_hash,attempts,error_code,error_subcode,error_message,fbtrace_id,started_at,finished_at,note"
	if got := strings.Join(readCSV(t, filepath.Join(job, "results.csv"))[0], ","); got != wantHeader {
		t.Errorf("results.csv has columns %s, want %s", got, wantHeader)
	}
	for _, name := range []string{"mapping.csv", "report.html", "job.db"} {
		if info, err := os.Stat(filepath.Join(job, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// timeless blanks what differs between two equal runs: times and trace ids.
func timeless(records [][]string) [][]string {
	for _, name := range []string{"started_at", "finished_at", "fbtrace_id"} {
		if i := slices.Index(records[0], name); i >= 0 {
			for _, r := range records[1:] {
				r[i] = ""
			}
		}
	}
	return records
}

func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return records
}

func readSummary(t *testing.T, job string) jobs.Summary {
	t.Helper()
	raw := readFile(t, filepath.Join(job, "summary.json"))
	var s jobs.Summary
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatal(err)
	}
	return s
}
