package reports

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"adferry/jobs"
	"adferry/plan"
)

// VerificationVersion is the version of the document of verify --json. A reader
// refuses a higher one.
const VerificationVersion = 1

// Verification writes what verify finds, as it is found: as text, or as one JSON
// document whose drifts come first, so that a million of them need no memory.
type Verification struct {
	w         *bufio.Writer
	asJSON    bool
	rehearsed string
	drifts    jsonArray // JSON
	n         int       // drifts so far
}

// mostDrifts is how many drifts the text lists.
const mostDrifts = 24

// NewVerification makes a report on a job as of a moment.
func NewVerification(w io.Writer, asJSON bool, s jobs.Summary, at time.Time) (*Verification, error) {
	v := &Verification{w: bufio.NewWriter(w), asJSON: asJSON, rehearsed: rehearsed(s)}
	if !asJSON {
		return v, nil
	}
	v.drifts = jsonArray{w: v.w, indent: "    "}
	name, err := json.Marshal(s.Job)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(v.w, "{\n  \"version\": %d,\n  \"job\": %s,\n  \"verified_at\": %q,\n  \"drifts\": [", VerificationVersion, name, at.UTC().Format(timeFormat))
	return v, nil
}

// driftObject is a drift in the document.
type driftObject struct {
	Kind     jobs.DriftKind `json:"kind"` // missing, reappeared or changed
	Account  plan.Account   `json:"account"`
	Hash     plan.Hash      `json:"hash"`
	Row      int            `json:"row"`              // of the manifest, as in results.csv
	Expected string         `json:"expected"`         // present or absent
	Status   string         `json:"status,omitempty"` // as the API shows it
	Since    string         `json:"since"`            // when it came about, or was last seen otherwise
	Told     bool           `json:"since_told"`       // the API told since when
}

// Drift adds an image that is not as the job left it.
func (v *Verification) Drift(d jobs.Drift) error {
	v.n++
	if v.asJSON {
		o := driftObject{d.Kind, d.Account, d.Hash, d.Line, "absent", d.Status, d.Since.UTC().Format(timeFormat), d.Told}
		if d.Present {
			o.Expected = "present"
		}
		if err := v.drifts.add(o); err != nil {
			return err
		}
		return v.w.Flush()
	}
	if v.n > mostDrifts {
		return nil
	}
	fmt.Fprintf(v.w, "%-10s  %s  %s  line %d: %s\n", d.Kind, d.Account.Act(), spreadsheetSafe(string(d.Hash)), d.Line, drifted(d))
	return v.w.Flush()
}

// drifted says in words how an image differs from what is expected.
func drifted(d jobs.Drift) string {
	at := d.Since.UTC().Format(time.RFC3339)
	status := ""
	if d.Status != "" && !strings.EqualFold(d.Status, "ACTIVE") {
		status = "status " + OneLine(d.Status) + ", "
	}
	switch {
	case d.Kind == jobs.DriftMissing && d.Told:
		return status + "deleted at " + at
	case d.Kind == jobs.DriftMissing:
		return status + "last seen at " + at
	case d.Kind == jobs.DriftReappeared && d.Told:
		return status + "present again since " + at
	case d.Kind == jobs.DriftReappeared:
		return status + "present; last seen absent at " + at
	case d.Told:
		return status + "changed at " + at
	}
	return status + "last seen as expected at " + at
}

// Unread is an ad account that could not be read, and why.
type Unread struct {
	Account plan.Account `json:"account"`
	Error   string       `json:"error"`
}

// End ends the report with its totals.
func (v *Verification) End(found jobs.Verified, rows jobs.Totals, unread []Unread) error {
	if v.asJSON {
		return v.endJSON(found, rows, unread)
	}
	if more := v.n - mostDrifts; more > 0 {
		fmt.Fprintf(v.w, "... and %s more; --json lists them all\n", count(more))
	}
	if v.n > 0 {
		fmt.Fprintln(v.w)
	}
	as := "all as expected"
	if v.n > 0 {
		as = count(v.n) + " not as expected; expected are"
	}
	fmt.Fprintf(v.w, "read back    %s, %s: %s present, %s deleted\n", Counted(found.Checked(), "image", "images"), as, count(found.Present), count(found.Absent))
	switch {
	case v.n == 0 && found.Unread > 0:
		fmt.Fprintln(v.w, "drift        none in what could be read")
	case v.n == 0:
		fmt.Fprintln(v.w, "drift        none")
	default:
		var kinds []string
		for _, k := range []jobs.DriftKind{jobs.DriftMissing, jobs.DriftReappeared, jobs.DriftChanged} {
			if n := found.Drifts[k]; n > 0 {
				kinds = append(kinds, fmt.Sprintf("%s %s", count(n), k))
			}
		}
		fmt.Fprintf(v.w, "drift        %s: %s\n", Counted(v.n, "image", "images"), list(kinds))
	}
	if found.Unread > 0 {
		fmt.Fprintf(v.w, "not readable %s of %s: nothing is known of them\n", Counted(found.Unread, "image", "images"), Counted(len(unread), "ad account", "ad accounts"))
	}
	if left := rows.Failed + rows.Pending + rows.Unknown; left > 0 {
		fmt.Fprintf(v.w, "not verified %s: %s failed, %s left to do\n", Counted(left, "row", "rows"), count(rows.Failed), count(rows.Pending+rows.Unknown))
	}
	if v.rehearsed != "" {
		fmt.Fprintf(v.w, "rehearsal    %s\n", v.rehearsed)
	}
	return v.w.Flush()
}

func (v *Verification) endJSON(found jobs.Verified, rows jobs.Totals, unread []Unread) error {
	if unread == nil {
		unread = []Unread{}
	}
	rest := struct {
		Images struct {
			Checked    int `json:"checked"`
			Present    int `json:"expected_present"`
			Absent     int `json:"expected_absent"`
			Drifted    int `json:"drifted"`
			Missing    int `json:"missing"`
			Reappeared int `json:"reappeared"`
			Changed    int `json:"changed"`
			Unread     int `json:"unread"` // could not be read: not among those checked
		} `json:"images"`
		Rows    jobs.Totals `json:"rows"`
		Unread  []Unread    `json:"unread"`            // ad accounts that could not be read, or not to the end
		Sandbox bool        `json:"sandbox,omitempty"` // as in summary.json
	}{Rows: rows, Unread: unread, Sandbox: v.rehearsed != ""}
	i := &rest.Images
	i.Checked, i.Present, i.Absent, i.Drifted = found.Checked(), found.Present, found.Absent, found.Drifted()
	i.Missing, i.Reappeared, i.Changed = found.Drifts[jobs.DriftMissing], found.Drifts[jobs.DriftReappeared], found.Drifts[jobs.DriftChanged]
	i.Unread = found.Unread
	body, err := json.MarshalIndent(rest, "", "  ")
	if err != nil {
		return err
	}
	if err := v.drifts.end(); err != nil {
		return err
	}
	fmt.Fprintf(v.w, ",\n%s\n", strings.TrimPrefix(string(body), "{\n"))
	return v.w.Flush()
}
