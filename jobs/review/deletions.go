package review

import (
	"context"
	"iter"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/reader"
	"adferry/plan"
)

// A Finder finds images by their hashes, as [adferry/jobs/reader.Reader] does.
type Finder interface {
	Find(ctx context.Context, accounts []plan.Account, q graph.Query, hashes func(plan.Account) iter.Seq2[plan.Hash, error], each func(reader.Found) error) error
}

// Words for images of which there is no picture.
const (
	Absent = "not in the ad account when it was read"
	Unread = "not read"
)

// chunk is how many rows are held and read together. Reads ask for 50 images of an account
// at once, so rows of many accounts cost hardly a call more than if each account's were
// read in one go.
const chunk = 2000

// Deletions are the pictures of the images that rows delete or move away, in the order of
// the rows, with the note of the row as why. Memory holds one chunk of them.
//
// With a Finder they are read from the API, up to 50 in a call; without, nothing is read.
// What cannot be read has no thumbnail, and [Unread] as its use; failed hears why, and
// neither an ad account that failed nor, after an error that ended the reading, anything
// is asked for again. The end of the context ends the sequence.
func Deletions(ctx context.Context, f Finder, rows iter.Seq2[plan.Line, error], failed func(error)) iter.Seq2[Picture, error] {
	return func(yield func(Picture, error) bool) {
		d := deletions{finder: f, told: failed, closed: map[plan.Account]bool{}}
		flush := func() bool {
			if err := d.read(ctx); err != nil {
				yield(Picture{}, err)
				return false
			}
			for _, p := range d.held {
				if !yield(p, nil) {
					return false
				}
			}
			d.held = d.held[:0]
			return true
		}
		for row, err := range rows {
			switch {
			case err != nil:
				yield(Picture{}, err)
				return
			case row.Verb == plan.Delete || row.Verb == plan.Move:
				d.held = append(d.held, Picture{Account: row.Source, Hash: row.Hash, Use: Unread, Why: row.Note})
			}
			if len(d.held) == chunk && !flush() {
				return
			}
		}
		flush()
	}
}

// deletions are one chunk of pictures, and what reading them met.
type deletions struct {
	finder Finder
	held   []Picture
	told   func(error)
	closed map[plan.Account]bool // could not be read
}

// read fills in what the API tells of the pictures. Its error is the context's.
func (d *deletions) read(ctx context.Context) error {
	if d.finder == nil || len(d.held) == 0 {
		return nil
	}
	at := map[jobs.ImageAt][]int{} // two rows may delete one image
	hashes := map[plan.Account][]plan.Hash{}
	var accounts []plan.Account
	for i, p := range d.held {
		here := jobs.ImageAt{Account: p.Account, Hash: p.Hash}
		if d.closed[p.Account] {
			continue
		}
		if at[here] == nil {
			if hashes[p.Account] == nil {
				accounts = append(accounts, p.Account)
			}
			hashes[p.Account] = append(hashes[p.Account], p.Hash)
		}
		at[here] = append(at[here], i)
	}
	of := func(a plan.Account) iter.Seq2[plan.Hash, error] { return reader.Hashes(hashes[a]) }
	err := d.finder.Find(ctx, accounts, graph.Query{Fields: Fields}, of, func(found reader.Found) error {
		for _, i := range at[jobs.ImageAt{Account: found.Account, Hash: found.Hash}] {
			d.held[i] = pictureOf(found, d.held[i].Why)
		}
		return nil
	})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	failures, stop := reader.SplitErrors(err)
	for _, a := range failures {
		d.closed[a.Account] = true
		d.told(a)
	}
	if stop != nil {
		d.finder = nil
		d.told(stop)
	}
	return nil
}

func pictureOf(found reader.Found, why string) Picture {
	if found.Image == nil {
		return Picture{Account: found.Account, Hash: found.Hash, Use: Absent, Why: why}
	}
	p := Of(found.Account, *found.Image)
	p.Hash, p.Why = found.Hash, why
	return p
}
