package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxProblems bounds the memory for the problems of one manifest.
const maxProblems = 100_000

// A Problem is one thing to fix in a manifest.
type Problem struct {
	Line   int    // on which the cell starts, or the record if no cell is meant
	Column string // as the header spells it; empty if no cell is meant
	Value  string // what the cell holds, cut after 80 bytes
	What   string
	Hint   string // what to do; may be empty
}

// String returns one line, such as
//
//	line 12, hash "abc": not an image hash: it has 3 hex digits, not 32; copy the whole hash
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString("line ")
	b.WriteString(strconv.Itoa(p.Line))
	if p.Column != "" {
		b.WriteString(", ")
		b.WriteString(quoteIfNeeded(p.Column))
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

// A ProblemsError has all that is wrong with a manifest.
type ProblemsError struct {
	Problems []Problem // sorted by line, at most 100,000
	More     int       // problems beyond those
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

// problems collects up to maxProblems. Rows come in file order, so those nearest to the
// top of the file are kept.
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

// addFirst adds a problem of the whole file, which is kept even if there are too many.
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

// quoteIfNeeded quotes a column name that would make the line ambiguous.
func quoteIfNeeded(name string) string {
	if strings.ContainsAny(name, `",:;`) || name != strings.TrimSpace(name) || !printable(name) {
		return quote(name)
	}
	return name
}

// quote puts a value in quotes, without escapes so that people recognise it, unless it
// has characters that could control a terminal.
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

// listLines joins line numbers: 3, 7 and 9. It names at most ten.
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
