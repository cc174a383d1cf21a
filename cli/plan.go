package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"adferry/jobs/preflight"
	"adferry/plan"
)

func planCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "plan", Usage: "check a manifest and print what would run; sends no write, ever", ArgsUsage: "MANIFEST",
		Flags: append([]cli.Flag{
			boolFlag("json", "print the plan as JSON"),
			boolFlag("check", "ask the API, too: what is there already, missing, in use (reads only)"),
		}, planFlags()...),
		Action: func(c *cli.Context) error {
			path, err := argument(c, "MANIFEST")
			if err != nil {
				return err
			}
			if c.Bool("check") {
				return check(c, s, path)
			}
			return printPlan(c, s, path)
		},
	}
}

// planFlags are those of run, so that plan takes its place in a call; but no job goes
// on that could be watched.
func planFlags() []cli.Flag {
	return slices.DeleteFunc(runFlags(), func(f cli.Flag) bool { return f.Names()[0] == "metrics" })
}

// planDocument is what plan --json prints.
type planDocument struct {
	Manifest   string         `json:"manifest"`
	SHA256     string         `json:"sha256"`
	Rows       int            `json:"rows"`
	RowsBy     map[string]int `json:"rows_by_operation"`
	Merged     int            `json:"equal_rows"` // rows that an earlier equal one carries out
	Operations map[string]int `json:"operations"`
	preflight.Forecast
	Warnings []string     `json:"warnings"`
	Check    *checkResult `json:"check,omitempty"`
}

func describe(path string, p *plan.Plan) planDocument {
	n := p.Counts()
	d := planDocument{
		Manifest: path, SHA256: fmt.Sprintf("%x", p.SHA256), Rows: p.Rows, Merged: n.Merged,
		RowsBy:     nonZero(map[string]int{"copy": n.CopyRows, "move": n.MoveRows, "delete": n.DeleteRows, "upload": n.UploadRows}),
		Operations: nonZero(map[string]int{"copy": n.Copies, "delete": n.Deletes, "upload": n.Uploads}),
		Forecast:   preflight.Predict(p), Warnings: []string{},
	}
	for _, w := range p.Warnings {
		d.Warnings = append(d.Warnings, w.String())
	}
	if n.Deletes > 0 {
		d.Warnings = append(d.Warnings, deletions(p)+"; run wants --yes")
	}
	if limited := time.Duration(d.Limited); limited > 24*time.Hour {
		d.Warnings = append(d.Warnings, "under Limited access this takes "+span(limited)+"; apply for Full access first")
	}
	return d
}

func printPlan(c *cli.Context, s *streams, path string) error {
	m, err := manifestOf(c, s, path)
	if err != nil {
		return err
	}
	defer m.close()
	p, err := m.read(nil)
	if err != nil {
		return showProblems(s, err)
	}
	return describe(m.name, p).print(s.out, c.Bool("json"))
}

func (d planDocument) print(w io.Writer, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(d)
	}
	return d.text(w)
}

// mostAccounts is how many ad accounts the plan lists; --json has them all.
const mostAccounts = 20

func (d planDocument) text(w io.Writer) error {
	fmt.Fprintf(w, "%s: %s, %s, %s\n\n", oneLine(d.Manifest), count(d.Rows, "row"), count(d.Writes, "operation"), count(len(d.Accounts), "ad account"))
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	for _, verb := range []string{"copy", "move", "delete", "upload"} {
		if n := d.RowsBy[verb]; n > 0 {
			fmt.Fprintf(t, "  %s\t%d\trows\t\n", verb, n)
		}
	}
	if d.Merged > 0 {
		fmt.Fprintf(t, "  of these\t%d\tequal an earlier row\t\n", d.Merged)
	}
	t.Flush()
	fmt.Fprintln(w)
	t = tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "ad account\tcopies in\tdeletes\tuploads\treads\tcalls\tpoints\tFull\tLimited\t")
	for i, a := range d.Accounts {
		if i == mostAccounts {
			break
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t\n", a.Account.Act(), a.Copies, a.Deletes, a.Uploads, a.Reads, a.Calls, a.Points,
			span(time.Duration(a.Full)), span(time.Duration(a.Limited)))
	}
	t.Flush()
	if more := len(d.Accounts) - mostAccounts; more > 0 {
		fmt.Fprintf(w, "... and %d more; --json lists them all\n", more)
	}
	fmt.Fprintf(w, "\nAPI calls  %d: %s and %s of up to 50 images; %s\n", d.Calls, count(d.Writes, "write"), count(d.Reads, "read"), count(d.Points, "quota point"))
	fmt.Fprintf(w, "time       %s under the quota of Full access, %s of Limited access\n", span(time.Duration(d.Full)), span(time.Duration(d.Limited)))
	for _, t := range d.Times[1:] {
		if t.Full < d.Full || t.Limited < d.Limited {
			fmt.Fprintf(w, "           %s and %s if its only limits for images are %s\n", span(time.Duration(t.Full)), span(time.Duration(t.Limited)), t.Limits)
		}
	}
	for _, warning := range d.Warnings {
		fmt.Fprintf(w, "warning    %s\n", warning)
	}
	return nil
}

// span shows a time that a quota takes, roughly.
func span(d time.Duration) string {
	switch {
	case d < time.Second:
		return "no wait"
	case d < time.Hour:
		return d.Round(time.Second).String()
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return strconv.FormatFloat(d.Hours()/24, 'f', 1, 64) + " days"
}

func nonZero(m map[string]int) map[string]int {
	for k, v := range m {
		if v == 0 {
			delete(m, k)
		}
	}
	return m
}
