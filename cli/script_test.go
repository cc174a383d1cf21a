package cli

import (
	"bytes"
	"context"
	"errors"
	picture "image"
	"image/gif"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"adferry/jobs/store/postgres"
	"adferry/jobs/store/postgres/pgtest"
)

// TestMain lets the scripts call this test binary as adferry.
func TestMain(m *testing.M) {
	testscript.Main(cleanUp{m}, map[string]func(){
		"adferry": func() {
			os.Exit(Run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
		},
		"barecopies": bareCopies,
	})
}

// cleanUp keeps the tests out of the user's state folder, and removes the built binary
// after them.
type cleanUp struct{ m *testing.M }

func (c cleanUp) Run() int {
	state, err := os.MkdirTemp("", "adferry-state-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(state)
	os.Setenv("ADFERRY_STATE_DIR", state)
	if signal.Ignored(syscall.SIGHUP) { // the processes under test are not to inherit that
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
	defer removeBinaries()
	return pgtest.Main(c.m.Run)
}

// TestScripts runs the commands as users do: arguments, exit code, both streams,
// files. ADFERRY_ENDPOINT is a server that nothing may be sent to, unless a
// script starts its own; the command requests N says how many came.
func TestScripts(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	trap := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		http.Error(w, "nothing may be sent here", http.StatusTeapot)
	}))
	t.Cleanup(trap.Close) // after the scripts, which run in parallel
	manifest, err := filepath.Abs("../testdata/consolidation.csv")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Condition: func(name string) (bool, error) { return name == "postgres" && pgtest.Installed(), nil },
		Dir:       "../testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("ADFERRY_ENDPOINT", trap.URL)
			e.Setenv("MANIFEST", manifest)
			e.Setenv("ADFERRY_STATE_DIR", filepath.Join(e.Getenv("WORK"), ".tmp", "state"))
			e.Values[servedKey{}] = &served{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
			"serve": serve,
			"holds": holds, "expire": expire, "grant": grant, "outside": outside,
			"database": func(ts *testscript.TestScript, _ bool, _ []string) { // sets ADFERRY_DATABASE to a new one
				ts.Setenv("ADFERRY_DATABASE", pgtest.Common(t).Database(t))
			},
			"lose":     lose,
			"gain":     gain,
			"writes":   writes,
			"refusals": refusals,
			"folders":  folders,
			"occupy":   occupy,
			"mend":     mend,
			"draw": func(ts *testscript.TestScript, _ bool, args []string) { // FILE: a GIF
				var b bytes.Buffer
				ts.Check(gif.Encode(&b, picture.NewGray(picture.Rect(0, 0, 30, 20)), nil))
				ts.Check(os.MkdirAll(filepath.Dir(ts.MkAbs(args[0])), 0o755))
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o644))
			},
			"truncate": func(ts *testscript.TestScript, _ bool, args []string) { // FROM TO SIZE
				n, err := strconv.Atoi(args[2])
				ts.Check(err)
				ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(ts.ReadFile(args[0]))[:n], 0o644))
			},
			"patch": func(ts *testscript.TestScript, _ bool, args []string) { // FROM TO OFFSET BYTE...
				raw := []byte(ts.ReadFile(args[0]))
				at, err := strconv.Atoi(args[2])
				ts.Check(err)
				for i, b := range args[3:] {
					v, err := strconv.Atoi(b)
					ts.Check(err)
					raw[at+i] = byte(v)
				}
				ts.Check(os.WriteFile(ts.MkAbs(args[1]), raw, 0o644))
			},
			"requests": func(ts *testscript.TestScript, _ bool, args []string) {
				if got := requests.Load(); strconv.FormatInt(got, 10) != args[0] {
					ts.Fatalf("%d requests were sent, want %s", got, args[0])
				}
			},
		},
	})
}

// exits runs a command that has to end with an exit code: exits 2 adferry run.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	if err != nil {
		ts.Fatalf("usage: exits CODE COMMAND ...")
	}
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("got exit code %d, want %d", got, want)
	}
}

// migrated is the address of a new database with the tables of adferry.
func migrated(t *testing.T, server *pgtest.Server) string {
	t.Helper()
	return server.Prepared(t, func(address string) {
		d, err := postgres.New(address)
		if err == nil {
			_, err = d.Migrate(t.Context(), postgres.Version)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
}
