package collect

import (
	"context"
	"iter"

	"adferry/graph"
	"adferry/jobs/reader"
	"adferry/jobs/spill"
	"adferry/plan"
)

// Images lists ad accounts, and finds images in them: *[reader.Reader] does.
type Images interface {
	List(ctx context.Context, accounts []plan.Account, q graph.Query, each func(plan.Account, graph.Reply) error) error
	Find(ctx context.Context, accounts []plan.Account, q graph.Query, hashes func(plan.Account) iter.Seq2[plan.Hash, error], each func(reader.Found) error) error
}

// Count counts the images of an ad account that were asked for.
type Count struct {
	Account plan.Account
	Missing int // images asked for by hash that it does not have
	by      [whyCount]int
}

// Of is the number of images that are not selected for this reason; Of(Selected) is that of
// the selected ones.
func (c Count) Of(w Why) int { return c.by[w] }

// Collection is what was selected.
type Collection struct {
	Counts []Count // in the order of the request

	request *Request
	file    *spill.File[row]
	slice   int // rows that are compared at a time
}

// row is an image that was selected.
type row struct {
	Account plan.Account
	Hash    plan.Hash
	Name    string
}

// Image names the image.
func (r row) Image() (plan.Account, plan.Hash) { return r.Account, r.Hash }

// List lists the request's ad accounts to their end. progress, which may be nil, hears after
// each page how many images were listed so far. Memory holds counts; the rest is in a
// temporary file. Errors are those of the Images, *[spill.Error], or those of accounts that
// could not be listed to their end. The collection has to be closed.
func List(ctx context.Context, images Images, r *Request, progress func(images int)) (*Collection, error) {
	file, err := spill.New[row]()
	if err != nil {
		return nil, err
	}
	c := &Collection{request: r, file: file, slice: sliceRows, Counts: make([]Count, len(r.Accounts))}
	at := map[plan.Account]*Count{}
	for i, a := range r.Accounts {
		c.Counts[i].Account = a
		at[a] = &c.Counts[i]
	}
	listed := 0
	take := func(a plan.Account, page []graph.Image) error {
		if listed += len(page); progress != nil {
			progress(listed)
		}
		var rows []row
		for _, i := range page {
			why := r.judge(i)
			at[a].by[why]++
			if why == Selected {
				hash, err := plan.ParseHash(i.Hash)
				if err != nil {
					return err
				}
				rows = append(rows, row{a, hash, i.Name})
			}
		}
		return file.Add(a, rows)
	}
	q := r.Query
	q.Fields = r.fields()
	if len(q.Hashes) == 0 {
		err = images.List(ctx, r.Accounts, q, func(a plan.Account, page graph.Reply) error { return take(a, page.Images) })
	} else {
		err = find(ctx, images, r.Accounts, q, func(f reader.Found) error {
			if f.Image == nil {
				at[f.Account].Missing++
				return nil
			}
			return take(f.Account, []graph.Image{*f.Image})
		})
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return c, nil
}

// find asks for the query's hashes in each of the accounts.
func find(ctx context.Context, images Images, accounts []plan.Account, q graph.Query, each func(reader.Found) error) error {
	hashes := func(plan.Account) iter.Seq2[plan.Hash, error] { return reader.Hashes(q.Hashes) }
	filters := q
	filters.Hashes = nil
	return images.Find(ctx, accounts, filters, hashes, each)
}

// Close removes the temporary file.
func (c *Collection) Close() { c.file.Close() }
