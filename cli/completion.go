package cli

import (
	"github.com/urfave/cli/v2"

	"adferry/cli/manual"
)

func completionCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "completion", Usage: "print the script that completes adferry's lines in a shell", ArgsUsage: "SHELL",
		Description: "SHELL is bash, zsh or fish. The script asks the adferry of the line what fits, so it need not be renewed with a new version. " +
			"It says in its first lines where it goes.",
		Action: func(c *cli.Context) error {
			shell, err := argument(c, "SHELL")
			if err != nil {
				return err
			}
			script, err := describe(c.App).Script(shell)
			if err != nil {
				return usagef("", "SHELL %w", err)
			}
			return s.print(script)
		},
	}
}

// completeCommand answers the scripts of completion.
func completeCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: manual.CompleteCommand, Hidden: true, SkipFlagParsing: true,
		Action: func(c *cli.Context) error {
			return s.print(describe(c.App).Complete(c.Args().Slice()).String())
		},
	}
}
