//go:build unix

package cli

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/store"
	"adferry/plan"
	"adferry/reports"
)

// The metrics of a running job are its summary, and those of a resume go on from
// there. They end with the command, which waits for no scrape.
func TestMetricsOfRun(t *testing.T) {
	t.Parallel()
	r := newTrial(t, smallRows, sandbox.Options{})
	least := map[string]float64{}
	for _, step := range []struct {
		held int64 // requests before this one are answered
		args []string
	}{{40, []string{"run", r.manifest, "--job", r.job, "--yes"}}, {10, []string{"resume", r.job}}} {
		g := newGate(t, r, step.held)
		c := r.command(t, append(step.args, "--batch-size", "3", "--metrics", "127.0.0.1:0")...)
		url := serving(t, c)
		<-g.reached
		g.quiet()
		got := scrape(t, url)
		checkMetrics(t, got, least)
		leaveHanging(t, url)
		_ = c.Process.Signal(syscall.SIGTERM)
		g.open()
		began := time.Now()
		_ = c.Wait()
		if code := c.ProcessState.ExitCode(); code != exitStopped {
			t.Fatalf("%s: got exit code %d, want %d", step.args[0], code, exitStopped)
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%s: it took %v to end", step.args[0], took)
		}
		if answer, err := http.Get(url); err == nil {
			answer.Body.Close()
			t.Errorf("%s: it is still served", step.args[0])
		}
		if least = counters(readSummary(t, r.job)); least["adferry_calls_total"] == 0 || least["adferry_run_seconds_total"] == 0 {
			t.Fatalf("%s: it counted nothing: the test is void", step.args[0])
		}
	}
}

// checkMetrics looks at what was scraped while the job is held somewhere between its
// begin and its end.
func checkMetrics(t *testing.T, got, least map[string]float64) {
	t.Helper()
	if got[`adferry_job_info{name="job",state="running"}`] != 1 || got["go_goroutines"] == 0 {
		t.Errorf("the metrics tell of no running job: %v", got)
	}
	all, settled := 0.0, 0.0
	for name, n := range got {
		if !strings.HasPrefix(name, "adferry_rows{") {
			continue
		}
		all += n
		if !strings.Contains(name, "pending") && !strings.Contains(name, "unknown") {
			settled += n
		}
	}
	if all != smallRows || settled == 0 || settled == all {
		t.Errorf("got %v rows, %v of them settled; want %d, and some", all, settled, smallRows)
	}
	for name, n := range least {
		if got[name] < n {
			t.Errorf("got %s %v, want at least the %v of the process before", name, got[name], n)
		}
	}
}

// counters are some counters of a summary, by the names of their metrics.
func counters(s jobs.Summary) map[string]float64 {
	all := map[string]float64{
		"adferry_http_requests_total": float64(s.API.HTTPRequests), "adferry_calls_total": float64(s.API.Calls), "adferry_run_seconds_total": s.ElapsedS,
	}
	for id, a := range s.Accounts {
		all[fmt.Sprintf("adferry_account_calls_total{account=%q}", id)] = float64(a.Calls)
		all[fmt.Sprintf("adferry_account_rows{account=%q,status=\"done\"}", id)] = float64(a.Done)
	}
	return all
}

// Of the serving no goroutine is left, and the port is free again.
func TestMetricsEnd(t *testing.T) {
	dir := t.TempDir()
	job := makeRows(t, dir, 100)
	defer job.Close()
	var said strings.Builder
	e, err := newExporter(reports.NewMetrics, "127.0.0.1:0", &streams{err: &said}, slog.New(slog.DiscardHandler), false)
	if err != nil {
		t.Fatal(err)
	}
	url := announced(said.String())
	hide := e.show(t.Context(), "", job)
	if got := scrape(t, url); got[`adferry_rows{operation="copy",status="done"}`] != 50 {
		t.Errorf("got %v, want 50 rows that are done", got)
	}
	leaveHanging(t, url)
	hide()
	e.close()
	l, err := net.Listen("tcp", hostOf(url))
	if err != nil {
		t.Fatalf("the port is not free: %v", err)
	}
	l.Close()
	http.DefaultClient.CloseIdleConnections()
	left := ""
	for range 100 { // closed connections are noticed soon
		all := make([]byte, 1<<20)
		left = string(all[:runtime.Stack(all, true)])
		if !strings.Contains(left, "net/http.(*conn)") && !strings.Contains(left, ".newExporter") && !strings.Contains(left, "reports.(*glances)") {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("goroutines are left:\n%s", left)
}

// BenchmarkScrape scrapes a job of a million rows, half of them settled: what a
// reading takes, and what an answer takes from the last one.
func BenchmarkScrape(b *testing.B) {
	dir := b.TempDir()
	job := makeRows(b, dir, 1_000_000)
	defer job.Close()
	m := reports.NewMetrics(slog.New(slog.DiscardHandler))
	read := func() (jobs.Summary, error) { return job.Live(b.Context()) }
	answer := func() {
		w := httptest.NewRecorder()
		if m.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil)); w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			hide := m.Show("", read)
			answer()
			hide()
		}
	})
	b.Run("kept", func(b *testing.B) {
		defer m.Show("", read)()
		answer()
		for b.Loop() {
			answer()
		}
	})
}

// makeRows makes a job of copies between a hundred ad accounts, half of them done.
func makeRows(t testing.TB, dir string, rows int) *store.Job {
	t.Helper()
	path := filepath.Join(dir, "rows.csv")
	var b strings.Builder
	b.WriteString("source_account,hash,target_account\n")
	for i := range rows {
		fmt.Fprintf(&b, "%d,%032x,%d\n", 1000+i%50, i, 2000+i%50)
	}
	writeFile(t, path, b.String())
	job, _, err := store.Create(t.Context(), dir, store.Spec{
		Manifest: path, Allowed: []string{filepath.Base(path)}, Read: manifestIn(path).read,
	})
	if err != nil {
		t.Fatal(err)
	}
	done := jobs.Outcome{State: jobs.Done, TargetHash: "0123456789abcdef0123456789abcdef", Created: true, Attempts: 1, Started: time.Now(), Finished: time.Now()}
	var c jobs.Change
	for i := range rows / 2 {
		c.Records = append(c.Records, jobs.Record{ID: plan.OpID(2*i + 1), Outcome: done})
	}
	if _, err := job.Commit(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return job
}

// serving starts a command that serves metrics, and returns where.
func serving(t *testing.T, c *exec.Cmd) (url string) {
	t.Helper()
	c.Env = append(c.Env, "ADFERRY_PROGRESS=plain")
	stderr, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	start(t, c)
	t.Cleanup(func() { _ = c.Process.Kill() })
	lines := bufio.NewReader(stderr)
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatalf("got %q: %v", line, err)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	return announced(line)
}

// announced finds where metrics are served in what was said.
func announced(said string) (url string) {
	if m := regexp.MustCompile(`(?m)^metrics on (http://\S+:[1-9][0-9]*/metrics)$`).FindStringSubmatch(said); m != nil {
		return m[1]
	}
	return "it was not said: " + said
}

func hostOf(url string) string {
	return strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/metrics")
}

// leaveHanging begins a request and never ends it.
func leaveHanging(t *testing.T, url string) {
	t.Helper()
	c, err := net.Dial("tcp", hostOf(url))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := io.WriteString(c, "GET /metrics HTTP/1.1\r\n"); err != nil {
		t.Fatal(err)
	}
}

// scrape reads metrics by their names and labels.
func scrape(t *testing.T, url string) map[string]float64 {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("got status %d, %v\n%s", answer.StatusCode, err, text)
	}
	wantSecret(t, url, string(text), "secret-token")
	found := map[string]float64{}
	for line := range strings.Lines(string(text)) {
		i := strings.LastIndexByte(line, ' ')
		if strings.HasPrefix(line, "#") {
			continue
		}
		if found[line[:i]], err = strconv.ParseFloat(strings.TrimSpace(line[i:]), 64); err != nil {
			t.Fatal(err)
		}
	}
	return found
}
