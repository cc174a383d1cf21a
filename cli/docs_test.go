package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/urfave/cli/v2"

	"adferry/graph/sandbox"
	"adferry/jobs/store/postgres/pgtest"
)

// Every adferry command in README.md and docs is run: those of a page's code blocks one
// after the other in one folder, as its reader runs them. Their server is a sandbox seeded
// from the page's comment "<!-- sandbox", a manifest as adferry sandbox takes it, or from the
// file that "<!-- sandbox: FILE -->" names, or else from the manifest that the README names;
// that manifest lies there as manifest.csv, and what a JSON block shows as faults.json. With
// the comment "<!-- tokens -->" that block has the only tokens that the server takes, and the
// page's CSV block is credentials.csv. What the reader did before is in the comment
// "<!-- before", as commands. A command ends with exit code 0, unless a comment behind it
// says "exit code N".
func TestDocsRun(t *testing.T) {
	t.Parallel()
	for _, path := range docPages(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			text := readText(t, path)
			dir := t.TempDir()
			seed := docSeed(t, text)
			access := ""
			if strings.Contains(text, "<!-- tokens -->") {
				access = codeBlock(t, text, "json")
			}
			server := docServer(t, seed, access)
			database := ""
			if strings.Contains(text, "export ADFERRY_DATABASE") {
				database = pgtest.Common(t).Database(t)
			}
			root, err := filepath.Abs("..")
			if err != nil {
				t.Fatal(err)
			}
			files := map[string]string{"manifest.csv": readText(t, seed), "token": "token\n", "keep.txt": "0123456789abcdef0123456789abcdef\n"}
			if _, script, found := strings.Cut(text, "\n```json\n"); found {
				files["faults.json"], _, _ = strings.Cut(script, "```")
			}
			if access != "" {
				files["tokens.json"], files["credentials.csv"] = access, codeBlock(t, text, "csv")
			}
			for name, content := range files {
				writeFile(t, filepath.Join(dir, name), content)
			}
			if err := os.Symlink(filepath.Join(root, "testdata"), filepath.Join(dir, "testdata")); err != nil {
				t.Fatal(err)
			}
			before, _ := docComment(text, "before")
			for _, c := range append(docCommands("```\n"+before+"```\n"), docCommands(text)...) {
				code, out := runDocCommand(t, c, dir, server, database)
				if code != c.code {
					t.Fatalf("%s, line %d: %s\ngot exit code %d, want %d\n%s", path, c.line, c.text, code, c.code, out)
				}
			}
		})
	}
}

// runDocCommand runs a command as a shell does. A server is stopped once it has had the time
// to fail.
func runDocCommand(t *testing.T, c docCommand, dir, server, database string) (code int, out []byte) {
	t.Helper()
	text, patience := strings.NewReplacer("/var/lib/adferry", dir, "http://127.0.0.1:8080", server).Replace(c.text), 2*time.Minute
	serves := strings.HasPrefix(text, "adferry sandbox")
	if serves {
		text += " --listen 127.0.0.1:0"
	}
	if works := strings.HasPrefix(text, "adferry worker"); serves || works {
		serves, text, patience = true, "exec "+text, time.Second
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	run := exec.CommandContext(ctx, "sh", "-c", text)
	run.Cancel = func() error { return run.Process.Signal(os.Interrupt) }
	run.Dir, run.WaitDelay = dir, 5*time.Second
	run.Env = append(environ(), "ADFERRY_ENDPOINT="+server, "ADFERRY_ACCESS_TOKEN=token", "NORTH_TOKEN=north-token", "SOUTH_TOKEN=south-token", "ADFERRY_PROGRESS=none", "ADFERRY_STATE_DIR="+filepath.Join(dir, ".state"), "ADFERRY_DATABASE="+database)
	out, err := run.CombinedOutput()
	switch exit := (*exec.ExitError)(nil); {
	case ctx.Err() != nil && !serves:
		t.Fatalf("line %d: %s\nit does not end\n%s", c.line, c.text, out)
	case errors.As(err, &exit):
		return exit.ExitCode(), out
	case err != nil && ctx.Err() == nil:
		t.Fatal(err)
	}
	return 0, out
}

// Commands are found in the code blocks of a shell, continued lines and pipes included.
func TestDocsCommandsAreFound(t *testing.T) {
	text := "a\n```sh\nexport X=1\nadferry plan a.csv \\\n  --json   # exit code 2\ncat a | adferry run -\n```\nadferry no\n```promql\nadferry_rows{a=\"b\"}\n```\n```\ngo run . plan b.csv\n```\n"
	want := []docCommand{{4, "adferry plan a.csv --json   # exit code 2", 2}, {6, "cat a | adferry run -", 0}, {13, "adferry plan b.csv", 0}}
	if got := docCommands(text); !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// Every command and option that the text names exists.
func TestDocsNameWhatExists(t *testing.T) {
	app := newApp(&streams{})
	inline := regexp.MustCompile("`adferry ([^`]+)`")
	for _, path := range docPages(t) {
		for n, line := range strings.Split(readText(t, path), "\n") {
			for _, m := range inline.FindAllStringSubmatch(line, -1) {
				words := strings.Fields(m[1])
				if words[0] == "COMMAND" {
					continue
				}
				if what := unknown(app, words); what != "" {
					t.Errorf("%s, line %d: %s", path, n+1, what)
				}
			}
		}
	}
}

// unknown says what of a command line does not exist.
func unknown(app *cli.App, words []string) string {
	c := app.Command(words[0])
	if c == nil {
		return "there is no command " + words[0]
	}
	var names []string
	for _, f := range append(c.Flags, app.Flags...) {
		names = append(names, f.Names()...)
	}
	for _, w := range words[1:] {
		name, _, _ := strings.Cut(strings.TrimLeft(w, "-"), "=")
		if strings.HasPrefix(w, "--") && name != "help" && !slices.Contains(names, name) {
			return fmt.Sprintf("adferry %s has no option --%s", words[0], name)
		}
	}
	return ""
}

func docPages(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("got pages %q, %v", pages, err)
	}
	return append(pages, "../README.md")
}

// docComment is what a page's hidden comment of that name says.
func docComment(text, name string) (content string, found bool) {
	_, after, found := strings.Cut(text, "<!-- "+name+"\n")
	content, _, _ = strings.Cut(after, "-->")
	return content, found
}

// docSeed is the path of the manifest that a page's sandbox is seeded from.
func docSeed(t *testing.T, text string) string {
	t.Helper()
	if _, after, found := strings.Cut(text, "<!-- sandbox: "); found {
		name, _, _ := strings.Cut(after, " -->")
		return filepath.Join("..", name)
	}
	manifest, found := docComment(text, "sandbox")
	if !found {
		return "../testdata/consolidation.csv"
	}
	path := filepath.Join(t.TempDir(), "seed.csv")
	writeFile(t, path, manifest)
	return path
}

// docServer serves a sandbox; access is a JSON object of the tokens that it takes, "" for all.
func docServer(t *testing.T, seed, access string) (url string) {
	t.Helper()
	var o sandbox.Options
	if access != "" {
		var err error
		if o.Access, o.Apps, err = sandbox.ParseTokens(strings.NewReader(access), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	seeds, err := readSeeds(manifestIn(seed))
	if err != nil {
		t.Fatal(err)
	}
	server := sandbox.New(o)
	seeds.Fill(server, time.Now())
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	return web.URL
}

// docCommand is an adferry command in a code block.
type docCommand struct {
	line int
	text string
	code int // exit code that the page says it ends with
}

var (
	runsAdferry = regexp.MustCompile(`(^|[|(&;]\s*|\s)adferry [a-z]`)
	saysCode    = regexp.MustCompile(`#.*exit code (\d)`)
)

// docCommands are the adferry commands of the code blocks that are for a shell: those
// without a language, or with sh.
func docCommands(text string) (all []docCommand) {
	block, shell, start, joined := false, false, 0, ""
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimLeft(line, " ") // of a block in a list
		if language, fence := strings.CutPrefix(line, "```"); fence {
			block, shell = !block, !block && (language == "" || language == "sh")
			continue
		}
		if !shell {
			continue
		}
		if joined == "" {
			start = n + 1
		}
		if part, more := strings.CutSuffix(line, `\`); more {
			joined += part
			continue
		}
		line, joined = joined+line, ""
		if rest, found := strings.CutPrefix(line, "go run . "); found {
			line = "adferry " + rest
		}
		line = strings.TrimPrefix(line, "./") // as go build leaves it
		if !runsAdferry.MatchString(line) {
			continue
		}
		c := docCommand{line: start, text: line}
		if m := saysCode.FindStringSubmatch(line); m != nil {
			_, _ = fmt.Sscan(m[1], &c.code)
		}
		all = append(all, c)
	}
	return all
}
