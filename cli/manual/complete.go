package manual

import (
	"slices"
	"strings"
)

// CompleteCommand is the hidden command that a shell's script runs; its arguments are those
// of [Program.Complete].
const CompleteCommand = "__complete"

// Completion is what can stand in the place of the last word of a line.
type Completion struct {
	Words []Word
	Paths Paths // what fits besides
}

// Paths says which paths fit.
type Paths string

// The kinds of paths.
const (
	NoPaths Paths = ":nothing"
	Files   Paths = ":files"
	Folders Paths = ":folders"
)

// String is the answer to a shell's script; the package comment has its form.
func (c Completion) String() string {
	var b strings.Builder
	for _, w := range c.Words {
		b.WriteString(w.Text + "\t" + w.About + "\n")
	}
	return b.String() + string(c.Paths) + "\n"
}

// Complete says what can stand in the place of the last of the words, which are a line
// without the program's name. Bash makes three words of --option=value: then the value
// alone is to be completed.
func (p Program) Complete(words []string) Completion {
	if len(words) == 0 {
		words = []string{""}
	}
	words, split := joined(words)
	last := words[len(words)-1]
	at := slices.IndexFunc(words[:len(words)-1], func(w string) bool { return !strings.HasPrefix(w, "-") })
	if at < 0 {
		return p.commandsOrHelp(last)
	}
	c, ok := p.command(words[at])
	if !ok {
		return Completion{Paths: NoPaths}
	}
	line := readLine(c, words[at+1:len(words)-1])
	name, value, assigned := strings.Cut(last, "=")
	switch o, known := c.option(name); {
	case line.open != nil:
		return fitting(line.open.Value, "", last)
	case line.ended || !strings.HasPrefix(last, "-"):
		return p.argument(c, line.arguments, last)
	case assigned && known && split:
		return fitting(o.Value, "", value)
	case assigned && known:
		return fitting(o.Value, name+"=", value)
	case assigned:
		return Completion{Paths: NoPaths}
	}
	return c.optionsBut(line.given, last)
}

// joined puts --option, = and value together again. split tells that the last word was
// made so.
func joined(words []string) (all []string, split bool) {
	for i, w := range words {
		last := len(all) - 1
		switch {
		case w == "=" && last >= 0 && strings.HasPrefix(all[last], "--"):
			all[last] += "="
			split = i == len(words)-1
		case last >= 0 && i > 0 && words[i-1] == "=" && strings.HasSuffix(all[last], "="):
			all[last] += w
			split = i == len(words)-1
		default:
			all = append(all, w)
		}
	}
	return all, split
}

// lineSoFar is what stands before the word to complete.
type lineSoFar struct {
	given     []string // options
	open      *Option  // the last word is an option that lacks its value
	arguments int
	ended     bool // by --: what follows are arguments
}

func readLine(c Command, words []string) (l lineSoFar) {
	for _, w := range words {
		switch {
		case l.open != nil:
			l.open = nil
		case l.ended || !strings.HasPrefix(w, "-") || w == "-":
			l.arguments++
		case w == "--":
			l.ended = true
		default:
			name, _, assigned := strings.Cut(w, "=")
			o, known := c.option(name)
			if known && !o.Repeats {
				l.given = append(l.given, o.Name)
			}
			if known && o.Value != "" && !assigned {
				l.open = &o
			}
		}
	}
	return l
}

func (p Program) commandsOrHelp(prefix string) Completion {
	found := Completion{Paths: NoPaths}
	for _, c := range p.Commands {
		found.add(c.Name, c.Usage, prefix)
	}
	if strings.HasPrefix(prefix, "-") {
		found.add("--help", "show the commands", prefix)
		found.add("--version", "show the version", prefix)
	}
	return found
}

func (c Command) optionsBut(given []string, prefix string) Completion {
	found := Completion{Paths: NoPaths}
	for _, o := range c.Options {
		if !slices.Contains(given, o.Name) {
			found.add("--"+o.Name, o.does(), prefix)
		}
	}
	found.add("--help", "show the help of "+c.Name, prefix)
	return found
}

// argument completes the argument that stands behind so many others.
func (p Program) argument(c Command, behind int, prefix string) Completion {
	kinds := strings.Fields(c.Arguments)
	switch {
	case len(kinds) > 0 && strings.HasSuffix(kinds[len(kinds)-1], "..."):
		return fitting(strings.TrimSuffix(kinds[min(behind, len(kinds)-1)], "..."), "", prefix)
	case behind >= len(kinds):
		return Completion{Paths: NoPaths}
	case kinds[behind] == "[COMMAND]":
		found := Completion{Paths: NoPaths}
		for _, other := range p.Commands {
			found.add(other.Name, other.Usage, prefix)
		}
		return found
	}
	return fitting(kinds[behind], "", prefix)
}

// fitting completes a value or an argument by its kind, behind what stands before it in
// the same word.
func fitting(kind, before, prefix string) Completion {
	found := Completion{Paths: NoPaths}
	switch kind {
	case "SHELL":
		kind = Shells
	case "FILE", "MANIFEST":
		found.Paths = Files
	case "DIR", "ROOT":
		found.Paths = Folders
	}
	for _, word := range choices(kind) {
		found.add(before+word, "", before+prefix)
	}
	return found
}

func (c *Completion) add(text, about, prefix string) {
	if strings.HasPrefix(text, prefix) {
		c.Words = append(c.Words, Word{text, about})
	}
}
