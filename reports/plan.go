package reports

import (
	"fmt"
	"io"
	"maps"
	"strings"
	"time"

	"adferry/jobs/preflight"
	"adferry/plan"
)

// Plan is the document of plan --json: what a manifest asks for, and what that costs
// if nothing of it is done yet and nothing fails.
type Plan struct {
	Manifest   string         `json:"manifest"`
	SHA256     string         `json:"sha256"`
	Rows       int            `json:"rows"`
	RowsBy     map[string]int `json:"rows_by_operation"`
	Merged     int            `json:"equal_rows"` // rows that an earlier equal one carries out
	Operations map[string]int `json:"operations"`
	preflight.Forecast
	Warnings []string           `json:"warnings"`
	Check    *preflight.Finding `json:"check,omitempty"` // of plan --check
}

// longTime is how long a job may take under Limited access without a warning.
const longTime = 24 * time.Hour

// NewPlan describes the plan that was made of the manifest at path.
func NewPlan(path string, p *plan.Plan, f preflight.Forecast) Plan {
	return newPlan(path, p, f, ManifestDeletions(p)+"; run needs --yes")
}

// NewUndoPlan describes the plan of an undo, which may have no manifest yet; what names the undo.
func NewUndoPlan(what string, p *plan.Plan, f preflight.Forecast) Plan {
	return newPlan(what, p, f, UndoDeletions(p)+"; undo needs --yes")
}

func newPlan(path string, p *plan.Plan, f preflight.Forecast, deletions string) Plan {
	n := p.Counts()
	d := Plan{
		Manifest: path, SHA256: fmt.Sprintf("%x", p.SHA256), Rows: p.Rows, Merged: n.Merged,
		RowsBy:     withoutZeros(map[string]int{"copy": n.CopyRows, "move": n.MoveRows, "delete": n.DeleteRows, "upload": n.UploadRows}),
		Operations: withoutZeros(map[string]int{"copy": n.Copies, "delete": n.Deletes, "upload": n.Uploads}),
		Forecast:   f, Warnings: ManifestWarnings(p),
	}
	if n.Deletes > 0 {
		d.Warnings = append(d.Warnings, deletions)
	}
	if limited := time.Duration(d.Limited); limited > longTime {
		d.Warnings = append(d.Warnings, "under Limited access this takes "+estimate(d.Limited)+"; apply for Full access first")
	}
	return d
}

// ManifestWarnings says what is odd about a manifest.
func ManifestWarnings(p *plan.Plan) []string {
	warnings := []string{}
	for _, w := range p.Warnings {
		warnings = append(warnings, w.String())
	}
	if names := ambiguous(p.Header); len(names) > 0 {
		warnings = append(warnings, Counted(len(names), "column has", "columns have")+" a name that the reports use, too ("+OneLine(list(names))+
			"): rename yours, because programs that go by the name may take one for the other")
	}
	return warnings
}

// Write writes the plan as JSON, or as text for a person.
func (d Plan) Write(w io.Writer, asJSON bool) error {
	if asJSON {
		return writeJSON(w, d)
	}
	return d.text(w)
}

// planAccounts is how many ad accounts the text lists; the JSON has them all.
const planAccounts = 20

func (d Plan) text(w io.Writer) error {
	fmt.Fprintf(w, "%s: %s, %s\n\n", OneLine(d.Manifest), Counted(d.Rows, "row", "rows"),
		Counted(len(d.Accounts), "ad account", "ad accounts"))
	t := newTable(1)
	for _, verb := range []string{"copy", "move", "delete", "upload"} {
		if n := d.RowsBy[verb]; n > 0 {
			t.add("  "+verb, count(n), pick(n == 1, "row", "rows"))
		}
	}
	if d.Merged > 0 {
		t.add("  of these", count(d.Merged), "equal to an earlier row")
	}
	t.write(w)
	fmt.Fprintln(w)
	t = newTable(1, 2, 3, 4, 5, 6)
	t.add("ad account", "copies in", "deletes", "uploads", "reads", "Full", "Limited")
	for _, a := range d.Accounts[:min(len(d.Accounts), planAccounts)] {
		t.add(a.Account.Act(), count(a.Copies), count(a.Deletes), count(a.Uploads), count(a.Reads), estimate(a.Full), estimate(a.Limited))
	}
	t.write(w)
	moreAccounts(w, len(d.Accounts)-planAccounts)
	fmt.Fprintln(w)
	labelled(w, "API calls", fmt.Sprintf("%s: %s, and %s of up to 50 images each", count(d.Calls), Counted(d.Writes, "write", "writes"),
		Counted(d.Reads, "read", "reads")))
	labelled(w, "quota", fmt.Sprintf("%s of Meta's score: a write takes 3, a read 1", Counted(d.Points, "point", "points")))
	d.times(w)
	for _, warning := range d.Warnings {
		labelled(w, "warning", OneLine(warning))
	}
	return nil
}

// labelled writes a text behind its label; "" goes on below the text before.
func labelled(w io.Writer, label, text string) {
	const width = 11
	for line := range strings.SplitSeq(wrap(text, textWidth-width), "\n") {
		fmt.Fprintf(w, "%-*s%s\n", width, label, line)
		label = ""
	}
}

// times writes how long the job takes at each access tier of the app, and how long should
// Meta's documented limits not all hold for images, which is not documented. Where no limit
// makes it wait at either tier, one line says so.
func (d Plan) times(w io.Writer) {
	if estimate(d.Full) == estimate(d.Limited) {
		labelled(w, "time", about(d.Full)+": no limit of Meta's makes it wait")
		return
	}
	was := ""
	for i, t := range d.Times {
		times := fmt.Sprintf("%s with Full access of the app, %s with Limited", about(t.Full), about(t.Limited))
		switch {
		case i == 0:
			labelled(w, "time", times)
			if d.Share > 0 {
				labelled(w, "", fmt.Sprintf("with %s of each limit", d.Share))
			}
		case times != was && time.Duration(t.Limited) >= time.Second:
			labelled(w, "", "should Meta limit only "+t.Limits+" for images:")
			labelled(w, "", times)
		}
		was = times
	}
}

// about is a predicted time in a sentence.
func about(d preflight.Duration) string {
	if time.Duration(d) < time.Second {
		return "less than a second"
	}
	return "about " + estimate(d)
}

func moreAccounts(w io.Writer, n int) {
	if n > 0 {
		fmt.Fprintf(w, "... and %s; --json lists them all\n", Counted(n, "more ad account", "more ad accounts"))
	}
}

// estimate writes a predicted time.
func estimate(d preflight.Duration) string {
	if time.Duration(d) < time.Second {
		return "<1s"
	}
	return span(time.Duration(d).Round(time.Second))
}

func withoutZeros(m map[string]int) map[string]int {
	maps.DeleteFunc(m, func(_ string, n int) bool { return n == 0 })
	return m
}
