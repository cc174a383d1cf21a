package reports

import (
	"io"
	"os"

	"golang.org/x/term"
)

// ProgressMode is how progress is shown.
type ProgressMode string

// The modes. The zero ProgressMode is taken for ProgressAuto.
const (
	ProgressAuto  ProgressMode = "auto"  // a bar on a terminal, else plain
	ProgressBar   ProgressMode = "bar"   // a bar, redrawn in place; on what is no terminal, plain
	ProgressPlain ProgressMode = "plain" // a line now and then
	ProgressJSON  ProgressMode = "json"  // the same as objects
	ProgressNone  ProgressMode = "none"  // nothing
)

// on settles what a mode comes to for a writer.
func (m ProgressMode) on(w io.Writer) ProgressMode {
	switch m {
	case "", ProgressAuto, ProgressBar:
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

// Width is that of a terminal, in characters; 0 if it is none.
func Width(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// ClearScreen clears a terminal, so that what comes next takes the place of what was there.
// To anything else it does nothing.
func ClearScreen(w io.Writer) {
	if isTerminal(w) {
		_, _ = io.WriteString(w, "\x1b[H\x1b[2J")
	}
}
