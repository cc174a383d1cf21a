package reports

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Mode is how progress is shown.
type Mode uint8

// The modes. The zero Mode is taken for ProgressAuto.
const (
	ModeUnknown   Mode = iota
	ProgressAuto       // a bar on a terminal, else plain
	ProgressBar        // a bar, redrawn in place; on what is no terminal, plain
	ProgressPlain      // a line now and then
	ProgressJSON       // the same as objects
	ProgressNone       // nothing
)

var modeNames = [...]string{"unknown", "auto", "bar", "plain", "json", "none"}

// ParseMode reads a mode's name.
func ParseMode(s string) (Mode, error) {
	for i, name := range modeNames[1:] {
		if s == name {
			return Mode(i + 1), nil
		}
	}
	return ModeUnknown, fmt.Errorf("%q is no way to show progress: use one of %s", s, strings.Join(modeNames[1:], ", "))
}

func (m Mode) String() string {
	if int(m) < len(modeNames) {
		return modeNames[m]
	}
	return modeNames[0]
}

// MarshalText writes the mode's name.
func (m Mode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads a mode's name.
func (m *Mode) UnmarshalText(b []byte) (err error) {
	*m, err = ParseMode(string(b))
	return err
}

// on settles what a mode comes to for a writer.
func (m Mode) on(w io.Writer) Mode {
	switch m {
	case ModeUnknown, ProgressAuto, ProgressBar:
		if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
			return ProgressBar
		}
		return ProgressPlain
	}
	return m
}
