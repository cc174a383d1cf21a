package cli

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"adferry/graph/sandbox"
)

const day = 24 * time.Hour

// The examples for timers are well-formed, and the command in each does what it
// says: it is run as it stands, paths apart, against a sandbox.

func TestServiceExample(t *testing.T) {
	t.Parallel()
	service := unit(t, "../docs/examples/adferry-cleanup.service")
	if got := service["Service"]["Type"]; got != "oneshot" {
		t.Errorf("Type is %q: a timer's service runs once", got)
	}
	timer := unit(t, "../docs/examples/adferry-cleanup.timer")
	if timer["Timer"]["OnCalendar"] == "" || timer["Install"]["WantedBy"] != "timers.target" {
		t.Errorf("the timer is never started: %v", timer)
	}
	args := strings.Fields(service["Service"]["ExecStart"])
	if args[0] != "/usr/local/bin/adferry" {
		t.Fatalf("ExecStart is %s", args[0])
	}
	credential, _, _ := strings.Cut(service["Service"]["LoadCredential"], ":")
	if !slices.Contains(args, "%d/"+credential) {
		t.Errorf("no argument names the credential %q: %v", credential, args)
	}
	runExample(t, args[1:], strings.NewReplacer("%S/"+service["Service"]["StateDirectory"], "STATE", "%d", "ETC"))
}

// systemd's own checker has nothing to say of the units.
func TestServiceVerified(t *testing.T) {
	t.Parallel()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed: the units are checked by this test's own parser alone")
	}
	dir := t.TempDir()
	var paths []string
	for _, name := range []string{"adferry-cleanup.service", "adferry-cleanup.timer"} {
		raw := readFile(t, filepath.Join("../docs/examples", name))
		raw = bytes.ReplaceAll(raw, []byte("/usr/local/bin/adferry"), []byte(buildBinary(t))) // it looks for it
		paths = append(paths, filepath.Join(dir, name))
		writeFile(t, paths[len(paths)-1], raw)
	}
	if out, err := exec.Command(analyze, append([]string{"verify"}, paths...)...).CombinedOutput(); err != nil || bytes.Contains(out, []byte(dir)) {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}

func TestCrontabExample(t *testing.T) {
	t.Parallel()
	entries := 0
	for n, line := range strings.Split(readText(t, "../docs/examples/crontab"), "\n") {
		if line == "" || strings.HasPrefix(line, "#") || regexp.MustCompile(`^[A-Z_]+=\S*$`).MatchString(line) {
			continue
		}
		command, err := cronCommand(line)
		if err != nil {
			t.Errorf("line %d: %v", n+1, err)
			continue
		}
		entries++
		args := strings.Fields(command)
		if args[0] != "/usr/local/bin/adferry" {
			t.Fatalf("line %d runs %s", n+1, args[0])
		}
		runExample(t, args[1:], strings.NewReplacer("/var/lib/adferry", "STATE", "/etc/adferry", "ETC"))
	}
	if entries == 0 {
		t.Error("the crontab has no entry")
	}
}

// runExample runs the arguments of an example as adferry's, first with --dry-run,
// against a sandbox where each account has one image in ten that nothing uses.
func runExample(t *testing.T, args []string, paths *strings.Replacer) {
	t.Helper()
	dir := t.TempDir()
	places := strings.NewReplacer("STATE", filepath.Join(dir, "state"), "ETC", dir, "/etc/adferry", dir)
	server := sandbox.New(sandbox.Options{})
	accounts := 0
	for i, arg := range args {
		args[i] = places.Replace(paths.Replace(arg))
		if !strings.HasPrefix(arg, "act_") {
			continue
		}
		accounts++
		server.AddAccount(arg, sandbox.AccountOptions{})
		for n := range 10 {
			server.AddImage(arg, sandbox.Image{Hash: fmt.Sprintf("%032x", n+1), Created: time.Now().Add(-200 * day), Associated: n > 0})
		}
	}
	url := urlOf(t, server)
	for name, text := range map[string]string{"keep.txt": "0123456789abcdef0123456789abcdef\n", "token": "token\n"} {
		writeFile(t, filepath.Join(dir, name), text)
	}
	environment := []string{"ADFERRY_ENDPOINT=" + url}
	if !slices.Contains(args, "--token-file") {
		environment = at(url)
	}
	if code, out, stderr := inProcess(t, environment, append(slices.Clone(args), "--dry-run")...); code != exitDone || strings.Count(out, "\ndelete,") != accounts || accounts == 0 {
		t.Fatalf("%s --dry-run: got exit code %d and\n%s%s", strings.Join(args, " "), code, out, stderr)
	}
	if code, out, stderr := inProcess(t, environment, args...); code != exitDone || out != "" {
		t.Fatalf("%s: got exit code %d and\n%s%s", strings.Join(args, " "), code, out, stderr)
	}
	if s := server.Stats(); s.Calls[sandbox.Delete] != accounts {
		t.Errorf("%d images were deleted, want %d", s.Calls[sandbox.Delete], accounts)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "state", "cleanup", "cleanup-*", "results.csv")); len(left) != 1 || err != nil {
		t.Errorf("got job folders %v, want one under the state's folder", left)
	}
}
