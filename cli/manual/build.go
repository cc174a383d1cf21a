package manual

import (
	"fmt"
	"strings"
	"time"
)

// Build is what a binary was built from.
type Build struct {
	Version  string
	Commit   string    // "" if the build did not know it
	Date     time.Time // of the commit; zero without one
	Modified bool      // the checkout had changes that are in no commit
	Go       string
	Platform string // os/arch
}

// Text says it in lines of a name and a value, the version first.
func (b Build) Text(program string) string {
	var text strings.Builder
	line := func(name, value string) { fmt.Fprintf(&text, "%-8s %s\n", name, value) }
	line(program, b.Version)
	switch {
	case b.Commit == "":
		line("commit", "not known to this build")
	case b.Modified:
		line("commit", b.Commit+", with changes that are not committed")
	default:
		line("commit", b.Commit)
	}
	if !b.Date.IsZero() {
		line("date", b.Date.UTC().Format(time.RFC3339))
	}
	line("go", b.Go+" "+b.Platform)
	return text.String()
}

// Day is the date of the commit as year-month-day, or "".
func (b Build) Day() string {
	if b.Date.IsZero() {
		return ""
	}
	return b.Date.UTC().Format(time.DateOnly)
}
