package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"adferry/cli/manual"
	"adferry/graph/sandbox"
	"adferry/jobs/store/postgres/pgtest"
)

func program() manual.Program {
	return describe(newApp(&streams{in: strings.NewReader(""), out: &outlet{w: io.Discard}, err: io.Discard}))
}

// The help of every command fits a terminal, has an example, and has its options in
// groups: all of them, or none if they are few.
func TestHelp(t *testing.T) {
	p := program()
	texts := map[string]string{"adferry": p.Help()}
	for _, c := range p.Commands {
		texts[c.Name], _ = p.CommandHelp(c.Name)
		if len(c.Examples) == 0 {
			t.Errorf("%s has no example: add one to examples.go", c.Name)
		}
		if c.Group == "" {
			t.Errorf("%s stands under no heading: see newApp", c.Name)
		}
		var without []string
		for _, o := range c.Options {
			if o.Group == "" {
				without = append(without, "--"+o.Name)
			}
			if !slices.Contains(append(groups, ""), o.Group) {
				t.Errorf("--%s is in the group %q, which has no place in the order of groups", o.Name, o.Group)
			}
		}
		if n := len(without); n > 0 && (n < len(c.Options) || n > 8) {
			t.Errorf("%s has options outside all groups: add %s to groupOf in flags.go", c.Name, strings.Join(without, ", "))
		}
	}
	for name, text := range texts {
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
				t.Errorf("the help of %s has a line of %d columns: %s", name, n, line)
			}
		}
		if strings.Contains(text, "`") {
			t.Errorf("the help of %s has a backquote: an option's usage has one too many", name)
		}
	}
	for name := range examples {
		if !slices.ContainsFunc(p.Commands, func(c manual.Command) bool { return c.Name == name }) {
			t.Errorf("examples.go has examples of %s, which is no command", name)
		}
	}
}

// The help of sandbox names every fault, and its own words for a manifest.
func TestSandboxHelp(t *testing.T) {
	text, _ := program().CommandHelp("sandbox")
	for _, f := range sandbox.Faults() {
		if !strings.Contains(text, "\n  "+f.Name+" ") {
			t.Errorf("the help does not list the fault %s", f.Name)
		}
	}
}

// The manual page is one that mandoc has no complaint about, and has every option.
func TestManualPage(t *testing.T) {
	p := program()
	p.Date = "2026-11-26"
	page := p.Man()
	for _, c := range p.Commands {
		for _, o := range c.Options {
			if !strings.Contains(page, "\\-\\-"+strings.ReplaceAll(o.Name, "-", "\\-")) {
				t.Errorf("the page does not have --%s of %s", o.Name, c.Name)
			}
		}
	}
	mandoc, err := exec.LookPath("mandoc")
	if err != nil {
		t.Skip("mandoc is not installed: the page is not checked")
	}
	lint := exec.Command(mandoc, "-T", "lint", "-W", "warning")
	lint.Stdin = strings.NewReader(page)
	if out, err := lint.CombinedOutput(); err != nil {
		t.Errorf("mandoc: %v\n%s", err, out)
	}
}

// Lines are completed from the commands as they are, without a word of the hidden one.
func TestCompleteCommand(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{"pau", "pause\tstop a job from sending until it is unpaused\n:nothing\n"},
		{"run --on-th", "--on-throttle\twait out throttles, or stop with exit code 3 (default: wait)\n:nothing\n"},
		{"run --on-throttle ", "wait\t\nstop\t\n:nothing\n"},
		{"run --help ", ":files\n"},
		{"status ", ":folders\n"},
		{"completion ", "bash\t\nzsh\t\nfish\t\n:nothing\n"},
		{"__", ":nothing\n"},
	} {
		var out, errs strings.Builder
		args := append([]string{manual.CompleteCommand}, strings.Split(tt.line, " ")...)
		if code := Run(t.Context(), args, nil, &out, &errs); code != exitDone || out.String() != tt.want || errs.String() != "" {
			t.Errorf("%q: got exit code %d, %q and %q, want %q", tt.line, code, out.String(), errs.String(), tt.want)
		}
	}
}

// exampleManifest is the manifest.csv of the examples.
const exampleManifest = `operation,source_account,hash,target_account,sandbox
copy,act_2310000000000017,f04af61b3f332afa0ceec786a42cd365,act_2310000000000025,
copy,act_2310000000000017,96d6f2e7e1f705ab5e59c84a6dc009b2,act_2310000000000025,age=400d
copy,act_2310000000000025,2c1743a391305fbf367df8e4f069f9f9,act_2310000000000017,
`

// Every example works as it stands, in a folder that has the files it names.
func TestExamples(t *testing.T) {
	for command, all := range examples {
		for _, e := range all {
			t.Run(e.Line, func(t *testing.T) {
				words := strings.Fields(e.Line)
				if words[0] != "adferry" || words[1] != command {
					t.Fatalf("it is no example of %s", command)
				}
				if strings.Contains(e.Line, "autumn") || slices.Contains([]string{"submit", "worker", "jobs", "migrate"}, command) {
					address := migrated(t, pgtest.Common(t))
					if command == "migrate" {
						address = pgtest.Common(t).Database(t)
					}
					t.Setenv("ADFERRY_DATABASE", address)
				}
				exampleFolder(t, e.Line)
				t.Setenv("ADFERRY_LISTEN", "127.0.0.1:0") // the usual port may be in use
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var out strings.Builder
				errs := &cancelAt{cancel: cancel, text: "ADFERRY_ENDPOINT"} // the sandbox tells how it is used, and serves
				if command == "worker" {
					errs.text = "joined"
				}
				if code := Run(ctx, words[1:], strings.NewReader(""), &out, errs); code != exitDone {
					t.Errorf("got exit code %d\n%s%s", code, out.String(), errs.seen.String())
				}
			})
		}
	}
}

// exampleFolder makes a folder for an example, and a server: the manifest that it names, or
// its finished job.
func exampleFolder(t *testing.T, line string) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"manifest.csv": exampleManifest, "accounts.csv": "account,token\n*,ADFERRY_ACCESS_TOKEN\n",
		"schedules.csv": "schedule,cron,accounts,unused,yes\nnightly,0 3 * * *,act_2310000000000017,yes,yes\n",
	} {
		writeFile(t, name, text)
	}
	seeds, err := readSeeds(manifestIn("manifest.csv"))
	if err != nil {
		t.Fatal(err)
	}
	server := sandbox.New(sandbox.Options{})
	seeds.Fill(server, time.Now())
	for i := range 10 { // a cleanup finds a tenth of the account unused
		server.AddImage("2310000000000017", sandbox.Image{Hash: fmt.Sprintf("%032x", i+1), Associated: true, Created: time.Now().Add(-400 * day)})
	}
	t.Setenv("ADFERRY_ENDPOINT", urlOf(t, server))
	t.Setenv("ADFERRY_ACCESS_TOKEN", "token-of-the-examples")
	t.Setenv("ADFERRY_PROGRESS", "none")
	t.Setenv("ADFERRY_STATE_DIR", t.TempDir())
	if os.Getenv("ADFERRY_DATABASE") != "" && !strings.Contains(line, "migrate") && !strings.Contains(line, "submit") {
		must(t, "submit", "manifest.csv", "--job", "autumn")
	}
	if strings.Contains(line, "manifest.job") {
		must(t, "run", "manifest.csv")
	}
}

// must runs a command that has to succeed.
func must(t *testing.T, args ...string) {
	t.Helper()
	var errs strings.Builder
	if code := Run(t.Context(), args, nil, io.Discard, &errs); code != exitDone {
		t.Fatalf("adferry %s ends with exit code %d\n%s", strings.Join(args, " "), code, errs.String())
	}
}

// cancelAt cancels as soon as a text is written.
type cancelAt struct {
	mu     sync.Mutex
	seen   strings.Builder
	text   string
	cancel func()
}

func (c *cancelAt) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen.Write(b)
	if strings.Contains(c.seen.String(), c.text) {
		c.cancel()
	}
	return len(b), nil
}
