package cli

import (
	"slices"

	"github.com/urfave/cli/v2"

	"adferry/jobs/preflight"
	"adferry/jobs/quota"
	"adferry/reports"
)

func planCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "plan", Usage: "check a manifest and print what would run; sends no write, ever", ArgsUsage: "MANIFEST",
		Flags: append([]cli.Flag{
			boolFlag("json", "print the plan as JSON"),
			boolFlag("check", "ask the API, too: what is there already, missing, in use (reads only)"),
		}, planFlags()...),
		Action: func(c *cli.Context) error {
			path, err := argument(c, "MANIFEST")
			if err != nil {
				return err
			}
			if !c.Bool("check") {
				rules, err := rulesOf(c)
				if err != nil {
					return err
				}
				return printPlan(connectionOf(c), s, path, rules, c.Bool("sandbox"), c.Bool("json"))
			}
			o, err := runOptionsOf(c)
			if err != nil {
				return err
			}
			return checkPlan(c.Context, o, s, path, c.Bool("json"))
		},
	}
}

// planFlags are those of run, so that plan takes its place in a call; but no job goes
// on that could be watched.
func planFlags() []cli.Flag {
	return slices.DeleteFunc(runFlags(), func(f cli.Flag) bool { return f.Names()[0] == "metrics" })
}

func printPlan(o connection, s *streams, path string, rules quota.Rules, sandboxed, asJSON bool) error {
	m, err := o.openManifest(s, path)
	if err != nil {
		return err
	}
	defer m.close()
	defer keepLittleGarbage()() // also while the plan is added up
	p, err := m.readFor(sandboxed, nil)
	if err != nil {
		return showProblems(s, err)
	}
	if err := o.checkCredentials(sandboxed, accountsOfPlan(p)); err != nil {
		return err
	}
	return reports.NewPlan(m.name, p, preflight.Predict(p, rules.Share)).Write(s.out, asJSON)
}
