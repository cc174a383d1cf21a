package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"adferry/graph"
	"adferry/jobs/cleanup"
	"adferry/jobs/reader"
	"adferry/jobs/store"
	"adferry/plan"
	"adferry/reports"
)

// inventory is what a cleanup's accounts hold, and what of it is to go.
type inventory struct {
	accounts []plan.Account
	counts   map[plan.Account]*cleanup.Count
	listed   []plan.Account         // of those, what was listed to its end
	unlisted map[plan.Account]error // and what was not, and loses nothing
	deletes  int                    // in the accounts that were listed
	spool    *spool
	policy   cleanup.Policy
	began    time.Time // as of when the policy judged
}

// takeInventory lists all accounts to their end, and judges every image: deleting
// while an account is being listed would move its pages. Memory holds counts, and
// the rest is on disk.
func takeInventory(ctx context.Context, s *streams, se *session, o *order) (*inventory, error) {
	api, err := se.connect(nil)
	if err != nil {
		return nil, err
	}
	inv := &inventory{accounts: o.accounts, counts: map[plan.Account]*cleanup.Count{}, unlisted: map[plan.Account]error{}}
	for _, a := range o.accounts {
		inv.counts[a] = &cleanup.Count{}
	}
	if inv.spool, err = newSpool(); err != nil {
		return nil, notStarted(err)
	}
	began := time.Now()
	inv.policy, inv.began = o.policy, began
	shown := began
	r := &reading{err: s.err, quiet: se.quiet, log: se.log}
	options := se.options
	options.Observe = r.observe
	ctx, release := untilSignal(ctx)
	defer release()
	images := 0
	err = reader.New(api, options.Dispatch()).List(ctx, o.accounts, graph.Query{Fields: cleanup.Fields}, func(a plan.Account, page graph.Reply) error {
		var gone []plan.Line
		for _, i := range page.Images {
			v := o.policy.Judge(a, i, began)
			inv.counts[a].Add(v)
			if v == cleanup.Delete {
				gone = append(gone, cleanup.Row(a, i))
			}
		}
		images += len(page.Images)
		if now := time.Now(); now.Sub(shown) >= listingPause {
			shown = now
			r.say(fmt.Sprintf("listing: %s so far", count(images, "image")))
		}
		return inv.spool.add(a, gone)
	})
	if err := inv.end(err); err != nil {
		inv.close()
		return nil, err
	}
	if se.options.MaxDuration > 0 { // the time allowed is for all of it
		se.options.MaxDuration = max(time.Second, se.options.MaxDuration-time.Since(began))
	}
	return inv, nil
}

// listingPause is how often a long listing says how far it is.
const listingPause = 10 * time.Second

// end takes the outcome of the listing. What ended it all ends everything; errors
// of accounts only leave these out.
func (inv *inventory) end(err error) error {
	accounts, stop := apart(err)
	var disk *store.DiskError
	switch {
	case errors.As(stop, &disk):
		return notStarted(stop)
	case stop != nil:
		return &readingError{fmt.Errorf("nothing was deleted, for the images could not be listed: %w", stop)}
	}
	for _, e := range accounts {
		inv.unlisted[e.Account] = e
	}
	for _, a := range inv.accounts {
		if inv.unlisted[a] == nil {
			inv.listed = append(inv.listed, a)
			inv.deletes += inv.counts[a].Of(cleanup.Delete)
		}
	}
	return nil
}

func (inv *inventory) close() { inv.spool.close() }

// lines are the manifest's rows.
func (inv *inventory) lines() iter.Seq2[plan.Line, error] { return inv.spool.lines(inv.listed) }

// write puts the manifest, and by which terms it was made, into a job's folder. It
// returns the manifest's sum.
func (inv *inventory) write(dir string, t terms) (sum [sha256.Size]byte, err error) {
	h := sha256.New()
	err = reports.WriteFile(dir, manifestName, func(w io.Writer) error {
		_, err := plan.Write(io.MultiWriter(w, h), inv.lines())
		return err
	})
	if err == nil {
		h.Sum(sum[:0])
		t.Manifest = hex.EncodeToString(sum[:])
		t.Policy, t.Cutoff = inv.words(), inv.policy.Cutoff(inv.began).Truncate(time.Second)
		err = t.write(dir)
	}
	if err != nil {
		return sum, &store.DiskError{Err: err}
	}
	return sum, nil
}

// words are the policy as it was applied.
func (inv *inventory) words() string { return inv.policy.Describe(inv.began) }

// ended tells which accounts were left out, and makes a good end a failure then.
func (inv *inventory) ended(s *streams, err error) error {
	for _, a := range inv.accounts {
		if e := inv.unlisted[a]; e != nil {
			report(s.err, fmt.Errorf("%w; nothing of it is deleted", e))
		}
	}
	if err == nil && len(inv.unlisted) > 0 {
		return &endedError{exitFailures}
	}
	return err
}
