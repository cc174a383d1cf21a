package cli

import "github.com/urfave/cli/v2"

// helpCommand takes the place of the CLI library's own, which ends with an exit
// code of its own for a topic that it does not know. --help of a command comes here, too.
func helpCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "help", Usage: "show the help of a command, or all commands", ArgsUsage: "[COMMAND]",
		Action: func(c *cli.Context) error {
			if !c.Args().Present() {
				return s.print(describe(c.App).Help())
			}
			topic, err := argument(c, "COMMAND")
			if err != nil {
				return err
			}
			text, ok := describe(c.App).CommandHelp(topic)
			if !ok {
				return noCommand(c, topic)
			}
			return s.print(text)
		},
	}
}

func manCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "man", Usage: "print the manual page, adferry(1)",
		Description: "The page has the help of all commands, in the format of man(7).",
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			return s.print(describe(c.App).Man())
		},
	}
}

func versionCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "version", Usage: "show the version, its commit and date; also --version",
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			return s.print(build().Text(c.App.Name))
		},
	}
}
