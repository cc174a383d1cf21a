package jobs

import (
	"adferry/plan"
	"context"
	"iter"
	"time"
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

// Verified counts what verify.Run found.
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
