package cli

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"adferry/graph/sandbox"
)

// A proxy that opens no tunnel fails no row: the run stops as without a network, names
// the proxy without its password, and counts no call.
func TestProxyRefusesTunnel(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		serve func(net.Conn)
		want  string
	}{
		"asks for a password": {says("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"hunter2\"\r\nContent-Length: 0\r\n\r\n"), "refused the connection: 407 Proxy Authentication Required"},
		"forbids":             {says("HTTP/1.1 403 Not for you\r\nContent-Length: 0\r\n\r\n"), "refused the connection: 403 Forbidden"},
		"is out of order":     {says("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"), "refused the connection: 503 Service Unavailable"},
		"closes":              {says(""), "EOF"},
		"has no TLS behind":   {says("HTTP/1.1 200 OK\r\n\r\n", "<html>Sign in</html>"), "tls: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := listen(t, test.serve)
			r := newTrial(t, 60, sandbox.Options{})
			r.url = "https://graph.facebook.com"
			c := r.command(t, "run", r.manifest, "--job", r.job, "--yes", "--retry-base", "5ms", "--retry-max", "20ms")
			var errs strings.Builder
			c.Stderr = &errs
			c.Env = append(c.Env, "HTTPS_PROXY=http://user:hunter2@"+proxy, "NO_PROXY=", "no_proxy=", "ADFERRY_STATE_DIR="+filepath.Join(r.dir, "state"))
			_ = c.Run()
			s := readSummary(t, r.job)
			if code := c.ProcessState.ExitCode(); code != exitStopped || s.Totals.Pending != s.Totals.Rows || s.API.Calls != 0 || s.API.HTTPRequests != 0 {
				t.Errorf("got exit code %d, totals %+v, %+v, want %d, all pending and no call", code, s.Totals, s.API, exitStopped)
			}
			if !strings.Contains(errs.String(), "proxy "+proxy) || !strings.Contains(errs.String(), test.want) || !strings.Contains(errs.String(), "adferry resume") || strings.Contains(errs.String(), "hunter2") {
				t.Errorf("got %q, want the proxy named, %q, and what to do", errs.String(), test.want)
			}
		})
	}
}

// A page that answers in the API's place, from the first call on or in the middle of
// the run, fails no row: the run stops, says who answered, and a resume ends as an
// undisturbed run does.
func TestForeignPageStops(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request){
		"sign-in page": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>Sign in</html>") },
		"block page": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "<html>Blocked</html>", http.StatusForbidden)
		},
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://login.test/", http.StatusFound)
		},
		"empty 401": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
		"511":       func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNetworkAuthenticationRequired) },
		"503":       func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
	} {
		for _, from := range []int64{0, 12} {
			t.Run(fmt.Sprint(name, " from request ", from), func(t *testing.T) {
				t.Parallel()
				r := newTrial(t, 400, sandbox.Options{})
				var seen atomic.Int64
				var gone atomic.Bool
				web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
					if seen.Add(1) > from && !gone.Load() {
						answer(w, q)
						return
					}
					r.server.ServeHTTP(w, q)
				}))
				defer web.Close()
				r.url = web.URL
				began := time.Now()
				code, _, stderr := r.run(t, "run", r.manifest, "--job", r.job, "--yes", "--workers", "2", "--retry-base", "5ms", "--retry-max", "20ms")
				if s := readSummary(t, r.job); code != exitStopped || s.Reasons["gave_up"]+s.Reasons["invalid"] > 0 || s.Totals.Pending == 0 {
					t.Errorf("got exit code %d, totals %+v, reasons %v, want %d and nothing given up", code, s.Totals, s.Reasons, exitStopped)
				}
				host := strings.TrimPrefix(web.URL, "http://")
				if !strings.Contains(stderr, host) || name == "redirect" && !strings.Contains(stderr, "a redirect to login.test") || !strings.Contains(stderr, "adferry resume") {
					t.Errorf("got %q, want to be told who answered", stderr)
				}
				if took := time.Since(began); took > 2*time.Minute {
					t.Errorf("it took %v", took)
				}
				gone.Store(true)
				r.ends(t, exitFailures, "resume", r.job, "--retry-base", "5ms")
				checkJobFiles(t, r.job, r.want)
				checkEffects(t, r)
			})
		}
	}
}

// An app that is restricted is refused for every ad account, under codes that each of
// them could have, and fails no row.
func TestRestrictedAppStops(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"200", "10", "101"} {
		for _, nth := range []int{0, 60} {
			t.Run(fmt.Sprint(code, " from call ", nth), func(t *testing.T) {
				t.Parallel()
				count := 0
				if nth > 0 {
					count = 1e6
				}
				r := newTrial(t, 400, sandbox.Options{Script: []sandbox.Rule{
					{Match: sandbox.Match{Nth: nth, Count: count}, Fault: sandbox.Fault{Name: code}},
				}})
				for range 2 {
					exit, _, stderr := r.run(t, "run", r.manifest, "--job", r.job, "--yes", "--workers", "2", "--retry-base", "5ms")
					if exit != exitRefused || !strings.Contains(stderr, "adferry resume") {
						t.Errorf("got exit code %d, want %d and what to do\n%s", exit, exitRefused, stderr)
					}
					for i, row := range readCSV(t, filepath.Join(r.job, "results.csv"))[1:] {
						if row[5] == "failed" && row[5]+" "+row[6] != r.want[i] {
							t.Errorf("row %s: got %s %s, want %s or nothing yet", row[0], row[5], row[6], r.want[i])
						}
					}
				}
				r.server.ClearFaults()
				if exit, _, stderr := r.run(t, "resume", r.job, "--retry-base", "5ms"); exit != exitFailures {
					t.Fatalf("resume: got exit code %d, want %d\n%s", exit, exitFailures, stderr)
				}
				checkJobFiles(t, r.job, r.want)
				checkEffects(t, r)
			})
		}
	}
}

// says answers each thing that a client sends with the next of the answers.
func says(answers ...string) func(net.Conn) {
	return func(conn net.Conn) {
		defer conn.Close()
		for _, answer := range answers {
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = io.WriteString(conn, answer)
		}
	}
}

// listen serves connections on loopback.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serve(conn)
		}
	}()
	return l.Addr().String()
}
