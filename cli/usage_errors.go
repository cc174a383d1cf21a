package cli

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"adferry/plan"
)

// What the flag package and the CLI library say of a value that an option, or its
// environment variable, does not take. They name no option as users write it, and
// one of them speaks of its own functions.
var (
	badOption   = regexp.MustCompile(`^invalid (?:boolean )?value (".*") for (?:flag )?-(\S+): `)
	badVariable = regexp.MustCompile(`^could not parse (".*") as .* value from environment variable "(.*)" for flag (\S+): `)
)

// onUsageError says in our words what is wrong with an option.
func onUsageError(c *cli.Context, err error, _ bool) error {
	text := err.Error()
	hint := fmt.Sprintf("see adferry %s for the options and their values", helpFor(c))
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		return noOption(c, name)
	}
	if m := badOption.FindStringSubmatch(text); m != nil {
		return usagef(hint, "--%s must be %s, not %s", m[2], kindOf(c, m[2]), m[1])
	}
	if m := badVariable.FindStringSubmatch(text); m != nil {
		return usagef(hint, "%s must be %s, not %s", m[2], kindOf(c, m[3]), m[1])
	}
	return usagef(hint, "%w", err)
}

// noOption is an error with the option that was most likely meant, if one was.
func noOption(c *cli.Context, name string) error {
	hint := fmt.Sprintf("see adferry %s for the options", helpFor(c))
	var names []string
	if c.Command != nil {
		for _, f := range c.Command.Flags {
			names = append(names, f.Names()[0])
		}
	}
	switch near := plan.Suggest(name, names); {
	case slices.Contains([]string{"token", "access-token", "access_token", "app-secret", "app_secret"}, name):
		hint = "no option takes a secret: set ADFERRY_ACCESS_TOKEN and ADFERRY_APP_SECRET, or name a file with --token-file FILE"
	case near != "":
		hint = fmt.Sprintf("did you mean --%s? %s", near, hint)
	}
	return usagef(hint, "unknown option --%s", name)
}

// kindOf says what an option takes.
func kindOf(c *cli.Context, name string) string {
	switch findFlag(c.Command, name).(type) {
	case *cli.BoolFlag:
		return "true or false"
	case *cli.DurationFlag:
		return "a time with its unit, such as 30s, 5m or 2h"
	case *cli.IntFlag, *cli.Uint64Flag:
		return "a whole number"
	}
	return "another value"
}

func helpFor(c *cli.Context) string {
	if c.Command != nil && c.Command.Name != "" && c.Command.Name != c.App.Name {
		return c.Command.Name + " --help"
	}
	return "--help"
}
