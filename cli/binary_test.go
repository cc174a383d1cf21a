package cli

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// binaries are adferry as users get it, by the build tags they were built with, each
// built once for all tests that drive it.
var binaries struct {
	sync.Mutex
	dir  string
	path map[string]string
}

// buildBinary is the path of adferry as users get it.
func buildBinary(t *testing.T) string {
	t.Helper()
	return builtWith(t, "")
}

// builtWith is the path of adferry with build tags; "crashpoints" has those of package
// engine compiled in.
func builtWith(t *testing.T, tags string) string {
	t.Helper()
	binaries.Lock()
	defer binaries.Unlock()
	if binaries.path[tags] != "" {
		return binaries.path[tags]
	}
	if binaries.dir == "" {
		dir, err := os.MkdirTemp("", "adferry-test-")
		if err != nil {
			t.Fatal(err)
		}
		binaries.dir, binaries.path = dir, map[string]string{}
	}
	path := filepath.Join(binaries.dir, "adferry"+tags)
	if out, err := exec.Command("go", "build", "-ldflags=-s -w", "-tags", tags, "-o", path, "adferry").CombinedOutput(); err != nil {
		t.Fatalf("go build -tags %q: %v\n%s", tags, err, out)
	}
	binaries.path[tags] = path
	return path
}

func removeBinaries() { os.RemoveAll(binaries.dir) }

// oneRun is held by the command that runs in this process: what it reads of the
// environment is the process's, and so are the CLI library's own flags.
var oneRun sync.Mutex

// inProcess runs a command in this process, so that a panic shows and no process is
// started where none is tested. It sees the entries of environment beside the process's own.
func inProcess(t *testing.T, environment []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out strings.Builder
	code, stderr = inProcessTo(t, &out, environment, args...)
	return code, out.String(), stderr
}

// ends runs a command in this process, which has to end with that exit code.
func ends(t *testing.T, want int, environment []string, args ...string) {
	t.Helper()
	if code, out, stderr := inProcess(t, environment, args...); code != want {
		t.Fatalf("%q: got exit code %d, want %d\n%.2000s%s", args, code, want, out, stderr)
	}
}

// start starts a process.
func start(t *testing.T, c *exec.Cmd) {
	t.Helper()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
}

// inProcessTo is inProcess with another standard output.
func inProcessTo(t *testing.T, out io.Writer, environment []string, args ...string) (code int, stderr string) {
	t.Helper()
	oneRun.Lock()
	defer oneRun.Unlock()
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		if err := os.Setenv(name, value); err != nil {
			t.Fatal(err)
		}
		defer os.Unsetenv(name)
	}
	var errs strings.Builder
	code = Run(context.Background(), args, strings.NewReader(""), out, &errs)
	return code, errs.String()
}

// at is the environment in which a server is asked, with a token that it takes.
func at(url string) []string {
	return []string{"ADFERRY_ENDPOINT=" + url, "ADFERRY_ACCESS_TOKEN=token", "ADFERRY_PROGRESS=none"}
}

// environ is the environment for a process, without what a run in this process has set.
func environ() []string {
	oneRun.Lock()
	defer oneRun.Unlock()
	return os.Environ()
}

// urlOf is the URL of a server that answers until the test ends.
func urlOf(t *testing.T, h http.Handler) (url string) {
	t.Helper()
	web := httptest.NewServer(h)
	t.Cleanup(web.Close)
	return web.URL
}
