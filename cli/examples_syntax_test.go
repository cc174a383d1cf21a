package cli

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestCronCommand(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ line, want string }{
		{"0 3 * * 0 run it", "run it"},
		{"*/5 0-6,12 1 1-12/2 7\trun  --share 5\\%", "run  --share 5%"},
		{"0 3 * * run", ""},
		{"60 3 * * 0 run", ""},
		{"0 3 0 * 0 run", ""},
		{"0 3 * * mon run", ""},
		{"0 3 * * 0 run --share 5%", ""},
	} {
		if got, err := cronCommand(tt.line); got != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("%s: got %q, %v; want %q", tt.line, got, err, tt.want)
		}
	}
}

// unit reads a unit file (systemd.syntax(7)): sections of names and values, with
// comments, and lines that a backslash continues.
func unit(t *testing.T, path string) map[string]map[string]string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]map[string]string{}
	var section map[string]string
	for n, line := range strings.Split(strings.ReplaceAll(string(raw), "\\\n", " "), "\n") {
		name, value, found := strings.Cut(line, "=")
		switch {
		case line == "" || line[0] == '#' || line[0] == ';':
		case line[0] == '[' && line[len(line)-1] == ']':
			section = map[string]string{}
			sections[line[1:len(line)-1]] = section
		case found && section != nil && regexp.MustCompile(`^[A-Z][A-Za-z]+$`).MatchString(name):
			if section[name] != "" {
				t.Errorf("%s: %s is there twice", path, name)
			}
			section[name] = value
		default:
			t.Errorf("%s, logical line %d: %q is neither a section, a setting nor a comment", path, n+1, line)
		}
	}
	return sections
}

// cronCommand is the command of a crontab line as a shell gets it (crontab(5)):
// after five fields, and without a bare %, which would end it.
func cronCommand(line string) (string, error) {
	rest := line
	for _, field := range []struct {
		name     string
		low, top int
	}{{"minute", 0, 59}, {"hour", 0, 23}, {"day of month", 1, 31}, {"month", 1, 12}, {"day of week", 0, 7}} {
		at := strings.IndexAny(rest, " \t")
		if at < 0 {
			return "", fmt.Errorf("it ends before the %s", field.name)
		}
		for item := range strings.SplitSeq(rest[:at], ",") {
			if !cronItem(item, field.low, field.top) {
				return "", fmt.Errorf("%q is no %s", item, field.name)
			}
		}
		rest = strings.TrimLeft(rest[at:], " \t")
	}
	if regexp.MustCompile(`(^|[^\\])%`).MatchString(rest) {
		return "", fmt.Errorf("a bare %% ends the command: %s", rest)
	}
	if rest == "" {
		return "", fmt.Errorf("it has no command")
	}
	return strings.ReplaceAll(rest, `\%`, "%"), nil
}

// cronItem is *, a number or a range, each with a step or without.
func cronItem(item string, low, top int) bool {
	span, step, stepped := strings.Cut(item, "/")
	if n, err := strconv.Atoi(step); stepped && (err != nil || n < 1) {
		return false
	}
	if span == "*" {
		return true
	}
	from, to, isRange := strings.Cut(span, "-")
	a, err := strconv.Atoi(from)
	b := a
	if isRange && err == nil {
		b, err = strconv.Atoi(to)
	}
	return err == nil && low <= a && a <= b && b <= top
}
