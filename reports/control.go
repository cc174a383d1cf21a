package reports

import (
	"fmt"
	"time"

	"adferry/jobs"
)

// A job that was paused, unpaused or tuned, in a line for the person who did it.

// Clock is a moment for people, in their zone.
func Clock(t time.Time) string { return t.Local().Format("2 Jan 15:04:05 MST") }

// A Runner is who carries out a job that was paused, unpaused or tuned.
type Runner int

const (
	NoRunner    Runner = iota // no process does now
	RunsNow                   // a process does
	NoneNeeded                // nothing is left to do
	WorkersWait               // no process has it open, and workers of its database will take part in it
)

// Paused says that the job is paused now.
func Paused(p Place, r Runner) string {
	then := [...]string{
		NoRunner:    "no process runs it now, and the next one will wait",
		RunsNow:     "it stops sending within a second; requests in flight may end",
		NoneNeeded:  "it is finished, and a retry would wait",
		WorkersWait: "workers take no part in it",
	}[r]
	return fmt.Sprintf("%s is paused: %s; go on with %s", p, then, p.Command("unpause"))
}

// AlreadyPaused says that a job was paused before.
func AlreadyPaused(p Place, since time.Time) string {
	return fmt.Sprintf("%s has been paused already, since %s", p, Clock(since))
}

// StartsPaused says to a process that its job is paused.
func StartsPaused(p Place, since time.Time) string {
	return fmt.Sprintf("%s has been paused since %s: nothing is sent until %s", p, Clock(since), p.Command("unpause"))
}

// StartsTuned says to a process how its job was tuned.
func StartsTuned(t jobs.Tuning) string { return fmt.Sprintf("uses %s, as set with adferry tune", t) }

// Steered says what people changed while a process ran their job, a line for each change.
func Steered(p Place, before, now jobs.Steering) (lines []string) {
	switch {
	case now.Paused && !before.Paused:
		lines = append(lines, "paused; go on with "+p.Command("unpause"))
	case before.Paused && !now.Paused:
		lines = append(lines, "unpaused")
	}
	if now.Workers != before.Workers || now.MaxRate != before.MaxRate {
		lines = append(lines, "tuned: "+jobs.Tuning{Workers: &now.Workers, MaxRate: &now.MaxRate}.String())
	}
	return lines
}

// Unpaused says that a job goes on.
func Unpaused(p Place, r Runner) string {
	switch r {
	case RunsNow:
		return p.String() + " goes on"
	case NoneNeeded:
		return p.String() + " is no longer paused; it is finished"
	case WorkersWait:
		return p.String() + " is no longer paused; workers go on with it within seconds"
	}
	return fmt.Sprintf("%s is no longer paused; no process runs it now, go on with %s", p, p.Command("resume"))
}

// NotPaused says that there was no pause to end.
func NotPaused(p Place) string { return p.String() + " is not paused" }

// Tuned says how a job will be paced.
func Tuned(p Place, t jobs.Tuning, r Runner) string {
	when := [...]string{
		NoRunner:    "no process runs it now, and the next one will do so",
		RunsNow:     "takes effect within a second",
		NoneNeeded:  "it is finished, and a retry would do so",
		WorkersWait: "takes effect when a worker takes part in it",
	}[r]
	return fmt.Sprintf("%s will use %s; %s", p, t, when)
}

// Left says how many rows a resume or a retry would go on with.
func Left(rows int) string {
	return fmt.Sprintf("dry run: %s left to do; nothing was sent", Counted(rows, "row", "rows"))
}

// StoppedAtOnce says that a process ends without waiting for its requests in flight; a
// process without a place only read.
func StoppedAtOnce(p Place) string {
	if p.IsZero() {
		return "stopped at once; nothing was changed"
	}
	return fmt.Sprintf("stopped at once, and nothing is lost; its reports are older: %s brings them up to date, %s goes on",
		p.Command("report"), p.Command("resume"))
}

// EndLine says in one line what is wrong with how a run ended, and where to read on: in a
// report, or by status where written says that the reports could not be written.
func EndLine(s jobs.Summary, p Place, written bool) string {
	t := s.Totals
	what, report := fmt.Sprintf("%s failed", Counted(t.Failed, "row", "rows")), failedName
	if left := t.Pending + t.Unknown; left > 0 {
		what, report = fmt.Sprintf("stopped early, %s left%s", Counted(left, "row", "rows"), failedToo(t)), pageName
	}
	if !written {
		return fmt.Sprintf("%s; %s shows them", what, p.Command("status"))
	}
	return fmt.Sprintf("%s; see %s", what, OneLine(p.File(report)))
}
