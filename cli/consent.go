package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"adferry/jobs"
	"adferry/plan"
	"adferry/reports"
)

// checkDeletions lets a plan pass that deletes nothing, or as much as was agreed to; what
// tells of its deletions. review makes pictures of them before anybody is asked, and
// returns where they are; it may be nil.
func (o consent) checkDeletions(ctx context.Context, s *streams, p *plan.Plan, limit jobs.Limit, what func(*plan.Plan) string, review func() (string, error)) error {
	deletes := p.Counts().Deletes
	if deletes == 0 {
		return nil
	}
	if err := checkMaxDelete(limit, deletes, p.Rows); err != nil {
		return err
	}
	if err := o.checkAnswerable(s, what(p)); err != nil {
		return err
	}
	path := ""
	if review != nil {
		var err error
		if path, err = review(); err != nil {
			return err
		}
	}
	return o.askConsent(ctx, s, what(p), path)
}

// checkAnswerable refuses deletions that were not agreed to beforehand where nobody can be
// asked.
func (o consent) checkAnswerable(s *streams, what string) error {
	if in, ok := s.in.(*os.File); o.given || ok && term.IsTerminal(int(in.Fd())) {
		return nil
	}
	return &guardError{what: what, hint: "to agree, add --yes; nothing was sent"}
}

// askConsent lets deletions pass that were agreed to beforehand, or are now at the
// terminal. what says which, and review is the page with their pictures, or "".
func (o consent) askConsent(ctx context.Context, s *streams, what, review string) error {
	if err := o.checkAnswerable(s, what); o.given || err != nil {
		return err
	}
	fmt.Fprint(s.err, reports.AskConsent(what, o.backup, review))
	ctx, release := untilSignal(ctx)
	defer release()
	answers := make(chan string, 1)
	go func() { // reading a terminal cannot be ended; with its answer, or with the process, this does
		answer, err := bufio.NewReader(io.LimitReader(s.in, 1024)).ReadString('\n')
		if err != nil && err != io.EOF {
			answer = ""
		}
		answers <- answer
	}()
	answer := ""
	select {
	case answer = <-answers:
	case <-ctx.Done(): // Ctrl-C is a no: what was made for the job goes
		fmt.Fprintln(s.err)
	}
	if strings.TrimSpace(strings.ToLower(answer)) != "yes" {
		return &guardError{what: "the deletions were not confirmed", hint: "nothing was sent"}
	}
	return nil
}

// checkMaxDelete holds a job's deletions against what --max-delete allows.
func checkMaxDelete(limit jobs.Limit, deletes, rows int) error {
	if limit.Exceeded(deletes, rows) {
		return &guardError{
			what: fmt.Sprintf("the manifest deletes %s, and --max-delete allows %d", reports.Counted(deletes, "image", "images"), limit.Of(rows)),
			hint: "check the manifest; nothing was sent",
		}
	}
	return nil
}
