package reports

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"

	"adferry/jobs"
	"adferry/jobs/preflight"
)

// planRows is how many rows that would fail the text lists; the JSON has them all, and
// those that would be skipped.
const planRows = 20

// WriteChecked is [Plan.Write] for a plan that the API was asked about: rows are those
// that a run would skip or fail. They are written as they come, so that a million of
// them need no memory.
func (d Plan) WriteChecked(w io.Writer, asJSON bool, rows iter.Seq2[preflight.RowFinding, error]) error {
	if asJSON {
		return d.checkedJSON(w, rows)
	}
	if err := d.text(w); err != nil {
		return err
	}
	return checkText(w, d.Check, rows)
}

// checkedJSON writes the document with the rows as the last member of check, which is
// its own last one.
func (d Plan) checkedJSON(w io.Writer, rows iter.Seq2[preflight.RowFinding, error]) error {
	body, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	const end = "\n  }\n}"
	if _, err := fmt.Fprint(w, strings.TrimSuffix(string(body), end), ",\n    \"rows\": ["); err != nil {
		return err
	}
	array := jsonArray{w: w, indent: "      "}
	for row, err := range rows {
		if err != nil {
			return err
		}
		if err := array.add(row); err != nil {
			return err
		}
	}
	if err := array.end(); err != nil {
		return err
	}
	_, err = fmt.Fprintln(w, end)
	return err
}

func checkText(w io.Writer, f *preflight.Finding, rows iter.Seq2[preflight.RowFinding, error]) error {
	fmt.Fprintf(w, "\nasked the API (%s, no write): %s to carry out\n", Counted(f.Calls, "call", "calls"), Counted(f.ToDo, "row", "rows"))
	t := newTable(1)
	for _, m := range []map[jobs.Reason]int{f.Already, f.Problems} {
		for _, reason := range slices.Sorted(maps.Keys(m)) {
			t.add("  "+string(reason), count(m[reason]), pick(m[reason] == 1, "row", "rows"), CauseOf(reason).Short)
		}
	}
	t.fit(textWidth, 4).write(w)
	if err := failingRows(w, rows); err != nil {
		return err
	}
	fmt.Fprintln(w)
	t = newTable(2, 3, 4)
	t.add("ad account", "access", "to do", "already", "would fail")
	for _, a := range f.Accounts[:min(len(f.Accounts), planAccounts)] {
		t.add(a.Account.Act(), access(a), count(a.ToDo), count(a.Already), count(a.Failing))
	}
	t.write(w)
	moreAccounts(w, len(f.Accounts)-planAccounts)
	told := 0
	for _, a := range f.Accounts {
		if a.Readable || told == planAccounts {
			continue
		}
		told++
		labelled(w, "no access", a.Account.Act()+" cannot be read: "+OneLine(a.Error))
	}
	credentialsText(w, f.Credentials)
	fmt.Fprintln(w)
	labelled(w, "time", checkedTime(f))
	return nil
}

// maxAlike bounds how many kinds of problems are told apart.
const maxAlike = 1000

// problem is rows that would fail for the same reason with the same words.
type problem struct {
	first preflight.RowFinding
	rows  int
}

func failingRows(w io.Writer, rows iter.Seq2[preflight.RowFinding, error]) error {
	type key struct {
		operation string
		reason    jobs.Reason
		message   string
	}
	var problems []*problem
	known := map[key]*problem{}
	untold := 0
	for row, err := range rows {
		if err != nil {
			return err
		}
		if row.Status == jobs.StatusSkipped {
			continue
		}
		k := key{row.Operation, row.Reason, row.Message}
		switch p := known[k]; {
		case p != nil:
			p.rows++
		case len(problems) < maxAlike:
			p = &problem{row, 1}
			known[k], problems = p, append(problems, p)
		default:
			untold++
		}
	}
	if len(problems) > 0 {
		fmt.Fprintln(w, "\nthese would fail, with the words of a run:")
	}
	for i, p := range problems {
		if i >= planRows {
			untold += p.rows
			continue
		}
		more := ""
		if p.rows > 1 {
			more = fmt.Sprintf(" and %s alike", Counted(p.rows-1, "more row", "more rows"))
		}
		fmt.Fprintf(w, "line %d%s: %s\n", p.first.Row, more, operationText(p.first))
		for line := range strings.SplitSeq(wrap(string(p.first.Reason)+": "+OneLine(p.first.Message), textWidth-2), "\n") {
			fmt.Fprintf(w, "  %s\n", line)
		}
	}
	if untold > 0 {
		fmt.Fprintf(w, "... and %s; --json lists them all\n", Counted(untold, "more row", "more rows"))
	}
	return nil
}

// operationText is a row's operation in words.
func operationText(r preflight.RowFinding) string {
	text := r.Operation + " " + string(r.Hash)
	if r.Source != "" {
		text += "\n  of " + r.Source.Act()
	}
	if r.Target != "" {
		text += pick(r.Source != "", " to ", "\n  to ") + r.Target.Act()
	}
	return text
}

// access is an ad account's access tier, where there is one.
func access(a preflight.AccountFinding) string {
	switch {
	case !a.Readable:
		return "none"
	case a.Tier == "":
		return "-"
	}
	return a.Tier
}

// checkedTime is the time for the rows to do, in words.
func checkedTime(f *preflight.Finding) string {
	least, most := estimate(f.Least), estimate(f.Most)
	switch {
	case f.Untold == 0:
		return most + " for the rows to carry out, at the reported access tiers"
	case least == most:
		return most + " for the rows to carry out, at either access tier"
	}
	return fmt.Sprintf("%s to %s for the rows to carry out: %s no access tier", least, most,
		Counted(f.Untold, "ad account reports", "ad accounts report"))
}
