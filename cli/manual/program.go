package manual

import (
	"slices"
	"strings"
)

// Program describes a command line.
type Program struct {
	Name     string
	Usage    string   // what it does, on a line
	About    string   // more of that; see Command.About
	Groups   []string // the headings of options, in the order that help shows them in
	Commands []Command
	Exits    []Exit
	Version  string
	Date     string // of the version, as year-month-day, or ""
}

// Command describes a command.
type Command struct {
	Name      string
	Usage     string // what it does, on a line
	Arguments string // MANIFEST, DIR, ACCOUNT..., SHELL
	// About is more of what it does: paragraphs, between empty lines. A line that begins
	// with two spaces stands as it is.
	About    string
	Group    string // its heading in the list of commands
	Examples []Example
	Options  []Option
	Lists    []List // below the options: words that one of them takes
}

// Option describes an option.
type Option struct {
	Name    string // without dashes
	Value   string // FILE, N, or words to choose from: wait|stop; "" if it takes no value
	Usage   string
	Default string // as the help shows it, or ""
	Group   string // its heading, or "" for a command that has few options
	Repeats bool   // it may be given several times
}

// Example is a command line that works as it stands, and what it does.
type Example struct{ Line, Does string }

// Word is a word, and what it is.
type Word struct{ Text, About string }

// List is words with what each means.
type List struct {
	Heading string
	Words   []Word
}

// Exit is an exit code.
type Exit struct {
	Code    int
	Meaning string
}

// command finds a command by its name.
func (p Program) command(name string) (Command, bool) {
	i := slices.IndexFunc(p.Commands, func(c Command) bool { return c.Name == name })
	if i < 0 {
		return Command{}, false
	}
	return p.Commands[i], true
}

// option finds an option by how it is written.
func (c Command) option(word string) (Option, bool) {
	name := strings.TrimLeft(word, "-")
	i := slices.IndexFunc(c.Options, func(o Option) bool { return o.Name == name })
	if i < 0 || name == word {
		return Option{}, false
	}
	return c.Options[i], true
}

// written is how the option is shown.
func (o Option) written() string {
	if o.Value == "" {
		return "--" + o.Name
	}
	return "--" + o.Name + " " + o.Value
}

// does says what the option does, with its default.
func (o Option) does() string {
	if o.Default == "" {
		return o.Usage
	}
	return o.Usage + " (default: " + o.Default + ")"
}

// choices are the words that a value or an argument has to be one of, if it is such.
func choices(value string) []string {
	if !strings.Contains(value, "|") || strings.ToLower(value) != value {
		return nil
	}
	return strings.Split(value, "|")
}

// inGroups gives things by their headings, in the order of the headings; those of another
// heading come first.
func inGroups[T any](all []T, order []string, heading func(T) string) []group[T] {
	var groups []group[T]
	for _, one := range all {
		name := heading(one)
		i := slices.IndexFunc(groups, func(g group[T]) bool { return g.heading == name })
		if i < 0 {
			groups = append(groups, group[T]{heading: name})
			i = len(groups) - 1
		}
		groups[i].members = append(groups[i].members, one)
	}
	slices.SortStableFunc(groups, func(a, b group[T]) int {
		return slices.Index(order, a.heading) - slices.Index(order, b.heading)
	})
	return groups
}

type group[T any] struct {
	heading string
	members []T
}
