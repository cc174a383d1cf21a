package cli

import (
	"path/filepath"
	"strings"
	"testing"

	"adferry/graph/sandbox"
)

// A job keeps the apps of its tokens: while an app is throttled, a run that stops for it sends
// nothing, not even the question whose token is whose.
func TestThrottledAppIsNotAsked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	manifest, file, job := filepath.Join(dir, "m.csv"), filepath.Join(dir, "credentials.csv"), filepath.Join(dir, "job")
	for path, text := range map[string]string{
		manifest: "source_account,hash,target_account\n11," + strings.Repeat("a", 32) + ",22\n",
		file:     "account,token\n11,NORTH\n22,SOUTH\n",
	} {
		writeFile(t, path, text)
	}
	for _, told := range []bool{true, false} { // which apps the tokens belong to
		name := map[bool]string{true: "apps known", false: "apps not known"}[told]
		t.Run(name, func(t *testing.T) {
			job := filepath.Join(job, name)
			match := sandbox.Match{Kind: sandbox.Read}
			if !told {
				match = sandbox.Match{}
			}
			server := sandbox.New(sandbox.Options{
				Access: map[string]sandbox.Token{"north-token-0123": {App: "7"}, "south-token-0123": {App: "7"}},
				Script: []sandbox.Rule{{Match: match, Fault: sandbox.Fault{Name: "4"}}},
			})
			environment := append(at(urlOf(t, server)), "NORTH=north-token-0123", "SOUTH=south-token-0123")
			do := func(args ...string) int {
				before := server.Stats().Requests
				code, out, stderr := inProcess(t, environment, append(args, "--credentials", file, "--on-throttle", "stop")...)
				if code != exitStopped {
					t.Fatalf("got exit code %d\n%s%s", code, out, stderr)
				}
				return server.Stats().Requests - before
			}
			if n := do("run", manifest, "--job", job); n < 3 {
				t.Errorf("the run sent %d requests: the test is void", n)
			}
			if n := do("resume", job); n != 0 {
				t.Errorf("the resume sent %d requests while the app is throttled", n)
			}
		})
	}
}
