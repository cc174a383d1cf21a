package manual_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"adferry/cli/manual"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The whole help of a command, its manual page, and the help of the program.
func TestGolden(t *testing.T) {
	help, ok := sample.CommandHelp("go")
	if !ok {
		t.Fatal("there is no help of go")
	}
	for name, got := range map[string]string{"help.txt": sample.Help(), "help_go.txt": help, "ferry.1": sample.Man()} {
		path := "testdata/" + name
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		for line := range strings.Lines(got) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 && name != "ferry.1" {
				t.Errorf("%s has a line of %d columns: %s", name, n, line)
			}
		}
	}
	if _, ok := sample.CommandHelp("fly"); ok {
		t.Error("there is help of a command that does not exist")
	}
}

// The manual page is what mandoc takes for a manual page.
func TestManualPage(t *testing.T) {
	mandoc, err := exec.LookPath("mandoc")
	if err != nil {
		t.Skip("mandoc is not installed: the page is compared with its golden file alone")
	}
	cmd := exec.Command(mandoc, "-T", "lint", "-W", "warning")
	cmd.Stdin = strings.NewReader(sample.Man())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("mandoc: %v\n%s", err, out)
	}
	cmd = exec.Command(mandoc, "-T", "ascii")
	cmd.Stdin = strings.NewReader(sample.Man())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{".hidden lines begin", `\ stays`, "--quota"} {
		if !bytes.Contains(out, []byte(want)) {
			t.Errorf("the page does not show %q", want)
		}
	}
}

func TestComplete(t *testing.T) {
	for _, tt := range []struct{ line, words, paths string }{
		{"", "go stop help completion", ":nothing"},
		{"-", "--help --version", ":nothing"},
		{"go ", "", ":files"},
		{"go -", "--quota --quiet --out --keep --wait --help", ":nothing"},
		{"go --wait ", "", ":nothing"},
		{"go --keep a --k", "--keep", ":nothing"}, // it may be repeated
		{"go --out=a --o", "", ":nothing"},
		{"go --out=", "", ":folders"},
		{"go --fare=", "", ":nothing"},
		{"go --quota=o", "--quota=off", ":nothing"},
		{"go --quota = o", "off", ":nothing"},
		{"go --quota =", "auto full off", ":nothing"},
		{"go --quiet -- -", "", ":files"},
		{"go -- --quota ", "", ":nothing"}, // --quota is the file
		{"go - ", "", ":nothing"},          // - is standard input
		{"stop 11 ", "", ":nothing"},
		{"fly ", "", ":nothing"},
	} {
		got := sample.Complete(strings.Split(tt.line, " "))
		var words []string
		for _, w := range got.Words {
			words = append(words, w.Text)
		}
		if s := strings.Join(words, " "); s != tt.words || string(got.Paths) != tt.paths {
			t.Errorf("%q: got %q and %s, want %q and %s", tt.line, s, got.Paths, tt.words, tt.paths)
		}
	}
	want := "auto\t\nfull\t\noff\t\n:nothing\n"
	if got := sample.Complete([]string{"go", "--quota", ""}).String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := sample.Complete(nil).String(); !strings.HasPrefix(got, "go\tcross the water\n") {
		t.Errorf("got %q", got)
	}
}

func TestBuild(t *testing.T) {
	b := manual.Build{Version: "v1.2.3", Go: "go1.26", Platform: "plan9/amd64"}
	if got, want := b.Text("ferry"), "ferry    v1.2.3\ncommit   not known to this build\ngo       go1.26 plan9/amd64\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	b.Commit, b.Date, b.Modified = "0123abc", time.Date(2026, 11, 26, 1, 0, 0, 0, time.FixedZone("", 7200)), true
	if got, want := b.Text("ferry"), "ferry    v1.2.3\ncommit   0123abc, with changes that are not committed\ndate     2026-11-25T23:00:00Z\ngo       go1.26 plan9/amd64\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if b.Day() != "2026-11-25" {
		t.Errorf("the day is %q", b.Day())
	}
}
