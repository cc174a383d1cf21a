package cli

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"adferry/cli/manual"
	"adferry/graph/sandbox"
	"adferry/reports"
)

// describe gives the command tree to package manual, which makes help, the manual page and
// completions of it.
func describe(app *cli.App) manual.Program {
	b := build()
	p := manual.Program{
		Name: app.Name, Usage: app.Usage, About: app.Description,
		Groups: groups, Version: b.Version, Date: b.Day(),
	}
	for code, meaning := range reports.ExitMeanings {
		p.Exits = append(p.Exits, manual.Exit{Code: code, Meaning: meaning})
	}
	for _, c := range app.VisibleCommands() {
		p.Commands = append(p.Commands, describeCommand(c))
	}
	return p
}

func describeCommand(c *cli.Command) manual.Command {
	d := manual.Command{
		Name: c.Name, Usage: c.Usage, Arguments: c.ArgsUsage, About: c.Description,
		Group: c.Category, Examples: examples[c.Name],
	}
	for _, f := range c.VisibleFlags() {
		d.Options = append(d.Options, describeOption(f.(cli.DocGenerationFlag)))
	}
	if c.Name == "sandbox" {
		d.Lists = faultLists()
	}
	return d
}

// faultLists has the faults of the sandbox, by what they strike.
func faultLists() []manual.List {
	var lists []manual.List
	for _, f := range sandbox.Faults() {
		i := slices.IndexFunc(lists, func(l manual.List) bool { return l.Heading == f.Heading })
		if i < 0 {
			lists = append(lists, manual.List{Heading: f.Heading})
			i = len(lists) - 1
		}
		lists[i].Words = append(lists[i].Words, manual.Word{Text: f.Name, About: f.Effect})
	}
	return lists
}

func describeOption(f cli.DocGenerationFlag) manual.Option {
	name := f.Names()[0]
	o := manual.Option{Name: name, Usage: f.GetUsage(), Group: groupOf[name], Default: defaultOf(f)}
	if rest, marked := strings.CutPrefix(o.Usage, "`"); marked {
		o.Value, o.Usage, _ = strings.Cut(rest, "`")
	}
	switch f.(type) {
	case *cli.IntFlag, *cli.Uint64Flag:
		o.Value = "N"
	case *cli.DurationFlag:
		o.Value = "TIME"
	case *cli.StringSliceFlag:
		o.Repeats = true
	}
	return o
}

// defaultOf is an option's default in words, or "" if it is empty, zero or no.
func defaultOf(f cli.DocGenerationFlag) string {
	text := strings.Trim(f.GetDefaultText(), `"`)
	if minutes, ok := strings.CutSuffix(text, "m0s"); ok {
		text = minutes + "m"
	}
	switch text {
	case "0", "0s", "false":
		return ""
	}
	return text
}
