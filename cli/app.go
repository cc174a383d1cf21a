package cli

import (
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"adferry/plan"
)

// newApp builds the command tree. Nothing in it exits the process.
func newApp(s *streams) *cli.App {
	app := &cli.App{
		Name:      "adferry",
		Usage:     "move ad images between Meta ad accounts in bulk",
		UsageText: "adferry COMMAND [OPTIONS] [ARGUMENTS]",
		Version:   version(),
		Description: "The access token comes from ADFERRY_ACCESS_TOKEN or --token-file FILE (- is standard input),\n" +
			"the app secret from ADFERRY_APP_SECRET. Every option has an environment variable ADFERRY_<OPTION>.",
		Reader:               s.in,
		Writer:               s.out,
		ErrWriter:            s.err,
		HideHelpCommand:      true,
		Flags:                []cli.Flag{cli.HelpFlag}, // the library adds none beside a help command that is not its own
		EnableBashCompletion: true,
		// A file may have a comma in its name.
		DisableSliceFlagSeparator: true,
		ExitErrHandler:            func(*cli.Context, error) {},
		OnUsageError:              onUsageError,
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return noCommand(c, c.Args().First())
			}
			return cli.ShowAppHelp(c)
		},
		Commands: []*cli.Command{
			planCommand(s), runCommand(s), resumeCommand(s), retryCommand(s), statusCommand(s), verifyCommand(s), undoCommand(s), reportCommand(s),
			listCommand(s), cleanupCommand(s), pauseCommand(s), unpauseCommand(s), tuneCommand(s), sandboxCommand(s),
			helpCommand(),
		},
	}
	for _, c := range app.Commands {
		c.OnUsageError = onUsageError
		c.HideHelpCommand = true
	}
	return app
}

// helpCommand takes the place of the CLI library's own, which ends with an exit
// code of its own for a topic that it does not know.
func helpCommand() *cli.Command {
	return &cli.Command{
		Name: "help", Usage: "show the help of a command, or this one", ArgsUsage: "[COMMAND]",
		Action: func(c *cli.Context) error {
			if !c.Args().Present() {
				return cli.ShowAppHelp(c)
			}
			topic, err := argument(c, "COMMAND")
			if err != nil {
				return err
			}
			if c.App.Command(topic) == nil {
				return noCommand(c, topic)
			}
			return cli.ShowCommandHelp(c, topic)
		},
	}
}

// noCommand is an error with the command that was most likely meant, or else all.
func noCommand(c *cli.Context, name string) error {
	var names []string
	for _, command := range c.App.Commands {
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
// swallow the next option.
func reorder(app *cli.App, args []string) ([]string, error) {
	out := []string{app.Name}
	if slices.Contains(args, completionFlag) {
		return append(out, args...), nil
	}
	for i, arg := range args {
		if isHelp(arg) {
			return append(append(out, "help"), args[i+1:]...), nil
		}
		if strings.HasPrefix(arg, "-") {
			out = append(out, arg)
			continue
		}
		c := app.Command(arg)
		if c == nil {
			return append(out, args[i:]...), nil
		}
		options, operands, err := split(c, args[i+1:])
		if err != nil {
			return nil, err
		}
		out = append(append(out, arg), options...)
		if len(operands) > 0 {
			out = append(append(out, "--"), operands...)
		}
		return out, nil
	}
	return out, nil
}

// completionFlag is what a shell puts last to have a line completed, which may
// well lack a value.
const completionFlag = "--generate-bash-completion"

// isHelp reports whether an option asks for help. The CLI library would look for
// the help of whatever else is on the line.
func isHelp(arg string) bool {
	return strings.HasPrefix(arg, "-") && slices.Contains(cli.HelpFlag.Names(), strings.TrimLeft(arg, "-"))
}

// split separates a command's options, each with its value, from its operands. One
// that asks for help is the only one that counts.
func split(c *cli.Command, args []string) (options, operands []string, err error) {
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			return options, append(operands, args...), nil
		case arg == "-" || !strings.HasPrefix(arg, "-"):
			operands = append(operands, arg)
		case isHelp(arg):
			return []string{arg}, nil, nil
		default:
			options = append(options, arg)
			if !takesValue(c, arg) {
				continue
			}
			if len(args) == 0 || strings.HasPrefix(args[0], "--") {
				return nil, nil, withoutValue(strings.TrimLeft(arg, "-"))
			}
			options = append(options, args[0])
			args = args[1:]
		}
	}
	return options, operands, nil
}

func withoutValue(name string) error {
	return usagef(fmt.Sprintf("write --%s VALUE, or --%s=VALUE if it begins with --", name, name), "--%s needs a value", name)
}

func takesValue(c *cli.Command, arg string) bool {
	name := strings.TrimLeft(arg, "-")
	if strings.Contains(name, "=") {
		return false
	}
	for _, f := range c.Flags {
		for _, n := range f.Names() {
			if n == name {
				_, isBool := f.(*cli.BoolFlag)
				return !isBool
			}
		}
	}
	return false
}

// version is the module version that the binary was built from.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "development"
}
