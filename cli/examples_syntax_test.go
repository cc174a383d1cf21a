package cli

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	cron "github.com/netresearch/go-cron"
)

// unit reads a unit file (systemd.syntax(7)): sections of names and values, with
// comments, and lines that a backslash continues.
func unit(t *testing.T, path string) map[string]map[string]string {
	t.Helper()
	sections := map[string]map[string]string{}
	var section map[string]string
	for n, line := range strings.Split(strings.ReplaceAll(readText(t, path), "\\\n", " "), "\n") {
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
	fields := strings.Fields(line)
	when := fields[:min(5, len(fields))]
	if _, err := cron.ParseStandard(strings.Join(when, " ")); err != nil {
		return "", err
	}
	command := strings.Join(fields[len(when):], " ")
	if command == "" || regexp.MustCompile(`(^|[^\\])%`).MatchString(command) {
		return "", fmt.Errorf("there is no command, or a bare %% ends it: %s", command)
	}
	return strings.ReplaceAll(command, `\%`, "%"), nil
}
