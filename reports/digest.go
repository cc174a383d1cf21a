package reports

import (
	"cmp"
	"slices"

	"adferry/jobs"
)

const (
	maxFailedRows = 200 // in the page: enough to see a pattern, failed.csv has all
	maxExamples   = 4   // a cause
)

// digest is what the page tells of the rows, in bounded memory.
type digest struct {
	failed map[jobs.Reason]*group
	noted  map[jobs.Reason]int // rows that ended well, with something to say of them
	rows   []jobs.Result       // the first failed ones
	total  int                 // failed ones
}

// group is the failed rows of one reason.
type group struct {
	reason   jobs.Reason
	rows     int
	examples []example
}

// example stands for the rows that failed with the same codes: the texts often
// differ in nothing but an id.
type example struct {
	code, subcode int
	message       string
	trace         string
	line          int // of the first row
	rows          int
}

func newDigest() *digest {
	return &digest{failed: make(map[jobs.Reason]*group), noted: make(map[jobs.Reason]int)}
}

func (d *digest) add(r jobs.Result) {
	switch r.Status {
	case jobs.StatusSkipped, jobs.StatusDone:
		if r.Reason != "" {
			d.noted[r.Reason]++
		}
	case jobs.StatusFailed:
		d.total++
		if len(d.rows) < maxFailedRows {
			r.Record = ""
			d.rows = append(d.rows, r)
		}
		g := d.failed[r.Reason]
		if g == nil {
			g = &group{reason: r.Reason}
			d.failed[r.Reason] = g
		}
		g.add(r)
	}
}

func (g *group) add(r jobs.Result) {
	g.rows++
	for i := range g.examples {
		if e := &g.examples[i]; e.code == r.Code && e.subcode == r.Subcode {
			e.rows++
			return
		}
	}
	if len(g.examples) < maxExamples && (r.Message != "" || r.Code != 0) {
		g.examples = append(g.examples, example{r.Code, r.Subcode, r.Message, r.TraceID, r.Line, 1})
	}
}

// groups returns the failures, the most frequent reason first.
func (d *digest) groups() []*group {
	gs := make([]*group, 0, len(d.failed))
	for _, g := range d.failed {
		slices.SortStableFunc(g.examples, func(a, b example) int { return cmp.Compare(b.rows, a.rows) })
		gs = append(gs, g)
	}
	slices.SortFunc(gs, func(a, b *group) int {
		return cmp.Or(cmp.Compare(b.rows, a.rows), cmp.Compare(a.reason, b.reason))
	})
	return gs
}
