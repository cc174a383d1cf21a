package reports

import (
	"fmt"
	"strings"

	"adferry/jobs"
)

// step is a command to go on with.
type step struct {
	Command string
	Why     string
}

// steps says how to go on with a job.
func steps(s jobs.Summary, p Place) []step {
	left := s.Totals.Pending + s.Totals.Unknown
	var next []step
	switch {
	case s.State == jobs.JobPaused:
		return []step{{p.Command("unpause"), "the job is paused, and its process waits"}}
	case s.State == jobs.JobRunning:
		return []step{{p.Command("status") + " --watch", "the job is running; this shows how far it is"}}
	case left > 0:
		if s.PausedAt != nil {
			next = append(next, step{p.Command("unpause"), "the job is paused: nothing is sent until then"})
		}
		next = append(next, step{p.Command("resume"), resumeWhy(s, left)})
	}
	if s.Totals.Failed > 0 {
		next = append(next, step{p.Command("retry"),
			fmt.Sprintf("fix the cause, then this tries the %s again", Counted(s.Totals.Failed, "failed row", "failed rows"))})
	}
	return next
}

func resumeWhy(s jobs.Summary, left int) string {
	why := fmt.Sprintf("goes on with the %s that %s left", Counted(left, "row", "rows"), pick(left == 1, "is", "are"))
	if s.ExitCode == nil {
		return why
	}
	if first := beforeResume(*s.ExitCode); first != "" {
		why += "; " + first
	}
	return why
}

// outcome tells in one sentence how the job stands.
func outcome(s jobs.Summary) string {
	t := s.Totals
	left := t.Pending + t.Unknown
	switch {
	case s.State == jobs.JobPaused:
		return fmt.Sprintf("Paused: %s.", ended(t))
	case s.State == jobs.JobRunning:
		return fmt.Sprintf("Running: %s.", ended(t))
	case left > 0:
		stop := ""
		if s.Stop != "" {
			stop = " Why: " + strings.TrimSuffix(OneLine(s.Stop), ".") + "."
		}
		if t.Settled() == 0 && s.API.Calls == 0 {
			return fmt.Sprintf("Not started: %s to do.%s", Counted(left, "row", "rows"), stop)
		}
		return fmt.Sprintf("Stopped early: %s.%s", ended(t), stop)
	case t.Failed > 0:
		return fmt.Sprintf("Finished: %s of %s ended as wanted, and %s failed.",
			count(t.Done+t.Skipped), Counted(t.Rows, "row", "rows"), count(t.Failed))
	case t.Skipped == t.Rows:
		return fmt.Sprintf("Finished: nothing to do for %s.", Counted(t.Rows, "row", "rows"))
	}
	return fmt.Sprintf("Finished: %s ended as wanted.", Counted(t.Rows, "row", "rows"))
}

// ended says how many rows have ended, as done, skipped or failed, and how many are left.
func ended(t jobs.Totals) string {
	failed := ""
	if t.Failed > 0 {
		failed = fmt.Sprintf(" (%s failed)", count(t.Failed))
	}
	return fmt.Sprintf("%s of %s ended%s, %s left", count(t.Settled()), Counted(t.Rows, "row", "rows"), failed, count(t.Pending+t.Unknown))
}

// rehearsed says of a rehearsal that it was one; empty for a job at Meta.
func rehearsed(s jobs.Summary) string {
	return pick(s.Sandbox, "on the sandbox: nothing was sent to Meta", "")
}

func failedToo(t jobs.Totals) string {
	if t.Failed == 0 {
		return ""
	}
	return fmt.Sprintf(", %s failed", count(t.Failed))
}
