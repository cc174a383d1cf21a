package reports

import (
	"cmp"
	_ "embed"
	"html/template"
	"io"
	"slices"
	"time"

	"adferry/jobs"
	"adferry/plan"
)

// maxAccounts are in the page's table, those with failures and open rows first.
const maxAccounts = 100

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New(pageName).Funcs(template.FuncMap{
	"count": count[int],
	"codes": codes,
	"act":   actOf,
	"clean": OneLine,
	"base":  func() template.CSS { return template.CSS(baseStyle) },
}).Parse(pageText))

// page is what report.html shows.
type page struct {
	Job       string
	Class     string // class of the outcome: done, failed, pending or skipped
	Outcome   string
	Rehearsed string // empty if it was at Meta
	Figures   []figure
	Unknown   string // what it means that rows are unknown, if any are
	Steps     []step
	Facts     []fact
	Chart     *progressChart
	Waits     *waitChart
	Causes    []causeView
	Noted     []causeView // of rows that ended as wanted
	Failed    []jobs.Result
	FailedOf  int
	Verbs     []rowsOf
	Flows     []flowView
	MoreFlow  int // pairs of accounts that are not in the table
	Accounts  []accountView
	More      int // accounts that are not in the table
	Files     []fact
}

// figure is a number of rows and its part of the bar.
type figure struct {
	Class, Label string
	Rows         int
	X, Width     pct
}

type fact struct{ Name, Value string }

type causeView struct {
	Reason   jobs.Reason
	Rows     int
	Share    pct
	Examples []example
	Cause
}

type rowsOf struct {
	Name string
	Left int
	jobs.Totals
}

type accountView struct {
	rowsOf
	Calls, Throttles int
	Parked, Tier     string
}

func newPage(place Place, s jobs.Summary, f *failures, samples []jobs.Sample, parks []jobs.Park) page {
	axis := axisOf(s, samples, parks)
	p := page{
		Job: s.Job, Class: outcomeClass(s), Outcome: outcome(s), Rehearsed: rehearsed(s), Figures: figures(s.Totals), Steps: steps(s, place.onPage(s.Job)),
		Unknown: unknownText(s), Facts: facts(s), Chart: newProgressChart(samples, s.Totals, axis), Waits: newWaitChart(parks, axis),
		Failed: f.rows, FailedOf: f.total, Verbs: verbs(s), Files: pageFiles,
	}
	for _, g := range f.groups() {
		p.Causes = append(p.Causes, causeView{g.reason, g.rows, toPct(float64(g.rows) / float64(f.total)), g.examples, CauseOf(g.reason)})
	}
	for reason, n := range f.noted {
		p.Noted = append(p.Noted, causeView{Reason: reason, Rows: n, Cause: CauseOf(reason)})
	}
	slices.SortFunc(p.Noted, func(a, b causeView) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Reason, b.Reason))
	})
	p.Flows, p.MoreFlow = f.flows.views()
	p.Accounts, p.More = accounts(s)
	return p
}

func writePage(w io.Writer, p page) error { return pageTemplate.Execute(w, p) }

// axisOf spans all that the charts show. The end of a wait, which may come after the
// job stopped, counts only if there is nothing else.
func axisOf(s jobs.Summary, samples []jobs.Sample, parks []jobs.Park) timeAxis {
	var a timeAxis
	include := func(t time.Time) {
		if t.IsZero() {
			return
		}
		if a.from.IsZero() || t.Before(a.from) {
			a.from = t
		}
		a.to = latest(a.to, t)
	}
	if !s.AtStop.At.IsZero() {
		include(s.AtStop.At)
	}
	for _, t := range []*time.Time{s.StartedAt, s.FinishedAt} {
		if t != nil {
			include(*t)
		}
	}
	for _, sample := range samples {
		include(sample.At)
	}
	for _, park := range parks {
		include(park.From)
	}
	if len(samples) == 0 {
		for _, park := range parks {
			include(park.Until)
		}
	}
	return a
}

func outcomeClass(s jobs.Summary) string {
	switch {
	case s.Totals.Failed > 0:
		return "failed"
	case s.State == jobs.JobFinished:
		return "done"
	}
	return "pending"
}

// actOf is an ad account's id as people know it, or nothing.
func actOf(a plan.Account) string {
	if a == "" {
		return ""
	}
	return a.Act()
}
