package reports

import (
	"cmp"
	"slices"

	"adferry/jobs"
	"adferry/plan"
)

const (
	maxFailedRows = 200 // in the page: enough to see a pattern, failed.csv has all
	maxExamples   = 4   // a cause
)

// failures is what the page tells of the rows, in bounded memory: those that failed,
// and how many of the others have a reason.
type failures struct {
	byReason map[jobs.Reason]*failureGroup
	rows     []jobs.Result // the first that failed
	total    int           // how many failed

	noted map[jobs.Reason]int // rows that ended as wanted, and have a reason
	flows flows
}

// failureGroup is the failed rows of one reason.
type failureGroup struct {
	reason   jobs.Reason
	rows     int
	examples []example
}

// example stands for the rows that failed with the same codes: their texts often
// differ in an id alone.
type example struct {
	Code, Subcode int
	Message       string
	Trace         string
	Line          int // of the first row
	Rows          int
	account       plan.Account // of the first row
	others        map[plan.Account]struct{}
}

// Accounts names the ad accounts that it is of.
func (e example) Accounts() string {
	switch n := len(e.others); {
	case e.account == "":
		return ""
	case n == 0:
		return e.account.Act()
	default:
		return e.account.Act() + " and " + Counted(n, "other account", "other accounts")
	}
}

// concerned is the ad account that a failed row is about: the one that would have changed,
// or that lacks the image.
func concerned(r jobs.Result) plan.Account {
	if r.Verb == plan.Delete || r.Reason == jobs.CopiedNotDeleted || r.Reason == jobs.NotFound {
		return r.Source
	}
	return r.Target
}

func newFailures() *failures {
	return &failures{byReason: make(map[jobs.Reason]*failureGroup), noted: make(map[jobs.Reason]int), flows: flows{}}
}

func (f *failures) add(r jobs.Result) {
	f.flows.add(r)
	switch r.Status {
	case jobs.StatusSkipped, jobs.StatusDone:
		if r.Reason != "" {
			f.noted[r.Reason]++
		}
	case jobs.StatusFailed:
		f.total++
		if len(f.rows) < maxFailedRows {
			r.Record = ""
			f.rows = append(f.rows, r)
		}
		g := f.byReason[r.Reason]
		if g == nil {
			g = &failureGroup{reason: r.Reason}
			f.byReason[r.Reason] = g
		}
		g.add(r)
	}
}

func (g *failureGroup) add(r jobs.Result) {
	g.rows++
	for i := range g.examples {
		if e := &g.examples[i]; e.Code == r.Code && e.Subcode == r.Subcode {
			if a := concerned(r); a != e.account {
				if e.others == nil {
					e.others = map[plan.Account]struct{}{}
				}
				e.others[a] = struct{}{}
			}
			e.Rows++
			return
		}
	}
	if len(g.examples) < maxExamples && (r.Message != "" || r.Code != 0) {
		g.examples = append(g.examples, example{r.Code, r.Subcode, r.Message, r.TraceID, r.Line, 1, concerned(r), nil})
	}
}

// groups returns the failures, the most frequent reason first.
func (f *failures) groups() []*failureGroup {
	gs := make([]*failureGroup, 0, len(f.byReason))
	for _, g := range f.byReason {
		slices.SortStableFunc(g.examples, func(a, b example) int { return cmp.Compare(b.Rows, a.Rows) })
		gs = append(gs, g)
	}
	slices.SortFunc(gs, func(a, b *failureGroup) int {
		return cmp.Or(cmp.Compare(b.rows, a.rows), cmp.Compare(a.reason, b.reason))
	})
	return gs
}
