package reports

import (
	"fmt"
	"time"

	"adferry/jobs"
	"adferry/plan"
)

// What lies before a job, in words: the same ones in the live view, in its lines, in
// status and on the page.

// timeLeft is how much time is left at a moment, such as "about 15m 10s left"; empty where
// that is not known, or where standsStill tells it.
func timeLeft(o jobs.Outlook, now time.Time) string {
	left, known := leftAt(o, now)
	if !known || o.Standstill != nil {
		return ""
	}
	return "about " + spanLeft(left) + " left"
}

// leftAt is the time left at a moment after the outlook's.
func leftAt(o jobs.Outlook, now time.Time) (left time.Duration, known bool) {
	left, known = o.Left()
	return max(0, left-max(0, now.Sub(o.At))), known
}

// moves reports whether a process runs the job, and something of it is not held up.
func moves(s jobs.Summary) bool {
	return s.State.Held() && s.PausedAt == nil && s.NetworkDownSince == nil && s.Standstill == nil && s.Totals.Settled() < s.Totals.Rows
}

// spanLeft is a span as exact as a forecast is worth, and not so exact that it flickers.
func spanLeft(d time.Duration) string {
	step := time.Second
	switch {
	case d >= 10*time.Minute:
		step = 10 * time.Second
	case d >= time.Minute:
		step = 5 * time.Second
	}
	return span(max(d.Round(step), time.Second))
}

// holdUp says what keeps the job, or a part of it, from going on at a moment; empty if
// nothing does. The command that ends a pause has the job's place, which may be empty.
func holdUp(s jobs.Summary, o jobs.Outlook, p Place, now time.Time) string {
	switch {
	case s.PausedAt != nil:
		return "paused since " + clock(*s.PausedAt, now) + "; go on with " + p.Command("unpause")
	case o.NetworkDownSince != nil:
		return unreachable(o, now)
	case o.Standstill != nil:
		return standsStill(o, now)
	case len(o.Waits) == 0:
		return ""
	}
	first := o.Waits[0]
	for _, w := range o.Waits {
		if w.Until.Before(first.Until) {
			first = w
		}
	}
	if len(o.Waits) == 1 {
		return waiter(first.Account) + " waits until " + clock(first.Until, now) + waitsFor(first)
	}
	return fmt.Sprintf("%d ad accounts wait, %s until %s%s", len(o.Waits), waiter(first.Account), clock(first.Until, now), waitsFor(first))
}

// unreachable says since when the API cannot be reached, when it is tried again, and why.
func unreachable(o jobs.Outlook, now time.Time) string {
	text := "the API has been unreachable since " + clock(*o.NetworkDownSince, now)
	again, why := "; trying again", ""
	for _, w := range o.Waits {
		if w.Account != "" {
			continue
		}
		if w.Until.After(now) {
			again = "; next try at " + clock(w.Until, now)
		}
		if w.Reason != "" {
			why = ": " + OneLine(w.Reason)
		}
	}
	return text + again + why
}

// standsStill says until when everything waits, for what, and how long it takes then.
func standsStill(o jobs.Outlook, now time.Time) string {
	w := *o.Standstill
	text := "waits until " + clock(w.Until, now)
	if w.Imposed {
		text += " for Meta's limit on " + waiter(w.Account)
	} else {
		text += " for " + waiter(w.Account)
		if w.Reason != "" {
			text += ": " + OneLine(w.Reason)
		}
	}
	if more := len(o.Waits) - 1; more > 0 {
		text += fmt.Sprintf(" (%s)", Counted(more, "more ad account waits", "more ad accounts wait"))
	}
	if left, known := o.Left(); known {
		if then := left - w.Until.Sub(o.At); then > 0 {
			text += "; then about " + spanLeft(then)
		}
	}
	return text
}

// waitsFor is why something waits, behind a statement that it does.
func waitsFor(w jobs.Wait) string {
	switch {
	case w.Imposed:
		return " for Meta's limit"
	case w.Reason != "":
		return ", because " + OneLine(w.Reason)
	}
	return ""
}

// waiter names an ad account in a sentence, or the app under "".
func waiter(a plan.Account) string {
	if a == "" {
		return "the app"
	}
	return a.Act()
}

// clock is a moment in the zone of now; with its day if that is another one.
func clock(t, now time.Time) string {
	t = t.In(now.Location())
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.Format(time.TimeOnly)
	}
	return t.Format("2 Jan 15:04")
}
