package main

import (
	"fmt"
	"io"
	"os"
	"sort"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"adferry/jobs"
	"adferry/jobs/store"
	"adferry/plan"
)

// checkResult is what the API was asked about a plan.
type checkResult struct {
	ToDo     int                 `json:"to_do"` // rows that a run would carry out
	Already  map[jobs.Reason]int `json:"already"`
	Problems map[jobs.Reason]int `json:"problems"`
	Accounts []checkedAccount    `json:"accounts"`
	Calls    int                 `json:"calls"`
}

type checkedAccount struct {
	Account plan.Account `json:"account"`
	Tier    string       `json:"tier,omitempty"`
	ToDo    int          `json:"to_do"`
	Already int          `json:"already"`
	Failing int          `json:"failing"`
}

// check runs the plan's reads, and nothing but reads, as a job in a folder of
// its own that is thrown away.
func check(c *cli.Context, s *streams, path string) error {
	p, err := readManifest(path, nil)
	if err != nil {
		return showProblems(s, err)
	}
	se, err := newSession(c, s, c.Bool("sandbox"))
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "adferry-check-")
	if err != nil {
		return notStarted(&store.DiskError{Err: err})
	}
	defer os.RemoveAll(dir)
	job, _, err := store.Create(c.Context, dir, store.Spec{
		Manifest: absolute(path), Sandbox: c.Bool("sandbox"),
		Read: func(visit func(plan.Row) error) (*plan.Plan, error) { return readManifest(path, visit) },
	})
	if err != nil {
		return notStarted(err)
	}
	defer job.Close()
	api, err := se.connect(job)
	if err != nil {
		return err
	}
	se.options.ReadOnly = true
	se.options.MaxFailures = jobs.Share{Count: p.Rows * 2, Set: true} // failures are what is looked for
	se.options.Observe = watch(se)
	engine := jobs.New(api, job, se.options)
	release := stopOnSignal(se, engine)
	err = engine.Run(c.Context)
	release()
	se.progress.Stop()
	if err != nil {
		return err
	}
	summary, err := job.Summary(c.Context)
	if err != nil {
		return err
	}
	d := describe(path, p)
	d.Check = checked(summary)
	return d.print(s.out, c.Bool("json"))
}

func checked(s jobs.Summary) *checkResult {
	r := &checkResult{ToDo: s.Totals.Done, Already: map[jobs.Reason]int{}, Problems: map[jobs.Reason]int{}, Calls: s.API.Calls}
	for reason, n := range s.Reasons {
		if reason == jobs.AlreadyPresent || reason == jobs.AlreadyAbsent {
			r.Already[reason] = n
		} else {
			r.Problems[reason] = n
		}
	}
	for account, a := range s.Accounts {
		r.Accounts = append(r.Accounts, checkedAccount{account, a.Tier, a.Done, a.Skipped, a.Failed})
	}
	sort.Slice(r.Accounts, func(i, j int) bool { return r.Accounts[i].Account < r.Accounts[j].Account })
	return r
}

func (r *checkResult) text(w io.Writer) {
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
	t = tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "ad account\taccess\tto do\talready\twould fail\t")
	for i, a := range r.Accounts {
		if i == mostAccounts {
			break
		}
		tier := a.Tier
		if tier == "" {
			tier = "-"
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t\n", a.Account.Act(), tier, a.ToDo, a.Already, a.Failing)
	}
	t.Flush()
}
