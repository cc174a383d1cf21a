package cleanup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"iter"
	"time"

	"adferry/graph"
	"adferry/jobs/reader"
	"adferry/jobs/review"
	"adferry/jobs/spill"
	"adferry/plan"
)

// A Lister lists the images of ad accounts page by page, each image once, as
// [adferry/jobs/reader.Reader] does: errors of ad accounts are joined, behind the error that
// ended the listing, should there be one.
type Lister interface {
	List(ctx context.Context, accounts []plan.Account, q graph.Query, each func(plan.Account, graph.Reply) error) error
}

// Inventory is what the ad accounts of a request hold, and what of it the policy
// selects.
type Inventory struct {
	Accounts []AccountCount // in the order of the request
	ListedAt time.Time      // as of when the policy judged

	request   *Request
	deletions *spill.File[Selected] // also of an account that could not be listed to its end, which are not read back
}

// AccountCount counts the images of one ad account.
type AccountCount struct {
	Account plan.Account
	Count
	Err error // why it was not listed to its end; nil if it was
}

// Deletes is how many images of the ad account go: none of one that was not listed to
// its end.
func (a AccountCount) Deletes() int {
	if a.Err != nil {
		return 0
	}
	return a.Of(Delete)
}

// List lists the request's ad accounts to their end and judges every image as of now.
// It deletes nothing, because a deletion while an account is being listed would shift
// its pages. progress, which may be nil, hears after each page how many images were
// listed so far. Memory holds counts; the rest is in a temporary file.
//
// An error of an ad account excludes that account alone. Any other error ends the
// listing: it is a *[spill.Error] or comes from the Lister. The inventory has to be
// closed.
func List(ctx context.Context, l Lister, r *Request, now time.Time, progress func(images int)) (*Inventory, error) {
	file, err := spill.New[Selected]()
	if err != nil {
		return nil, err
	}
	counts := make(map[plan.Account]*Count, len(r.Accounts))
	for _, a := range r.Accounts {
		counts[a] = &Count{}
	}
	images := 0
	err = l.List(ctx, r.Accounts, graph.Query{Fields: listed}, func(a plan.Account, page graph.Reply) error {
		var rows []Selected
		for _, image := range page.Images {
			v := r.Policy.Judge(a, image, now)
			counts[a].Add(v)
			if v == Delete {
				rows = append(rows, r.Policy.selected(a, image, now))
			}
		}
		if images += len(page.Images); progress != nil {
			progress(images)
		}
		return file.Add(a, rows)
	})
	accounts, err := reader.SplitErrors(err)
	unlisted := map[plan.Account]error{}
	for _, a := range accounts {
		unlisted[a.Account] = a
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	inv := &Inventory{ListedAt: now, request: r, deletions: file}
	for _, a := range r.Accounts {
		inv.Accounts = append(inv.Accounts, AccountCount{a, *counts[a], unlisted[a]})
	}
	return inv, nil
}

// Close removes the temporary file.
func (inv *Inventory) Close() { inv.deletions.Close() }

// Deletes is how many images go.
func (inv *Inventory) Deletes() int {
	n := 0
	for _, a := range inv.Accounts {
		n += a.Deletes()
	}
	return n
}

// Policy describes the policy as it was applied.
func (inv *Inventory) Policy() string { return inv.request.Policy.Describe(inv.ListedAt) }

// CheckLimit refuses to delete more than the request allows: see [CheckLimit].
func (inv *Inventory) CheckLimit() error { return CheckLimit(inv.Accounts, inv.request.Limit) }

// Rows are the manifest's rows: the deletions in the ad accounts that were listed to
// their end, account by account. Errors are *[spill.Error].
func (inv *Inventory) Rows() iter.Seq2[plan.Line, error] {
	return func(yield func(plan.Line, error) bool) {
		for image, err := range inv.deletions.Rows(inv.listed()...) {
			if !yield(image.row(), err) {
				return
			}
		}
	}
}

// Pictures are the images that go, in the order of the rows. Errors are *[spill.Error].
func (inv *Inventory) Pictures() iter.Seq2[review.Picture, error] {
	return func(yield func(review.Picture, error) bool) {
		for image, err := range inv.deletions.Rows(inv.listed()...) {
			if !yield(image.Picture, err) {
				return
			}
		}
	}
}

// listed are the ad accounts that were listed to their end.
func (inv *Inventory) listed() []plan.Account {
	var listed []plan.Account
	for _, a := range inv.Accounts {
		if a.Err == nil {
			listed = append(listed, a.Account)
		}
	}
	return listed
}

// A FileWriter writes a file into a folder, whole or not at all.
type FileWriter func(dir, name string, write func(io.Writer) error) error

// Save writes the manifest and then its criteria into dir. It returns the SHA-256 of
// the manifest.
func (inv *Inventory) Save(dir string, writeFile FileWriter) (sum [sha256.Size]byte, err error) {
	h := sha256.New()
	err = writeFile(dir, ManifestName, func(w io.Writer) error {
		_, err := plan.Write(io.MultiWriter(w, h), inv.Rows())
		return err
	})
	if err != nil {
		return sum, err
	}
	h.Sum(sum[:0])
	c := inv.request.Criteria()
	c.Manifest = hex.EncodeToString(sum[:])
	c.Policy, c.Cutoff = inv.Policy(), inv.request.Policy.Cutoff(inv.ListedAt).Truncate(time.Second)
	return sum, writeFile(dir, CriteriaName, c.Write)
}
