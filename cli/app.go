package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"adferry/plan"
)

// newApp builds the command tree. Nothing in it exits the process. Help, completion and
// the version are package manual's: the library's own help is wider than a terminal, knows
// no examples and has each option's variable in its line, its completion needs a package of
// bash's and reads os.Args, and all of them write past our streams' errors.
func newApp(s *streams) *cli.App {
	app := &cli.App{
		Name:  "adferry",
		Usage: "move ad images between Meta ad accounts in bulk",
		Description: "The access token comes from ADFERRY_ACCESS_TOKEN or --token-file FILE (- is standard input), " +
			"the app secret from ADFERRY_APP_SECRET. Options work before and after the arguments.",
		Reader:          s.in,
		Writer:          s.out,
		ErrWriter:       s.err,
		HideHelp:        true,
		HideHelpCommand: true,
		HideVersion:     true,
		// A file may have a comma in its name.
		DisableSliceFlagSeparator: true,
		ExitErrHandler:            func(*cli.Context, error) {},
		OnUsageError:              onUsageError,
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return noCommand(c, c.Args().First())
			}
			return s.print(describe(c.App).Help())
		},
		Commands: slices.Concat(
			under("Prepare", planCommand(s), manifestCommand(s), listCommand(s)),
			under("Run", runCommand(s), resumeCommand(s), retryCommand(s)),
			under("Watch and steer", statusCommand(s), pauseCommand(s), unpauseCommand(s), tuneCommand(s)),
			under("Afterwards", reportCommand(s), verifyCommand(s), creativesCommand(s), undoCommand(s)),
			under("Clean up", cleanupCommand(s)),
			under("In a database", submitCommand(s), workerCommand(s), jobsCommand(s), migrateCommand(s)),
			under("Rehearse", sandboxCommand(s)),
			under("About adferry", helpCommand(s), completionCommand(s), manCommand(s), versionCommand(s), completeCommand(s)),
		),
	}
	for _, c := range app.Commands {
		c.OnUsageError = onUsageError
		c.HideHelp = true
	}
	return app
}

// under puts commands under a heading of the help.
func under(heading string, commands ...*cli.Command) []*cli.Command {
	for _, c := range commands {
		c.Category = heading
	}
	return commands
}

// noCommand is an error with the command that was most likely meant, or else all.
func noCommand(c *cli.Context, name string) error {
	var names []string
	for _, command := range c.App.VisibleCommands() {
		names = append(names, command.Name)
	}
	hint := "the commands are " + strings.Join(names, ", ")
	if near := plan.Suggest(name, names); near != "" {
		hint = "did you mean " + near + "? " + hint
	}
	return usagef(hint, "unknown command %s", shown(name))
}

// reorder puts a command's options before its arguments: the flag package
// behind the CLI library stops at the first argument, and would silently ignore
// a --dry-run behind it. An option that lacks its value is an error, because it would
// swallow the next option. What asks for help or the version becomes that command.
func reorder(app *cli.App, args []string) ([]string, error) {
	out := []string{app.Name}
	for i, arg := range args {
		switch {
		case isHelp(arg):
			return append(append(out, "help"), args[i+1:]...), nil
		case arg == "--version" || arg == "-v":
			return append(out, "version"), nil
		case strings.HasPrefix(arg, "-"):
			out = append(out, arg)
			continue
		}
		c := app.Command(arg)
		if c == nil || c.SkipFlagParsing {
			return append(out, args[i:]...), nil
		}
		options, operands, help, err := split(c, args[i+1:])
		switch {
		case err != nil:
			return nil, err
		case help:
			return append(out, "help", c.Name), nil
		}
		out = append(append(out, arg), options...)
		if len(operands) > 0 {
			out = append(append(out, "--"), operands...)
		}
		return out, nil
	}
	return out, nil
}

// isHelp reports whether an option asks for help.
func isHelp(arg string) bool {
	return strings.HasPrefix(arg, "-") && slices.Contains(cli.HelpFlag.Names(), strings.TrimLeft(arg, "-"))
}

// split separates a command's options, each with its value, from its operands. If
// one asks for help, nothing else counts.
func split(c *cli.Command, args []string) (options, operands []string, help bool, err error) {
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			return options, append(operands, args...), false, nil
		case arg == "-" || !strings.HasPrefix(arg, "-"):
			operands = append(operands, arg)
		case isHelp(arg):
			return nil, nil, true, nil
		default:
			options = append(options, arg)
			if !takesValue(c, arg) {
				continue
			}
			if len(args) == 0 || strings.HasPrefix(args[0], "--") {
				return nil, nil, false, withoutValue(strings.TrimLeft(arg, "-"))
			}
			options = append(options, args[0])
			args = args[1:]
		}
	}
	return options, operands, false, nil
}

func withoutValue(name string) error {
	return usagef(fmt.Sprintf("write --%s VALUE, or --%s=VALUE if it begins with --", name, name), "--%s needs a value", name)
}

func takesValue(c *cli.Command, arg string) bool {
	name := strings.TrimLeft(arg, "-")
	if strings.Contains(name, "=") {
		return false
	}
	f, documented := findFlag(c, name).(cli.DocGenerationFlag)
	return documented && f.TakesValue()
}
