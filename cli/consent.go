package cli

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"adferry/jobs"
	"adferry/plan"
)

// agree lets a plan pass that deletes nothing, or as much as was agreed to; what
// tells of its deletions.
func agree(c *cli.Context, s *streams, p *plan.Plan, limit jobs.Share, what func(*plan.Plan) string) error {
	deletes := p.Counts().Deletes
	if deletes == 0 {
		return nil
	}
	if err := within(limit, deletes, p.Rows); err != nil {
		return err
	}
	return confirm(c, s, what(p))
}

// confirm lets deletions pass that were agreed to beforehand, or are now at the
// terminal. what says which.
func confirm(c *cli.Context, s *streams, what string) error {
	if c.Bool("yes") {
		return nil
	}
	in, ok := s.in.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return &guardError{what: what, hint: "--yes agrees to that; nothing was sent"}
	}
	warning := "Deleted images cannot be brought back"
	if dir := c.String("backup"); dir != "" {
		warning = "Each is kept in " + dir + " before it is deleted"
	}
	fmt.Fprintf(s.err, "%s.\n%s. Type yes to go on: ", what, warning)
	answer, err := bufio.NewReader(io.LimitReader(in, 1024)).ReadString('\n')
	if err != nil && err != io.EOF || strings.TrimSpace(strings.ToLower(answer)) != "yes" {
		return &guardError{what: "the deletions were not confirmed", hint: "nothing was sent"}
	}
	return nil
}

// within holds a job's deletions against what --max-delete allows.
func within(limit jobs.Share, deletes, rows int) error {
	if most := limit.Of(rows); limit.Set && deletes > most {
		return &guardError{
			what: fmt.Sprintf("the manifest deletes %s, and --max-delete allows %d", count(deletes, "image"), most),
			hint: "check the manifest; nothing was sent",
		}
	}
	return nil
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
