//go:build unix

package cli

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"adferry/graph/sandbox"
)

// The first signal lets requests in flight finish and sends no more.
func TestSignalDrains(t *testing.T) {
	t.Parallel()
	undisturbed(t)
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt, syscall.SIGHUP} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			r := newTrial(t, smallRows, sandbox.Options{})
			g := newGate(t, r, 40)
			c := r.command(t, "run", r.manifest, "--job", r.job, "--yes", "--batch-size", "3")
			start(t, c)
			ended := make(chan struct{})
			go func() { _ = c.Wait(); close(ended) }()
			<-g.reached
			g.quiet()
			sent := g.arrived.Load()
			_ = c.Process.Signal(signal)
			select {
			case <-ended:
				t.Fatal("it left requests in flight")
			case <-time.After(300 * time.Millisecond):
			}
			g.open()
			<-ended
			if code := c.ProcessState.ExitCode(); code != exitStopped {
				t.Errorf("got exit code %d, want %d", code, exitStopped)
			}
			if n := g.arrived.Load(); n != sent {
				t.Errorf("%d more requests were sent after the signal", n-sent)
			}
			if s := readSummary(t, r.job); s.ExitCode == nil || *s.ExitCode != exitStopped || s.Totals.Pending == 0 {
				t.Errorf("got totals %+v and exit code %v, want some pending and %d", s.Totals, s.ExitCode, exitStopped)
			}
			results := readCSV(t, filepath.Join(r.job, "results.csv"))
			if len(results) != smallRows+1 {
				t.Errorf("results.csv has %d lines, want %d", len(results), smallRows+1)
			}
			for _, row := range results { // a deletion is read back before it counts, and nothing more is read
				if row[1] == "copy" && row[5] == "unknown" {
					t.Errorf("line %s: a copy whose answer came is unknown", row[0])
				}
			}
			r.ends(t, exitFailures, "resume", r.job)
			checkUndisturbed(t, r, r.job)
		})
	}
}

// The second signal leaves at once, in the middle of requests, and loses
// nothing either.
func TestSecondSignalLeaves(t *testing.T) {
	t.Parallel()
	undisturbed(t)
	r := newTrial(t, smallRows, sandbox.Options{})
	g := newGate(t, r, 40)
	c := r.command(t, "run", r.manifest, "--job", r.job, "--yes", "--batch-size", "3", "--progress", "none")
	var stderr bytes.Buffer
	c.Stdout, c.Stderr = nil, &stderr
	start(t, c)
	<-g.reached
	g.quiet()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = c.Wait() // the gate is still shut
	}()
	for range 100 { // a signal that comes before the one ahead of it was taken is lost
		_ = c.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(200 * time.Millisecond):
			continue
		}
		break
	}
	_ = c.Process.Kill()
	<-ended
	if code := c.ProcessState.ExitCode(); code != exitStopped {
		t.Errorf("got exit code %d, want %d", code, exitStopped)
	}
	if want := "adferry: stopped at once, and nothing is lost; its reports are older: adferry report " + r.job; !strings.HasPrefix(stderr.String(), want) || strings.Count(stderr.String(), "\n") != 1 {
		t.Errorf("got %q, want the line %s", stderr.String(), want)
	}
	g.open()
	g.quiet()
	r.ends(t, exitFailures, "resume", r.job)
	checkUndisturbed(t, r, r.job)
}

// A signal that is sent twice at once, as timeout(1) does and a terminal that closes, is one. A run
// that was started to outlive its terminal goes on.
func TestSignalTwiceAtOnce(t *testing.T) {
	t.Parallel()
	undisturbed(t)
	for _, test := range []struct {
		name          string
		words         []string // before the command
		first, second syscall.Signal
		apart         time.Duration
		code          int
	}{
		{"hangup", nil, syscall.SIGHUP, syscall.SIGHUP, 50 * time.Millisecond, exitStopped},
		{"terminate", nil, syscall.SIGTERM, syscall.SIGINT, 0, exitStopped}, // of two equal ones that wait the system delivers one
		{"hangup, ignored on arrival", []string{"sh", "-c", `trap "" HUP; exec "$@"`, "sh"}, syscall.SIGHUP, syscall.SIGHUP, 50 * time.Millisecond, exitFailures},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := newTrial(t, smallRows, sandbox.Options{})
			g := newGate(t, r, 40)
			c := r.command(t, "run", r.manifest, "--job", r.job, "--yes", "--batch-size", "3")
			if test.words != nil {
				c.Path, c.Args = "/bin/sh", append(test.words, append([]string{c.Path}, c.Args[1:]...)...)
			}
			start(t, c)
			ended := make(chan struct{})
			go func() { _ = c.Wait(); close(ended) }()
			<-g.reached
			_ = c.Process.Signal(test.first)
			time.Sleep(test.apart)
			_ = c.Process.Signal(test.second)
			select {
			case <-ended:
				t.Fatal("it left requests in flight")
			case <-time.After(300 * time.Millisecond):
			}
			g.open()
			<-ended
			if code := c.ProcessState.ExitCode(); code != test.code {
				t.Errorf("got exit code %d, want %d", code, test.code)
			}
			if s := readSummary(t, r.job); s.ExitCode == nil || *s.ExitCode != test.code {
				t.Errorf("got exit code %v in the summary, want %d", s.ExitCode, test.code)
			}
		})
	}
}

// A signal that comes before anything is sent, at whatever moment, leaves no job, or one that can be
// gone on with and of which nothing was sent after that.
func TestSignalWhileMaking(t *testing.T) {
	t.Parallel()
	const rows = 20_000
	r := newTrial(t, 0, sandbox.Options{})
	var b strings.Builder
	b.WriteString("source_account,hash,target_account\n")
	for i := range rows {
		fmt.Fprintf(&b, "11,%032x,22\n", i)
	}
	writeFile(t, r.manifest, b.String())
	for _, seen := range []string{"job.db.new", "job.db"} { // then the signal is sent, and again and again a little later
		for late := range 6 {
			t.Run(fmt.Sprintf("%s and %d", seen, late), func(t *testing.T) {
				t.Parallel()
				job := filepath.Join(t.TempDir(), "job")
				c := r.command(t, "run", r.manifest, "--job", job)
				var stderr bytes.Buffer
				c.Stdout, c.Stderr = nil, &stderr
				start(t, c)
				ended := make(chan struct{})
				go func() { defer close(ended); _ = c.Wait() }()
				for waits := true; waits; {
					_, err := os.Lstat(filepath.Join(job, seen))
					select {
					case <-ended:
						waits = false
					case <-time.After(time.Millisecond):
						waits = err != nil
					}
				}
				time.Sleep(time.Duration(late) * 10 * time.Millisecond)
				_ = c.Process.Signal(syscall.SIGTERM)
				<-ended
				if code := c.ProcessState.ExitCode(); code != exitStopped {
					t.Fatalf("got exit code %d, want %d\n%s", code, exitStopped, &stderr)
				}
				if _, err := os.Lstat(job); err != nil {
					if !strings.HasPrefix(stderr.String(), "adferry: interrupted\n  hint: nothing was changed") {
						t.Errorf("got\n%swant that nothing was changed", &stderr)
					}
					return
				}
				if s := readSummary(t, job); s.ExitCode == nil || *s.ExitCode != exitStopped || s.Totals.Rows != rows || s.Totals.Pending == 0 {
					t.Errorf("got %+v, want a job that was stopped before its end", s)
				}
			})
		}
	}
}

// A signal that comes when the rows have ended leaves the reports to be written; a second one ends
// that at once, and with the exit code that says so.
func TestSignalWhileReporting(t *testing.T) {
	t.Parallel()
	r := newTrial(t, 20, sandbox.Options{})
	reader, full, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	defer full.Close()
	c := r.command(t, "run", r.manifest, "--job", r.job, "--yes", "--progress", "plain")
	c.Stdout = full // where the outcome waits for a reader
	for err == nil {
		_ = full.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
		_, err = full.Write([]byte("."))
	}
	start(t, c)
	ended := make(chan struct{})
	go func() { defer close(ended); _ = c.Wait() }()
	for {
		if s, err := os.ReadFile(filepath.Join(r.job, "summary.json")); err == nil && bytes.Contains(s, []byte(`"state": "finished"`)) {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	_ = c.Process.Signal(syscall.SIGTERM)
	select {
	case <-ended:
		t.Fatal("the first signal ended it")
	case <-time.After(300 * time.Millisecond):
	}
	_ = c.Process.Signal(syscall.SIGTERM)
	<-ended
	if code := c.ProcessState.ExitCode(); code != exitStopped {
		t.Errorf("got exit code %d, want %d", code, exitStopped)
	}
}

// Whoever reads what adferry says may go away: the job goes on to its end.
func TestReaderGone(t *testing.T) {
	t.Parallel()
	undisturbed(t)
	for _, test := range []struct {
		name           string
		stdout, stderr bool // gone
	}{{"stdout", true, false}, {"stderr", false, true}, {"both", true, true}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := newTrial(t, smallRows, sandbox.Options{})
			c := r.command(t, "run", r.manifest, "--job", r.job, "--yes", "--progress", "plain", "--log-level", "debug")
			gone := brokenPipe(t)
			var out strings.Builder
			c.Stdout, c.Stderr = &out, &out
			if test.stdout {
				c.Stdout = gone
			}
			if test.stderr {
				c.Stderr = gone
			}
			_ = c.Run()
			if code := c.ProcessState.ExitCode(); code != exitFailures {
				t.Errorf("got exit code %d, want %d\n%.2000s", code, exitFailures, &out)
			}
			checkUndisturbed(t, r, r.job)
		})
	}
}

// brokenPipe is the end of a pipe that nobody reads.
func brokenPipe(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	t.Cleanup(func() { w.Close() })
	return w
}

// gate passes requests on until the n-th, which it holds with all behind it
// until it is opened.
type gate struct {
	next            http.Handler
	n               int64
	reached, opened chan struct{}
	once            sync.Once // opens
	arrived         atomic.Int64
	late            atomic.Int64 // requests with writes that came after that
}

// newGate puts a gate before the trial's sandbox.
func newGate(t *testing.T, r *trial, n int64) *gate {
	t.Helper()
	g := &gate{next: r.server, n: n, reached: make(chan struct{}), opened: make(chan struct{})}
	web := httptest.NewServer(g)
	t.Cleanup(web.Close)
	t.Cleanup(g.open) // or Close would wait for what is held
	r.url = web.URL
	return g
}

func (g *gate) open() { g.once.Do(func() { close(g.opened) }) }

func (g *gate) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return
	}
	q.Body = io.NopCloser(bytes.NewReader(body))
	select {
	case <-g.opened:
		if text, _ := url.QueryUnescape(string(body)); q.Method == http.MethodDelete || strings.Contains(text, "copy_from") || strings.Contains(text, "DELETE") {
			g.late.Add(1)
		}
	default:
	}
	n := g.arrived.Add(1)
	if n == g.n {
		close(g.reached)
	}
	if n >= g.n {
		<-g.opened
	}
	g.next.ServeHTTP(w, q)
}

// quiet waits until no more requests arrive: all that may are held.
func (g *gate) quiet() {
	const pause, enough = 150 * time.Millisecond, 4 // a busy machine may hold a request up for longer than one
	for last, same := g.arrived.Load(), 0; same < enough; {
		time.Sleep(pause)
		if now := g.arrived.Load(); now != last {
			last, same = now, 0
		} else {
			same++
		}
	}
}
