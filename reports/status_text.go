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
	textAccounts = 40          // lines of the accounts table
	recent       = time.Minute // over which status measures the rate

	momentFormat = "2 Jan 15:04:05 MST"
)

// TextOptions says what Text adds to the totals.
type TextOptions struct {
	Dir      string        // the job's folder: with it, Text ends with the commands to go on
	Now      time.Time     // for waits, told in its location; zero leaves out how long they last
	Accounts bool          // a line for each ad account
	Samples  []jobs.Sample // the job's history: for the recent rate; without it the average
}

// Text tells a person in a few lines how a job stands.
func Text(s jobs.Summary, o TextOptions) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", outcome(s))
	statusTable(&b, s)
	if vs := verbs(s); len(vs) > 0 {
		b.WriteByte('\n')
		operationTable(&b, vs)
	}
	b.WriteByte('\n')
	work(&b, s, o)
	if o.Accounts && len(s.Accounts) > 0 {
		b.WriteByte('\n')
		accountTable(&b, s, o)
	}
	if next := steps(s, o.Dir); o.Dir != "" && len(next) > 0 {
		b.WriteByte('\n')
		for i, n := range next {
			b.WriteString(pick(i == 0, "next  ", "      ") + n.Command + "\n        " + n.Why + "\n")
		}
	}
	return b.String()
}

// statusTable writes a line for each status, the reasons of its rows below.
func statusTable(b *strings.Builder, s jobs.Summary) {
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
	t.write(b)
}

func unknownNote(class string, state jobs.JobState) string {
	switch {
	case class != "unknown":
		return ""
	case state.Held():
		return "sent, and not answered yet"
	}
	return "sent, and the answer was lost: resume reads what became of them"
}

func operationTable(b *strings.Builder, vs []rowsOf) {
	t := newTable(1, 2, 3, 4, 5)
	t.add("operation", "rows", "done", "skipped", "failed", "left")
	for _, v := range vs {
		t.add(v.Name, count(v.Rows), count(v.Done), count(v.Skipped), count(v.Failed), count(v.Left))
	}
	t.write(b)
}

// work tells what was sent and how fast.
func work(b *strings.Builder, s jobs.Summary, o TextOptions) {
	t := newTable()
	if s.Policy != "" {
		t.add("policy", s.Policy)
	}
	t.add("sent", fmt.Sprintf("%s in %s, %s throttled", Counted(s.API.Calls, "call", "calls"),
		Counted(s.API.HTTPRequests, "request", "requests"), count(s.API.Throttled)))
	took := seconds(s.ElapsedS)
	if s.WaitedS > 0 {
		took += ", " + seconds(s.WaitedS) + " of it waiting for limits or the network"
	}
	t.add("time", took)
	if s.PausedAt != nil {
		t.add("paused", "since "+s.PausedAt.In(o.Now.Location()).Format(momentFormat))
	}
	if tuned := s.Tuned.String(); tuned != "" {
		t.add("tuned", tuned)
	}
	rate := rowRate(s, o.Samples)
	left := s.Totals.Pending + s.Totals.Unknown
	if rate > 0 {
		text := pace(rate, "rows")
		if s.State == jobs.JobRunning && left > 0 {
			text += ", about " + seconds(float64(left)/rate) + " left"
		}
		t.add("rate", text)
	}
	t.write(b)
}

// rowRate is in rows a second: of late while the job runs and its samples are
// known, else on average. Samples count operations, of which a move has two, so
// they are scaled.
func rowRate(s jobs.Summary, samples []jobs.Sample) float64 {
	settled := float64(s.Totals.Settled())
	if s.State == jobs.JobRunning && len(samples) > 1 {
		last := samples[len(samples)-1]
		first := samples[0]
		for _, p := range samples {
			if last.At.Sub(p.At) >= recent {
				first = p
			}
		}
		if d := last.At.Sub(first.At).Seconds(); d > 0 && last.Settled > first.Settled {
			return float64(last.Settled-first.Settled) / d * settled / float64(last.Settled)
		}
	}
	if s.ElapsedS <= 0 {
		return 0
	}
	return settled / s.ElapsedS
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
	t := newTable(1, 2, 3, 4, 5, 6, 7, 8)
	t.add("ad account", "rows", "done", "skipped", "failed", "left", "calls", "throttled", "waited", "tier", "")
	for _, l := range ls[:min(len(ls), textAccounts)] {
		t.add(accountName(l.Account), count(l.Rows), count(l.Done), count(l.Skipped), count(l.Failed), count(l.Pending+l.Unknown),
			count(l.Calls), count(l.Throttles), seconds(l.ParkedS), tierName(l.Tier), waitNote(l.AccountSummary, o.Now))
	}
	t.write(b)
	if more := len(ls) - textAccounts; more > 0 {
		fmt.Fprintf(b, "... and %s; --json lists them all\n", Counted(more, "more ad account", "more ad accounts"))
	}
}

// clip cuts a text that a table has no room for.
func clip(s string, runes int) string {
	if r := []rune(s); len(r) > runes {
		return strings.TrimSpace(string(r[:runes-3])) + "..."
	}
	return s
}

// waitNote says until when and why an account waits.
func waitNote(a jobs.AccountSummary, now time.Time) string {
	if a.ParkedUntil == nil {
		return ""
	}
	return "waits " + waitText(*a.ParkedUntil, clip(OneLine(a.ParkedFor), 60), now)
}

func waitText(until time.Time, why string, now time.Time) string {
	note := "until " + until.In(now.Location()).Format(momentFormat)
	if left := until.Sub(now); !now.IsZero() && left > 0 {
		note += " (" + span(left) + ")"
	}
	if why = OneLine(why); why != "" {
		note += ": " + why
	}
	return note
}

func pick[T any](first bool, a, b T) T {
	if first {
		return a
	}
	return b
}
