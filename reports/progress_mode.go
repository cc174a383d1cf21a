package reports

import (
	"io"
	"os"

	"golang.org/x/term"
)

// ProgressMode is how progress is shown.
type ProgressMode uint8

// The modes. The zero ProgressMode is taken for ProgressAuto.
const (
	ProgressUnknown ProgressMode = iota
	ProgressAuto                 // a bar on a terminal, else plain
	ProgressBar                  // a bar, redrawn in place; on what is no terminal, plain
	ProgressPlain                // a line now and then
	ProgressJSON                 // the same as objects
	ProgressNone                 // nothing
)

var progressModes = [...]string{"unknown", "auto", "bar", "plain", "json", "none"}

// ParseProgressMode reads a mode's name. Its error lacks a subject: the option's name.
func ParseProgressMode(s string) (ProgressMode, error) {
	for i, name := range progressModes[1:] {
		if s == name {
			return ProgressMode(i + 1), nil
		}
	}
	return ProgressUnknown, notOneOf(progressModes[1:], s)
}

func (m ProgressMode) String() string {
	if int(m) < len(progressModes) {
		return progressModes[m]
	}
	return progressModes[0]
}

// MarshalText writes the mode's name.
func (m ProgressMode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads a mode's name.
func (m *ProgressMode) UnmarshalText(b []byte) (err error) {
	*m, err = ParseProgressMode(string(b))
	return err
}

// on settles what a mode comes to for a writer.
func (m ProgressMode) on(w io.Writer) ProgressMode {
	switch m {
	case ProgressUnknown, ProgressAuto, ProgressBar:
		if isTerminal(w) {
			return ProgressBar
		}
		return ProgressPlain
	}
	return m
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// ClearScreen clears a terminal, so that what comes next takes the place of what was there.
// To anything else it does nothing.
func ClearScreen(w io.Writer) {
	if isTerminal(w) {
		_, _ = io.WriteString(w, "\x1b[H\x1b[2J")
	}
}
