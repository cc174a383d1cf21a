package reports

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"adferry/jobs"
)

// pageFiles are the files that lie beside the page.
var pageFiles = []fact{
	{resultsName, "one row for each manifest row, with its outcome"},
	{failedName, "the failed rows and why: a manifest to run again"},
	{mappingName, "the hash of each image in its target, to re-point ad creatives with"},
	{summaryName, "these totals, for scripts"},
}

// figures are the parts of the whole, in the order of the bar.
func figures(t jobs.Totals) []figure {
	fs := []figure{
		{Class: "done", Label: "done", Rows: t.Done},
		{Class: "skipped", Label: "skipped", Rows: t.Skipped},
		{Class: "failed", Label: "failed", Rows: t.Failed},
		{Class: "unknown", Label: "unknown", Rows: t.Unknown},
		{Class: "pending", Label: "pending", Rows: t.Pending},
	}
	before := 0
	for i := range fs {
		whole := float64(max(t.Rows, 1))
		fs[i].X, fs[i].Width = toPct(float64(before)/whole), toPct(float64(fs[i].Rows)/whole)
		before += fs[i].Rows
	}
	return fs
}

// unknownText says what it means that rows are unknown; empty if none are.
func unknownText(s jobs.Summary) string {
	if s.Totals.Unknown == 0 {
		return ""
	}
	return "Unknown: " + unknownNote("unknown", s.State) + "."
}

func facts(s jobs.Summary) []fact {
	var fs []fact
	add := func(name, value string) {
		if value != "" {
			fs = append(fs, fact{name, value})
		}
	}
	add("manifest", s.Manifest.Path)
	add("policy", s.Policy)
	add("rows", count(s.Manifest.Rows))
	add("started", moment(s.StartedAt))
	add("finished", moment(s.FinishedAt))
	add("running time", seconds(s.ElapsedS))
	if s.WaitedS > 0 {
		add("of it, waiting", seconds(s.WaitedS))
	}
	add("left when it stopped", leftAtStop(s))
	add("API calls", count(s.API.Calls)+" in "+Counted(s.API.HTTPRequests, "request", "requests"))
	add("throttled", Counted(s.API.Throttled, "call", "calls"))
	if s.ExitCode != nil {
		add("exit code", strconv.Itoa(*s.ExitCode))
	}
	add("manifest SHA-256", s.Manifest.SHA256)
	return fs
}

// leftAtStop says what lay before the job when it stopped.
func leftAtStop(s jobs.Summary) string {
	if s.State.Held() || s.Totals.Settled() == s.Totals.Rows {
		return ""
	}
	at := s.AtStop.At.UTC()
	if held := holdUp(s, s.AtStop, Place{}, at); held != "" {
		return held
	}
	return strings.TrimSuffix(timeLeft(s.AtStop, at), " left")
}

func moment(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.UTC().Format("2 January 2006, 15:04:05 UTC")
}

// verbs are the rows by operation, where there is more than one.
func verbs(s jobs.Summary) []rowsOf {
	if len(s.Operations) < 2 {
		return nil
	}
	var vs []rowsOf
	for name, t := range s.Operations {
		vs = append(vs, newRowsOf(name, t))
	}
	slices.SortFunc(vs, func(a, b rowsOf) int { return cmp.Compare(a.Name, b.Name) })
	return vs
}

func newRowsOf(name string, t jobs.Totals) rowsOf {
	return rowsOf{Name: name, Left: t.Pending + t.Unknown, Totals: t}
}

// accounts are the ad accounts of the page's table, those with failures and open rows
// first, and how many more there are.
func accounts(s jobs.Summary) (shown []accountView, more int) {
	for account, a := range s.Accounts {
		shown = append(shown, accountView{newRowsOf(accountName(account), a.Totals),
			a.Calls, a.Throttles, seconds(a.ParkedS), tierName(a.Tier)})
	}
	slices.SortFunc(shown, func(a, b accountView) int {
		return cmp.Or(cmp.Compare(b.Failed, a.Failed), cmp.Compare(b.Left, a.Left),
			cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Name, b.Name))
	})
	if len(shown) > maxAccounts {
		return shown[:maxAccounts], len(shown) - maxAccounts
	}
	return shown, 0
}

// tierName leaves out what the API has not told.
func tierName(tier string) string {
	if tier == "unknown" {
		return ""
	}
	return tier
}
