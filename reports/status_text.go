package reports

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"adferry/jobs"
	"adferry/plan"
)

const (
	textAccounts = 40 // lines of the accounts table, and waits
	textWidth    = 80 // of texts and tables, on wider terminals, too
)

// TextOptions says what Text adds to the totals.
type TextOptions struct {
	Place    Place     // of the job: with it, Text ends with the commands to go on
	Now      time.Time // for waits and the time left; moments are told in its location
	Accounts bool      // a line for each ad account, and for each wait
	Written  bool      // the reports are written: Text ends with where they are
	Watched  bool      // it is shown again and again
	Width    int       // of the terminal; 0: it is none, or wide enough
}

// width is how wide a text may be.
func (o TextOptions) width() int {
	if o.Width <= 0 {
		return textWidth
	}
	return min(o.Width, textWidth)
}

// Text tells a person in a few lines how a job stands.
func Text(s jobs.Summary, o TextOptions) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", wrap(outcome(s), o.width()))
	statusTable(&b, s, o)
	if vs := verbs(s); len(vs) > 0 {
		b.WriteByte('\n')
		operationTable(&b, vs, o)
	}
	b.WriteByte('\n')
	work(&b, s, o)
	if o.Accounts && len(s.Accounts) > 0 {
		b.WriteByte('\n')
		accountTable(&b, s, o)
		waitLines(&b, s, o)
	}
	if len(s.Lanes) > 0 {
		b.WriteByte('\n')
		laneTable(&b, s, o)
	}
	if o.Written {
		b.WriteByte('\n')
		reportLines(&b, s, o.Place)
	}
	if next := steps(s, o.Place); !o.Place.IsZero() && len(next) > 0 && !(o.Watched && s.State == jobs.JobRunning) {
		b.WriteByte('\n')
		for i, n := range next {
			b.WriteString(pick(i == 0, "next  ", "      ") + n.Command + "\n")
			for line := range strings.SplitSeq(wrap(n.Why, o.width()-8), "\n") {
				b.WriteString("        " + line + "\n")
			}
		}
	}
	return b.String()
}

// statusTable writes a line for each status, the reasons of its rows below.
func statusTable(b *strings.Builder, s jobs.Summary, o TextOptions) {
	reasons := slices.SortedFunc(maps.Keys(s.Reasons), func(x, y jobs.Reason) int {
		return cmp.Or(cmp.Compare(s.Reasons[y], s.Reasons[x]), cmp.Compare(x, y))
	})
	t := newTable(1)
	for _, f := range figures(s.Totals) {
		if f.Rows == 0 && f.Class != "done" && f.Class != "failed" {
			continue
		}
		t.add(f.Label, count(f.Rows), unknownNote(f.Class, s.State))
		for _, r := range reasons {
			if s.Reasons[r] > 0 && string(r.Status()) == f.Class {
				t.add("  "+string(r), count(s.Reasons[r]), CauseOf(r).Short)
			}
		}
	}
	t.fit(o.width(), 3).write(b)
}

func unknownNote(class string, state jobs.JobState) string {
	switch {
	case class != "unknown":
		return ""
	case state.Held():
		return "sent, and not confirmed yet"
	}
	return "sent, and not confirmed; resume reads them first"
}

func operationTable(b *strings.Builder, vs []rowsOf, o TextOptions) {
	t := newTable(1, 2, 3, 4, 5)
	t.add("operation", "rows", "done", "skipped", "failed", "left")
	for _, v := range vs {
		t.add(v.Name, count(v.Rows), count(v.Done), count(v.Skipped), count(v.Failed), count(v.Left))
	}
	t.fit(o.width(), 5).write(b)
}

// work tells what was sent and how fast.
func work(b *strings.Builder, s jobs.Summary, o TextOptions) {
	t := newTable()
	if s.Sandbox {
		t.add("rehearsal", rehearsed(s))
	}
	if s.Policy != "" {
		t.add("policy", s.Policy)
	}
	t.add("sent", fmt.Sprintf("%s in %s, %s throttled", Counted(s.API.Calls, "call", "calls"),
		Counted(s.API.HTTPRequests, "request", "requests"), count(s.API.Throttled)))
	took := seconds(s.ElapsedS)
	if s.WaitedS > 0 {
		took += ", " + seconds(s.WaitedS) + pick(s.State.Held() && !moves(s), " of it in earlier waits", " of it waiting") + " for limits or the network"
	}
	t.add("time", took)
	if tuned := s.Tuned.String(); tuned != "" {
		t.add("tuned", tuned)
	}
	if rate := rowRate(s); rate != "" {
		t.add("rate", rate)
	}
	if s.State.Held() && s.Totals.Settled() < s.Totals.Rows {
		if left := timeLeft(s.Outlook, o.Now); left != "" {
			t.add("left", strings.TrimSuffix(left, " left"))
		}
	}
	if now := holdUpText(s, o); now != "" {
		t.add("now", now)
	}
	t.fit(o.width(), 2).write(b)
}

// holdUpText says what holds the job up, or would hold up a resume.
func holdUpText(s jobs.Summary, o TextOptions) string {
	switch {
	case s.State.Held():
		return holdUp(s, s.Outlook, o.Place, o.Now)
	case s.PausedAt != nil && s.Totals.Settled() < s.Totals.Rows:
		return "paused since " + clock(*s.PausedAt, o.Now)
	case s.AtStop.Standstill != nil && s.AtStop.Standstill.Until.After(o.Now):
		return "a resume " + standsStill(s.AtStop, o.Now)
	}
	return ""
}

// rowRate is how fast the job goes, while it does, or went on average; empty if that is not
// known.
func rowRate(s jobs.Summary) string {
	switch {
	case s.State.Held() && s.RowsPerS > 0 && moves(s):
		return pace(s.RowsPerS, "rows")
	case !s.State.Held() && s.ElapsedS > 0 && s.Totals.Settled() > 0:
		return pace(float64(s.Totals.Settled())/s.ElapsedS, "rows") + " on average"
	}
	return ""
}

// accountTable writes the ad accounts: who waits first, then who has most to do.
func accountTable(b *strings.Builder, s jobs.Summary, o TextOptions) {
	type line struct {
		plan.Account
		jobs.AccountSummary
	}
	var ls []line
	for a, sum := range s.Accounts {
		ls = append(ls, line{a, sum})
	}
	slices.SortFunc(ls, func(x, y line) int {
		waits := func(l line) int { return pick(l.ParkedUntil != nil, 1, 0) }
		left := func(l line) int { return l.Pending + l.Unknown }
		return cmp.Or(cmp.Compare(waits(y), waits(x)), cmp.Compare(left(y), left(x)),
			cmp.Compare(y.Rows, x.Rows), cmp.Compare(x.Account, y.Account))
	})
	t := newTable(1, 2, 3, 4, 5, 6)
	t.add("ad account", "rows", "done", "skipped", "failed", "left", "waited", "tier")
	for _, l := range ls[:min(len(ls), textAccounts)] {
		t.add(accountName(l.Account), count(l.Rows), count(l.Done), count(l.Skipped), count(l.Failed), count(l.Pending+l.Unknown),
			seconds(l.ParkedS), tierName(l.Tier))
	}
	t.fit(o.width(), 6).write(b)
	moreAccounts(b, len(ls)-textAccounts)
}

// waitLines writes who waits, until when and why.
func waitLines(b *strings.Builder, s jobs.Summary, o TextOptions) {
	waits := s.Waits
	if !s.State.Held() {
		waits = slices.DeleteFunc(slices.Clone(s.AtStop.Waits), func(w jobs.Wait) bool { return !w.Until.After(o.Now) })
	}
	if s.NetworkDownSince != nil { // that of all is the next try, which was told
		waits = slices.DeleteFunc(slices.Clone(waits), func(w jobs.Wait) bool { return w.Account == "" })
	}
	told := map[plan.Account]bool{} // in the table of workers
	for _, l := range s.Lanes {
		told[l.Account] = l.Waits != ""
	}
	waits = slices.DeleteFunc(slices.Clone(waits), func(w jobs.Wait) bool { return told[w.Account] })
	if len(waits) == 0 {
		return
	}
	b.WriteByte('\n')
	for _, w := range waits[:min(len(waits), textAccounts)] {
		text := waiter(w.Account) + " waits until " + clock(w.Until, o.Now)
		if left := w.Until.Sub(o.Now); left > 0 {
			text += " (" + span(left.Round(time.Second)) + ")"
		}
		if why := OneLine(w.Reason); why != "" {
			text += ": " + why
		}
		for i, line := range strings.Split(wrap(text, o.width()-2), "\n") {
			b.WriteString(pick(i == 0, "", "  ") + line + "\n")
		}
	}
	moreAccounts(b, len(waits)-textAccounts)
}

// reportLines name the reports that people read.
func reportLines(b *strings.Builder, s jobs.Summary, p Place) {
	t := newTable()
	t.add("report", OneLine(p.File(pageName)))
	if s.Totals.Failed > 0 {
		t.add("failed", OneLine(p.File(failedName)))
	}
	t.write(b)
}

func pick[T any](first bool, a, b T) T {
	if first {
		return a
	}
	return b
}
