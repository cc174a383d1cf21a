package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"sort"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/preflight"
	"adferry/jobs/reader"
	"adferry/jobs/store"
	"adferry/plan"
)

// checkResult is what the API said of a plan. In the document, rows follow: those
// that a run would skip or fail.
type checkResult struct {
	ToDo     int                 `json:"to_do"` // rows that a run would carry out
	Already  map[jobs.Reason]int `json:"already"`
	Problems map[jobs.Reason]int `json:"problems"`
	Accounts []checkedAccount    `json:"accounts"`
	Calls    int                 `json:"calls"`   // that were sent for this
	Least    preflight.Duration  `json:"least_s"` // the time by the reported tiers: exactly
	Most     preflight.Duration  `json:"most_s"`  // this, unless some account reports none
	Untold   int                 `json:"no_tier"` // accounts that report none
	Unread   int                 `json:"unread"`  // accounts that cannot be read
}

type checkedAccount struct {
	Account  plan.Account `json:"account"`
	Readable bool         `json:"readable"`
	Error    string       `json:"error,omitempty"` // why not, in the API's words
	Tier     string       `json:"tier,omitempty"`
	ToDo     int          `json:"to_do"` // rows
	Already  int          `json:"already"`
	Failing  int          `json:"failing"`
	Writes   int          `json:"writes"` // calls that a run would be charged here
}

func newCheck(ctx context.Context, job *store.Job, f preflight.Forecast, r *reader.Reader, fence *fence) (*checkResult, error) {
	summary, err := job.Summary(ctx)
	if err != nil {
		return nil, err
	}
	writes, err := job.Done(ctx)
	if err != nil {
		return nil, err
	}
	c := &checkResult{ToDo: summary.Totals.Done, Already: map[jobs.Reason]int{}, Problems: map[jobs.Reason]int{}, Calls: int(fence.calls.Load())}
	for reason, n := range summary.Reasons {
		if reason == jobs.AlreadyPresent || reason == jobs.AlreadyAbsent {
			c.Already[reason] = n
		} else {
			c.Problems[reason] = n
		}
	}
	tiers := map[plan.Account]graph.Tier{}
	for _, a := range f.Accounts {
		rows := summary.Accounts[a.Account]
		one := checkedAccount{Account: a.Account, Readable: true, ToDo: rows.Done, Already: rows.Skipped, Failing: rows.Failed, Writes: writes[a.Account]}
		tier := r.Tier(a.Account)
		if tier != graph.TierUnknown {
			one.Tier = tier.String()
		}
		if e := fence.closed[string(a.Account)]; e != nil {
			one.Readable, one.Error = false, e.Error()
			c.Unread++
			tier = graph.TierFull // nothing is done there, at any speed
		} else if tier == graph.TierUnknown {
			c.Untold++
		}
		tiers[a.Account] = tier
		c.Accounts = append(c.Accounts, one)
	}
	sort.Slice(c.Accounts, func(i, j int) bool { return c.Accounts[i].Account < c.Accounts[j].Account })
	c.Least, c.Most = f.Within(func(a plan.Account) graph.Tier { return tiers[a] }, func(a plan.Account) int { return writes[a] })
	return c, nil
}

// checkedRow is a row that a run would skip or fail.
type checkedRow struct {
	Row       int          `json:"row"`
	Operation string       `json:"operation"`
	Source    plan.Account `json:"source_account,omitempty"`
	Hash      plan.Hash    `json:"hash,omitempty"`
	Target    plan.Account `json:"target_account,omitempty"`
	Status    jobs.Status  `json:"status"`
	Reason    jobs.Reason  `json:"reason"`
	Message   string       `json:"message,omitempty"`
}

// what is the row's operation in words.
func (r checkedRow) what() string {
	parts := []string{r.Operation, string(r.Hash)}
	if r.Source != "" {
		parts = append(parts, "of", r.Source.Act())
	}
	if r.Target != "" {
		parts = append(parts, "to", r.Target.Act())
	}
	return strings.Join(parts, " ")
}

// plainly leaves out of a text of the API what would steer a terminal.
func plainly(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, s)
}

// misfits are the rows that would not be carried out.
func misfits(results iter.Seq2[jobs.Result, error]) iter.Seq2[checkedRow, error] {
	return func(yield func(checkedRow, error) bool) {
		for r, err := range results {
			if err == nil && r.Status == jobs.StatusDone {
				continue
			}
			if !yield(checkedRow{r.Line, r.Verb.String(), r.Source, r.Hash, r.Target, r.Status, r.Reason, r.Message}, err) {
				return
			}
		}
	}
}

// mostMisfits is how many rows that would fail the text lists; --json has them all,
// and those that would be skipped.
const mostMisfits = 20

func (r *checkResult) text(w io.Writer, rows iter.Seq2[checkedRow, error]) error {
	fmt.Fprintf(w, "\nasked the API (%s, no write): %s to carry out\n", count(r.Calls, "call"), count(r.ToDo, "row"))
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	for _, m := range []map[jobs.Reason]int{r.Already, r.Problems} {
		reasons := make([]string, 0, len(m))
		for reason := range m {
			reasons = append(reasons, string(reason))
		}
		sort.Strings(reasons)
		for _, reason := range reasons {
			fmt.Fprintf(t, "  %s\t%d\trows\t\n", reason, m[jobs.Reason(reason)])
		}
	}
	t.Flush()
	if err := r.failing(w, rows); err != nil {
		return err
	}
	t = tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "ad account\taccess\tto do\talready\twould fail\t")
	for i, a := range r.Accounts {
		if i == mostAccounts {
			break
		}
		tier := a.Tier
		switch {
		case !a.Readable:
			tier = "none"
		case tier == "":
			tier = "-"
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t\n", a.Account.Act(), tier, a.ToDo, a.Already, a.Failing)
	}
	t.Flush()
	if more := len(r.Accounts) - mostAccounts; more > 0 {
		fmt.Fprintf(w, "... and %d more; --json lists them all\n", more)
	}
	told := 0
	for _, a := range r.Accounts {
		if a.Readable || told == mostAccounts {
			continue
		}
		told++
		fmt.Fprintf(w, "no access  %s cannot be read: %s\n", a.Account.Act(), plainly(a.Error))
	}
	_, err := fmt.Fprintf(w, "time       %s\n", r.time())
	return err
}

func (r *checkResult) failing(w io.Writer, rows iter.Seq2[checkedRow, error]) error {
	n := 0
	for row, err := range rows {
		if err != nil {
			return err
		}
		if row.Status == jobs.StatusSkipped {
			continue
		}
		if n++; n > mostMisfits {
			continue
		}
		fmt.Fprintf(w, "line %d: %s: %s: %s\n", row.Row, row.what(), row.Reason, plainly(row.Message))
	}
	if more := n - mostMisfits; more > 0 {
		fmt.Fprintf(w, "... and %d more rows; --json lists them all\n", more)
	}
	return nil
}

// time is the predicted one, in words.
func (r *checkResult) time() string {
	least, most := span(time.Duration(r.Least)), span(time.Duration(r.Most))
	switch {
	case r.Untold == 0:
		return most + " for what is left to do, by the access tiers that the ad accounts report"
	case least == most:
		return most + " for what is left to do, under either tier"
	}
	return fmt.Sprintf("%s to %s for what is left to do: %s report no access tier", least, most, count(r.Untold, "ad account"))
}

// printWith prints the document with the rows at the end of its last member,
// check, so that a million of them need no memory.
func (d planDocument) printWith(w io.Writer, rows iter.Seq2[checkedRow, error]) error {
	body, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	const end = "\n  }\n}"
	if _, err := fmt.Fprint(w, strings.TrimSuffix(string(body), end), ",\n    \"rows\": ["); err != nil {
		return err
	}
	comma, closing := "", "]"
	for row, err := range rows {
		if err != nil {
			return err
		}
		line, err := json.Marshal(row)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "%s\n      %s", comma, line); err != nil {
			return err
		}
		comma, closing = ",", "\n    ]"
	}
	_, err = fmt.Fprint(w, closing, end, "\n")
	return err
}
