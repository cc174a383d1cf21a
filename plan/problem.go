package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxProblems bounds the memory that a hopeless manifest takes.
const maxProblems = 100_000

// A Problem is one thing to mend in a manifest.
type Problem struct {
	Line   int    // where the cell starts; the record, if it is about no cell
	Column string // as the header spells it; empty if it is about no cell
	Value  string // what the cell holds, cut after 80 bytes
	What   string
	Hint   string // what to do; may be empty
}

// String is one line: line 12, hash "abc": what; hint.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString("line ")
	b.WriteString(strconv.Itoa(p.Line))
	if p.Column != "" {
		b.WriteString(", ")
		b.WriteString(plain(p.Column))
	}
	if p.Value != "" {
		b.WriteByte(' ')
		b.WriteString(quote(p.Value))
	}
	b.WriteString(": ")
	b.WriteString(p.What)
	if p.Hint != "" {
		b.WriteString("; ")
		b.WriteString(p.Hint)
	}
	return b.String()
}

// ProblemsError says that the manifest is bad, and everything that is wrong
// with it.
type ProblemsError struct {
	Problems []Problem // sorted by line, at most 100,000
	More     int       // how many are not kept
}

// Error is a summary with the first problem.
func (e *ProblemsError) Error() string {
	if len(e.Problems) == 0 {
		return "the manifest has problems"
	}
	first := e.Problems[0].String()
	if n := len(e.Problems) + e.More; n > 1 {
		return fmt.Sprintf("the manifest has %d problems, the first: %s", n, first)
	}
	return "the manifest has a problem: " + first
}

// problems collects. It keeps what comes first, which is what is nearest to the
// top of the file, save for contradictions between rows.
type problems struct {
	kept []Problem
	more int
}

func (ps *problems) add(p Problem) {
	if len(ps.kept) >= maxProblems {
		ps.more++
		return
	}
	p.Column, p.Value = clip(p.Column), clip(p.Value)
	ps.kept = append(ps.kept, p)
}

// addFirst adds one that is kept however many came before it.
func (ps *problems) addFirst(p Problem) {
	if len(ps.kept) < maxProblems {
		ps.add(p)
		return
	}
	ps.kept = append([]Problem{p}, ps.kept[:maxProblems-1]...)
	ps.more++
}

func (ps *problems) any() bool { return len(ps.kept) > 0 }

func (ps *problems) err() error {
	if !ps.any() {
		return nil
	}
	slices.SortStableFunc(ps.kept, func(a, b Problem) int { return a.Line - b.Line })
	return &ProblemsError{Problems: ps.kept, More: ps.more}
}

// plain quotes a column name of the user's that would blur the line.
func plain(name string) string {
	if strings.ContainsAny(name, `",:;`) || name != strings.TrimSpace(name) || !printable(name) {
		return quote(name)
	}
	return name
}

// quote leaves a value as it is between quotes, so that people recognise it, unless
// it would do things to a terminal.
func quote(s string) string {
	if printable(s) {
		return `"` + s + `"`
	}
	return strconv.Quote(s)
}

func printable(s string) bool {
	for _, r := range s {
		if !strconv.IsPrint(r) {
			return false
		}
	}
	return utf8.ValidString(s)
}

// listLines spells line numbers: 3, 7 and 9.
func listLines(lines []int) string {
	const most = 10
	var b strings.Builder
	for i, line := range lines {
		switch {
		case i == most:
			fmt.Fprintf(&b, " and %d more", len(lines)-most)
			return b.String()
		case i == 0:
		case i == len(lines)-1:
			b.WriteString(" and ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(strconv.Itoa(line))
	}
	return b.String()
}
