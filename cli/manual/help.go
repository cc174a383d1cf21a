package manual

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Help is the help of the program: its commands by what they are for.
func (p Program) Help() string {
	var b strings.Builder
	b.WriteString(sentence(p.Name, p.Usage))
	fmt.Fprintf(&b, "\nUsage:\n  %s COMMAND [OPTIONS] [ARGUMENTS]\n", p.Name)
	for _, g := range inGroups(p.Commands, nil, func(c Command) string { return c.Group }) {
		fmt.Fprintf(&b, "\n%s:\n", g.heading)
		for _, c := range g.members {
			entry(&b, strings.TrimSpace(c.Name+" "+c.Arguments), c.Usage, commandColumn)
		}
	}
	b.WriteString("\nExit codes:\n")
	for _, e := range p.Exits {
		entry(&b, fmt.Sprint(e.Code), e.Meaning, exitColumn)
	}
	about(&b, p.About)
	fmt.Fprintf(&b, "\n%s COMMAND --help shows the options of a command, with examples.\n", p.Name)
	return b.String()
}

// The columns in which what a command, an exit code, an option or a word means begins.
const (
	commandColumn = 24
	exitColumn    = 5
	optionColumn  = 27
	listColumn    = 18
)

// CommandHelp is the help of a command; ok is false if there is no such command.
func (p Program) CommandHelp(name string) (text string, ok bool) {
	c, ok := p.command(name)
	if !ok {
		return "", false
	}
	var b strings.Builder
	b.WriteString(sentence(p.Name+" "+c.Name, c.Usage))
	fmt.Fprintf(&b, "\nUsage:\n  %s\n", p.synopsis(c))
	about(&b, c.About)
	if len(c.Examples) > 0 {
		b.WriteString("\nExamples:\n")
	}
	for _, e := range c.Examples {
		for _, line := range wrapped(e.Does, 4) {
			fmt.Fprintf(&b, "  # %s\n", line)
		}
		fmt.Fprintf(&b, "  %s\n", e.Line)
	}
	for _, g := range inGroups(c.Options, p.Groups, func(o Option) string { return o.Group }) {
		heading := g.heading
		if heading == "" {
			heading = "Options"
		}
		fmt.Fprintf(&b, "\n%s:\n", heading)
		for _, o := range g.members {
			entry(&b, o.written(), o.does(), optionColumn)
		}
	}
	for _, l := range c.Lists {
		fmt.Fprintf(&b, "\n%s:\n", l.Heading)
		for _, w := range l.Words {
			entry(&b, w.Text, w.About, listColumn)
		}
	}
	b.WriteString("\n")
	for _, line := range wrapped(p.conventions(c), 0) {
		b.WriteString(line + "\n")
	}
	return b.String(), true
}

// conventions says what holds for all options of a command.
func (p Program) conventions(c Command) string {
	if len(c.Options) == 0 {
		return fmt.Sprintf("%s --help shows all commands.", p.Name)
	}
	o := c.Options[0]
	text := fmt.Sprintf("Each option has an environment variable: --%s is %s.", o.Name, variable(p.Name, o.Name))
	for _, o := range c.Options {
		if o.Value == timeValue {
			return text + " A " + timeValue + " has a unit, such as 30s, 5m or 2h."
		}
	}
	return text
}

// timeValue stands for a time in the place of an option's value.
const timeValue = "TIME"

// variable is the environment variable of an option.
func variable(program, option string) string {
	return strings.ToUpper(program + "_" + strings.ReplaceAll(option, "-", "_"))
}

func (p Program) synopsis(c Command) string {
	line := p.Name + " " + c.Name
	if c.Arguments != "" {
		line += " " + c.Arguments
	}
	if len(c.Options) > 0 {
		line += " [OPTIONS]"
	}
	return line
}

// sentence is a first line: who, and what it does.
func sentence(name, usage string) string {
	return strings.Join(wrapped(name+" - "+usage, 0), "\n") + "\n"
}

// about writes paragraphs, each below an empty line.
func about(b *strings.Builder, text string) {
	verbatim := false
	for _, p := range paragraphs(text) {
		if !verbatim || !asItIs(p) {
			b.WriteString("\n")
		}
		if verbatim = asItIs(p); verbatim {
			b.WriteString(p + "\n")
			continue
		}
		for _, line := range wrapped(p, 0) {
			b.WriteString(line + "\n")
		}
	}
}

// entry writes a name, and what it means beside it, or below a name that is too long.
func entry(b *strings.Builder, name, meaning string, column int) {
	line := "  " + name
	for _, text := range wrapped(meaning, column) {
		if used := utf8.RuneCountInString(line); used+2 > column && strings.TrimSpace(line) != "" {
			b.WriteString(line + "\n")
			line = ""
		}
		b.WriteString(line + strings.Repeat(" ", column-utf8.RuneCountInString(line)) + text + "\n")
		line = ""
	}
	if line != "" {
		b.WriteString(line + "\n")
	}
}
