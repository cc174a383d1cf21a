package verify

import (
	"context"
	"iter"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/reader"
	"adferry/plan"
)

// drift compares an image with what was expected of it: i is nil where the account
// does not have it.
func drift(x jobs.Expectation, i *graph.Image) (jobs.Drift, bool) {
	d := jobs.Drift{Expectation: x, Since: x.At}
	if i == nil || i.Deleted() {
		d.Kind = jobs.DriftMissing
		if i != nil {
			d.Status = i.Status
			at, ok := i.UpdatedAt()
			told(&d, at, ok)
		}
		return d, x.Present
	}
	d.Status = i.Status
	created, made := i.CreatedAt()
	updated, touched := i.UpdatedAt()
	if !x.Present {
		d.Kind = jobs.DriftReappeared
		told(&d, created, made)
		return d, true
	}
	d.Kind = jobs.DriftChanged
	switch {
	case made && created.After(x.At.Add(jobs.ClockSkew)):
		told(&d, created, made)
	case touched && updated.After(x.At.Add(jobs.ClockSkew)):
		told(&d, updated, touched)
	case i.Status == "" || i.Active():
		return d, false
	}
	return d, true
}

// told takes a time of the API, unless the job still saw the image otherwise then.
func told(d *jobs.Drift, at time.Time, ok bool) {
	if ok && at.After(d.At) {
		d.Since, d.Told = at, true
	}
}

// verifyFields tell presence, and since when.
var verifyFields = []string{graph.FieldHash, graph.FieldStatus, graph.FieldCreated, graph.FieldUpdated}

// Run reads every image back of which something is expected, and tells of each
// that is otherwise, in no particular order. Errors are a
// Reader's; they leave images unread.
func Run(ctx context.Context, r *reader.Reader, x jobs.Expected, each func(jobs.Drift) error) (jobs.Verified, error) {
	v := jobs.Verified{Drifts: map[jobs.DriftKind]int{}}
	accounts, err := x.Accounts(ctx)
	if err != nil {
		return v, err
	}
	if v.Unread, err = x.Count(ctx); err != nil {
		return v, err
	}
	asked := map[jobs.ImageAt]jobs.Expectation{} // what is on its way
	hashes := func(a plan.Account) iter.Seq2[plan.Hash, error] {
		return func(yield func(plan.Hash, error) bool) {
			for e, err := range x.Of(ctx, a) {
				if err == nil {
					asked[jobs.ImageAt{Account: a, Hash: e.Hash}] = e
				}
				if !yield(e.Hash, err) {
					return
				}
			}
		}
	}
	expected := func(a plan.Account, h plan.Hash) bool { return asked[jobs.ImageAt{Account: a, Hash: h}].Present }
	err = r.FindExpected(ctx, accounts, graph.Query{Fields: verifyFields}, hashes, expected, func(f reader.Found) error {
		e := asked[jobs.ImageAt{Account: f.Account, Hash: f.Hash}]
		delete(asked, jobs.ImageAt{Account: f.Account, Hash: f.Hash})
		v.Unread--
		if e.Present {
			v.Present++
		} else {
			v.Absent++
		}
		if d, drifted := drift(e, f.Image); drifted {
			v.Drifts[d.Kind]++
			return each(d)
		}
		return nil
	})
	return v, err
}
