package cli

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rooms says what each package may import of ours, and why not more.
var rooms = map[string]struct {
	may []string
	why string
}{
	"plan":                       {nil, "a plan is pure: it knows neither the API nor jobs"},
	"graph":                      {nil, "the client knows the API and nothing of what is done with it"},
	"graph/sandbox":              {nil, "the other side of the wire must not share the client's mistakes"},
	"jobs/quota":                 {[]string{"graph"}, "quota policy is pure; it reads usage headers and nothing else"},
	"jobs/content":               {[]string{"plan", "graph", "jobs/disk"}, "which picture is whose is known by sums and hashes alone"},
	"jobs/disk":                  {nil, "what survives a power failure is a matter of the file system alone"},
	"jobs/evidence":              {[]string{"plan", "graph"}, "what an answer proves follows from the question and the answer, and nothing else"},
	"jobs":                       {[]string{"plan", "graph"}, "the words of a job know nothing of how it is run"},
	"jobs/dispatch":              {[]string{"plan", "graph", "jobs", "jobs/quota"}, "who sends next knows calls and replies, not images"},
	"jobs/credentials":           {[]string{"plan", "graph", "jobs", "jobs/dispatch"}, "which token is whose is known from a file and the environment, whatever is sent with it"},
	"jobs/engine":                {[]string{"plan", "graph", "jobs", "jobs/quota", "jobs/content", "jobs/disk", "jobs/evidence", "jobs/dispatch"}, "the engine reaches its checkpoint through an interface, and reports through a hook"},
	"jobs/reader":                {[]string{"plan", "graph", "jobs", "jobs/quota", "jobs/evidence", "jobs/dispatch"}, "the reader reads without a job"},
	"jobs/outlook":               {[]string{"plan", "jobs", "jobs/quota"}, "what lies before a job follows from the checkpoint, and nothing else"},
	"jobs/control":               {[]string{"jobs", "jobs/store"}, "control reads what was set of a job; it knows neither engine nor screen"},
	"jobs/undo":                  {[]string{"plan", "graph", "jobs", "jobs/disk", "jobs/store", "jobs/backup", "jobs/review"}, "an undo reads what a job did and makes a manifest of it"},
	"jobs/uses":                  {[]string{"plan", "graph", "jobs", "jobs/reader"}, "what uses a job's images is concluded from what was read and what the job knows; it knows neither database nor screen"},
	"jobs/verify":                {[]string{"plan", "graph", "jobs", "jobs/reader"}, "a verification reads through a reader and changes nothing"},
	"jobs/preflight":             {[]string{"plan", "graph", "jobs", "jobs/quota", "jobs/credentials", "jobs/dispatch", "jobs/engine", "jobs/reader"}, "a preflight reads and sends no write"},
	"jobs/rehearsal":             {[]string{"plan", "graph/sandbox", "jobs", "jobs/store"}, "a rehearsal makes the server of a job; it sends nothing"},
	"jobs/jobtest":               {[]string{"plan", "graph", "graph/sandbox", "jobs", "jobs/backup", "jobs/dispatch", "jobs/engine", "jobs/reader", "jobs/store", "jobs/undo", "jobs/verify"}, "a room for tests alone"},
	"jobs/campaign":              {nil, "a room for tests alone"},
	"jobs/lab":                   {nil, "a room for tests alone"},
	"jobs/simulation":            {nil, "a room for tests alone"},
	"jobs/backup":                {[]string{"plan", "graph", "jobs", "jobs/content", "jobs/disk"}, "a backup knows what it keeps, not how a job is run"},
	"jobs/spill":                 {[]string{"plan"}, "a temporary file of images knows neither the API nor what they are listed for"},
	"jobs/collect":               {[]string{"plan", "graph", "jobs/reader", "jobs/spill"}, "a collection selects what a manifest is to hold; it knows no job, and no file but a temporary one"},
	"jobs/cleanup":               {[]string{"plan", "graph", "jobs", "jobs/disk", "jobs/reader", "jobs/review", "jobs/spill"}, "a cleanup lists ad accounts and says what is to be deleted; it knows neither the checkpoint nor how a job is run"},
	"jobs/review":                {[]string{"plan", "graph", "jobs", "jobs/reader"}, "a review reads what is to be shown of images, and says nothing of how a page looks"},
	"jobs/store":                 {[]string{"plan", "graph", "jobs", "jobs/disk", "jobs/outlook"}, "the checkpoint knows what it stores, not how it is shown"},
	"jobs/store/storetest":       {[]string{"plan", "graph", "jobs", "jobs/store"}, "a room for tests alone"},
	"jobs/board":                 {[]string{"plan", "jobs", "jobs/store"}, "the board knows who has which lane, not what is done there"},
	"jobs/board/boardtest":       {[]string{"plan", "graph", "jobs", "jobs/board", "jobs/store", "jobs/store/storetest"}, "a room for tests alone"},
	"jobs/proof":                 {[]string{"jobs", "jobs/disk", "jobs/store"}, "whether a folder is the one that is meant is a matter of files and of what the job remembers"},
	"jobs/fleet":                 {[]string{"plan", "graph", "jobs", "jobs/board", "jobs/store", "jobs/cleanup", "jobs/quota", "jobs/dispatch", "jobs/engine", "jobs/control", "jobs/credentials", "jobs/disk", "jobs/proof"}, "a fleet runs engines, and reaches the database through the board and River"},
	"jobs/store/postgres":        {[]string{"plan", "jobs", "jobs/board", "jobs/store"}, "a database keeps what the store says; it knows no more of a job"},
	"jobs/store/postgres/pgtest": {nil, "a room for tests alone"},
	"jobs/registry":              {[]string{"plan", "graph", "jobs/disk", "jobs/store"}, "the registry knows which jobs are unfinished, not how one is run"},
	"reports":                    {[]string{"plan", "jobs", "jobs/disk", "jobs/outlook", "jobs/cleanup", "jobs/uses", "jobs/collect", "jobs/preflight", "jobs/review", "jobs/undo"}, "reports read outcomes and findings; they do not reach for the API or the database"},
	"cli/manual":                 {nil, "help and completions are made of a description of the commands, whatever they do and however they are parsed"},
	"cli":                        {[]string{"cli/manual", "jobs/spill", "plan", "graph", "graph/sandbox", "jobs", "jobs/quota", "jobs/dispatch", "jobs/engine", "jobs/reader", "jobs/backup", "jobs/cleanup", "jobs/credentials", "jobs/disk", "jobs/uses", "jobs/collect", "jobs/control", "jobs/fleet", "jobs/board", "jobs/proof", "jobs/registry", "jobs/review", "jobs/store", "jobs/store/postgres", "jobs/undo", "jobs/verify", "jobs/preflight", "jobs/rehearsal", "reports"}, "the command line wires all the others"},
	".":                          {[]string{"cli"}, "main.go starts the command line, and nothing else"},
}

// homes says which package may import a third-party module.
var homes = map[string][]string{
	"github.com/go-json-experiment/json":  {"graph"},
	"github.com/urfave/cli/v2":            {"cli"},
	"github.com/gocarina/gocsv":           {"plan"},
	"github.com/hbollon/go-edlib":         {"plan"},
	"golang.org/x/sync":                   {"jobs/dispatch", "graph"},
	"golang.org/x/image":                  {"graph"},
	"github.com/cenkalti/backoff/v4":      {"jobs/dispatch", "jobs/quota"},
	"modernc.org/sqlite":                  {"jobs/store"},
	"github.com/gofrs/flock":              {"jobs/store", "jobs/backup", "jobs/content", "jobs/registry"},
	"github.com/jackc/pgx/v5":             {"jobs/store/postgres", "jobs/store/postgres/pgtest", "jobs/fleet"},
	"github.com/riverqueue/river":         {"jobs/fleet", "jobs/store/postgres"},
	"github.com/netresearch/go-cron":      {"jobs/cleanup"},
	"github.com/google/go-cmp":            {"jobs/store/storetest"},
	"github.com/google/renameio/v2":       {"reports"},
	"github.com/prometheus/client_golang": {"reports"},
	"charm.land/bubbletea/v2":             {"reports"},
	"charm.land/lipgloss/v2":              {"reports"},
	"github.com/charmbracelet/x":          {"reports"},
	"golang.org/x/term":                   {"reports", "cli"},
	"golang.org/x/sys":                    {"reports", "jobs/store", "jobs/store/postgres"},
}

// Data runs one way: plan and graph, then jobs, then reports, wired by cli.
func TestHouse(t *testing.T) {
	t.Parallel()
	err := fs.WalkDir(os.DirFS(".."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != "." || d.Name() == "testdata") {
			if err == nil {
				err = filepath.SkipDir
			}
			return err
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			checkImports(t, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkImports(t *testing.T, path string) {
	t.Helper()
	room := filepath.ToSlash(filepath.Dir(path))
	rule, known := rooms[room]
	if !known {
		t.Errorf("%s: the house has no room %s", path, room)
		return
	}
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", path), nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	for _, i := range f.Imports {
		name, _ := strconv.Unquote(i.Path.Value)
		if ours, ok := strings.CutPrefix(name, "adferry/"); ok {
			if !slices.Contains(rule.may, ours) {
				t.Errorf("%s imports %s: %s", path, ours, rule.why)
			}
			continue
		}
		if !strings.Contains(strings.Split(name, "/")[0], ".") {
			continue // the standard library
		}
		home := slices.ContainsFunc(homesOf(name), func(h string) bool { return h == room })
		if !home {
			t.Errorf("%s imports %s, whose home is %v", path, name, homesOf(name))
		}
	}
}

func homesOf(name string) []string {
	for module, at := range homes {
		if name == module || strings.HasPrefix(name, module+"/") {
			return at
		}
	}
	return nil
}

// The top level keeps the folders of the house and main.go, and nothing else.
func TestTopLevel(t *testing.T) {
	t.Parallel()
	allowed := []string{
		"main.go", "go.mod", "go.sum", "cli", "plan", "jobs", "graph", "reports", "testdata", "docs",
		"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Dockerfile", ".dockerignore", ".gitignore", ".git", ".ci", ".golangci.yml",
	}
	ignored := []string{"job", "adferry", "dist"} // what the README's commands and .ci/release leave here
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if name := e.Name(); !slices.Contains(allowed, name) && !slices.Contains(ignored, name) {
			t.Errorf("the top level has no place for %s", name)
		}
	}
}

// The CLI library's context ends in the file of its command: what is behind it takes
// typed options. options.go, run_settings.go and place_options.go read
// those that commands share; app.go and usage_errors.go
// belong to the library.
func TestContextStaysInCommands(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	shared := []string{"options.go", "run_settings.go", "place_options.go", "app.go", "usage_errors.go"}
	for _, file := range files {
		text := readText(t, file)
		command := strings.Contains(text, ") *cli.Command {")
		if strings.Contains(text, "*cli.Context") && !command && !slices.Contains(shared, file) && !strings.HasSuffix(file, "_test.go") {
			t.Errorf("%s has no command and takes the CLI library's context", file)
		}
	}
}
