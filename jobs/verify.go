package jobs

import (
	"context"
	"iter"
	"strings"
	"time"

	"adferry/graph"
	"adferry/plan"
)

// Expectation is what a job left behind of one image in one ad account.
type Expectation struct {
	Account plan.Account
	Hash    plan.Hash
	Present bool      // else absent
	At      time.Time // when the job last saw it so
	Line    int       // a manifest row that asked for it, by its line
}

// Expected is what a job's settled operations left behind. Of them, the last word
// on an image counts: where a move passed it on, its copy and then its deletion.
type Expected interface {
	// Accounts are those with any expectation.
	Accounts(ctx context.Context) ([]plan.Account, error)
	// Count is how many expectations there are.
	Count(ctx context.Context) (int, error)
	// Of streams an account's expectations, each image once.
	Of(ctx context.Context, a plan.Account) iter.Seq2[Expectation, error]
}

// DriftKind says how an image differs from what a job left behind.
type DriftKind string

// The kinds of drift. Scripts match on them: they are never renamed.
const (
	DriftMissing    DriftKind = "missing"    // it was there, and is not any more
	DriftReappeared DriftKind = "reappeared" // it was gone, and is there again
	DriftChanged    DriftKind = "changed"    // it is there, and not as the job left it
)

// Drift is an image that is not as a job left it.
type Drift struct {
	Expectation
	Kind   DriftKind
	Status string    // as the API shows it; "" for an image that is not there
	Since  time.Time // when that came about, where the API tells; else when the job last saw it otherwise
	Told   bool      // the API told since when
}

// clocks is how far the API's clock and ours may be apart before a time that it
// tells counts as later than one of ours.
const clocks = 5 * time.Minute

// drift compares an image with what was expected of it: i is nil where the account
// does not have it.
func drift(x Expectation, i *graph.Image) (Drift, bool) {
	d := Drift{Expectation: x, Since: x.At}
	if i == nil || i.Deleted() {
		d.Kind = DriftMissing
		if i != nil {
			d.Status = i.Status
			d.told(i.UpdatedAt())
		}
		return d, x.Present
	}
	d.Status = i.Status
	created, made := i.CreatedAt()
	updated, touched := i.UpdatedAt()
	if !x.Present {
		d.Kind = DriftReappeared
		d.told(created, made)
		return d, true
	}
	d.Kind = DriftChanged
	switch {
	case made && created.After(x.At.Add(clocks)):
		d.told(created, made)
	case touched && updated.After(x.At.Add(clocks)):
		d.told(updated, touched)
	case i.Status == "" || strings.EqualFold(i.Status, "ACTIVE"):
		return d, false
	}
	return d, true
}

// told takes a time of the API, unless the job still saw the image otherwise then.
func (d *Drift) told(at time.Time, ok bool) {
	if ok && at.After(d.At) {
		d.Since, d.Told = at, true
	}
}

// Verified counts what Verify found.
type Verified struct {
	Present int // images that were to be there
	Absent  int // and those that were to be gone
	Drifts  map[DriftKind]int
	Unread  int // images of which the API told nothing: neither drift nor as they were left
}

// Checked is how many images were read, Unread apart.
func (v Verified) Checked() int { return v.Present + v.Absent }

// Drifted is how many of them are not as the job left them.
func (v Verified) Drifted() (n int) {
	for _, k := range v.Drifts {
		n += k
	}
	return n
}

// verifyFields tell presence, and since when.
var verifyFields = []string{graph.FieldHash, graph.FieldStatus, graph.FieldCreated, graph.FieldUpdated}

// Verify reads every image back of which something is expected, and tells of each
// that is otherwise, in no particular order. Errors are a
// Reader's; they leave images unread.
func Verify(ctx context.Context, r *Reader, x Expected, each func(Drift) error) (Verified, error) {
	v := Verified{Drifts: map[DriftKind]int{}}
	accounts, err := x.Accounts(ctx)
	if err != nil {
		return v, err
	}
	if v.Unread, err = x.Count(ctx); err != nil {
		return v, err
	}
	asked := map[imageAt]Expectation{} // what is on its way
	hashes := func(a plan.Account) iter.Seq2[plan.Hash, error] {
		return func(yield func(plan.Hash, error) bool) {
			for e, err := range x.Of(ctx, a) {
				if err == nil {
					asked[imageAt{a, e.Hash}] = e
				}
				if !yield(e.Hash, err) {
					return
				}
			}
		}
	}
	err = r.Find(ctx, accounts, graph.Query{Fields: verifyFields}, hashes, func(f Found) error {
		e := asked[imageAt{f.Account, f.Hash}]
		delete(asked, imageAt{f.Account, f.Hash})
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
