package reader

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/evidence"
	"adferry/plan"
)

// Reader reads many ad accounts side by side, within the quotas of each and of
// the app, and writes nothing. It obeys throttles, tries again and doubts empty
// answers as the engine does. What one of its methods learned of the quotas the
// next one keeps; only one may run at a time.
//
// An account that is refused, blocked or fails again and again ends with an
// *[AccountError], while the others go on; a method returns those of all accounts
// joined, in the accounts' order. What ends the whole reading comes before them:
// a *[jobs.RefusedError], a *[jobs.OfflineError], a *[jobs.ThrottledError] if the
// options do not allow to wait, [jobs.ErrDuration], the end of the context, or what the
// caller's own function returned.
type Reader struct {
	d   *dispatch.Dispatcher
	api dispatch.API
	opt dispatch.Options

	tellsStatus bool // answers tell the status of images
}

// leastTold is from how long on a wait is told that the API did not impose: whoever lists
// images sees no more of a run than these events.
const leastTold = 10 * time.Second

// New makes a reader.
func New(api dispatch.API, opt dispatch.Options) *Reader {
	opt.BatchSize, opt.CancelOnStop = 1, true
	if observe := opt.Observe; observe != nil {
		opt.Observe = func(e jobs.Event) {
			unasked := e.Kind == jobs.EventWaiting || e.Kind == jobs.EventUnreachable
			if !unasked || time.Until(e.Until) >= leastTold {
				observe(e)
			}
		}
	}
	return &Reader{api: api, opt: opt.WithDefaults(), d: dispatch.New(opt)}
}

// SetQuotas takes over what a job knows about the quotas, as its next process would: tiers,
// times until which ad accounts or the app have to wait, and whether answers carry
// quota headers. Of s it uses Lanes and Tally.
func (r *Reader) SetQuotas(s jobs.ResumePoint) {
	if s.Tally.HeadersSent {
		r.d.ExpectHeaders()
	}
	for _, lane := range s.Lanes {
		if lane.Account != "" {
			r.d.Open(lane.Account, nil, pageSize)
		}
		r.d.Inherit(lane, time.Now())
	}
}

// pageSize is how many images a listing asks for at once. The edge's limit is not
// documented; 500 is in use elsewhere, and every page less is a call less. An
// answer that is shorter changes nothing: cursors lead on.
const pageSize = 500

// List streams the images of the ad accounts that q asks for, page by page; a
// page may be empty. Each image of an account comes once, however often its pages show
// it, and so q.Fields has to include hash if it names any. An account whose list has no
// end (see package evidence) ends with an *AccountError.
//
// q.Limit is the page size, 500 unless set; it halves when the API cannot answer so
// much, and grows back. Memory holds at most one page for each worker, and some 30 bytes
// for each image of the accounts that are being listed. The pages of one account come
// in order, each is called by one goroutine at a time, and an error of it ends the
// listing.
func (r *Reader) List(ctx context.Context, accounts []plan.Account, q graph.Query, each func(plan.Account, graph.Reply) error) error {
	if q.Limit == 0 {
		q.Limit = pageSize
	}
	return r.read(ctx, accounts, q.Limit, func(a plan.Account) (backlog, func()) {
		return &listing{account: a, q: q, each: each, pages: evidence.NewListing(a, q)}, func() {}
	})
}

// Count asks how many images of each ad account match q, and transfers none but
// one. The number is the API's own: whether it counts deleted ones is not documented.
// An account whose answer does not tell ends with an *AccountError.
func (r *Reader) Count(ctx context.Context, accounts []plan.Account, q graph.Query, each func(plan.Account, int) error) error {
	q.Total, q.Fields = true, []string{graph.FieldID}
	return r.read(ctx, accounts, 1, func(a plan.Account) (backlog, func()) {
		return &listing{account: a, q: q, each: func(a plan.Account, p graph.Reply) error {
			if !p.HasTotal {
				return &AccountError{a, &graph.Error{Class: graph.RefusedItem, HTTP: p.Status, Message: "the API does not tell how many images there are"}, false}
			}
			return each(a, p.Total)
		}}, func() {}
	})
}

// CheckAccess asks for next to nothing of each ad account, to learn whether it can be
// read now and which tier it reports. An account that may be blocked is not waited
// for. Errors are as those of the other methods.
func (r *Reader) CheckAccess(ctx context.Context, accounts []plan.Account) error {
	r.d.Impatient(true)
	defer r.d.Impatient(r.opt.Impatient)
	t := r.newScan(accounts, 1, func(a plan.Account) (backlog, func()) {
		return &listing{account: a, q: graph.Query{Fields: []string{graph.FieldID}}, each: func(plan.Account, graph.Reply) error { return nil }}, func() {}
	})
	t.hurried = true
	return t.finish(ctx)
}

// Found is what reading says of one image of an ad account.
type Found struct {
	Account plan.Account
	Hash    plan.Hash
	Image   *graph.Image // nil: the account does not have it
}

// Find reads images by their hashes, up to 50 in one call, and tells of each that
// hashes yields for an account, in no particular order. Hashes are taken only as
// they can be asked for, so memory stays flat however many there are. q has the
// fields, which must be or include hash, and filters, should there be any. An
// image that the account keeps with status DELETED is found: its status says so.
func (r *Reader) Find(ctx context.Context, accounts []plan.Account, q graph.Query, hashes func(plan.Account) iter.Seq2[plan.Hash, error], each func(Found) error) error {
	return r.FindExpected(ctx, accounts, q, hashes, func(plan.Account, plan.Hash) bool { return false }, each)
}

// FindExpected is Find for images of which some are expected to be there. One of these that
// an answer does not show is asked for once more after evidence.DoubtPause, before it is told
// to be absent: a single empty answer may be false, and would hide all that were asked for
// together.
func (r *Reader) FindExpected(ctx context.Context, accounts []plan.Account, q graph.Query, hashes func(plan.Account) iter.Seq2[plan.Hash, error],
	expected func(plan.Account, plan.Hash) bool, each func(Found) error) error {
	return r.read(ctx, accounts, graph.MaxHashes, func(a plan.Account) (backlog, func()) {
		next, stop := iter.Pull2(hashes(a))
		return &finder{account: a, q: q, pull: next, atOnce: r.opt.Workers, expected: expected, each: each, status: &r.tellsStatus}, stop
	})
}

// Hashes yields hashes that are known beforehand, as Find takes them.
func Hashes[H ~string](all []H) iter.Seq2[plan.Hash, error] {
	return func(yield func(plan.Hash, error) bool) {
		for _, h := range all {
			if !yield(plan.Hash(h), nil) {
				return
			}
		}
	}
}

// Tier is the access tier that the API reported for an account, so far.
func (r *Reader) Tier(a plan.Account) graph.Tier {
	if l := r.d.Lane(a); l != nil {
		return l.Quota.Tier
	}
	return graph.TierUnknown
}

// read works through the backlogs of the ad accounts.
func (r *Reader) read(ctx context.Context, accounts []plan.Account, width int, backlogOf func(plan.Account) (backlog, func())) error {
	return r.newScan(accounts, width, backlogOf).finish(ctx)
}

func (r *Reader) newScan(accounts []plan.Account, width int, backlogOf func(plan.Account) (backlog, func())) *scan {
	s := &scan{Reader: r}
	seen := map[plan.Account]bool{}
	for _, a := range accounts {
		if seen[a] {
			continue
		}
		seen[a] = true
		b, release := backlogOf(a)
		scan := &accountScan{scan: s, backlog: b, release: release}
		scan.lane = r.d.Open(a, scan, width)
		scan.lane.Wake()
		s.all, s.open = append(s.all, scan), append(s.open, scan)
	}
	return s
}

// finish runs the scan and returns what went wrong.
func (s *scan) finish(ctx context.Context) error {
	failed := []error{s.d.Run(ctx, s, dispatch.Plain{API: s.api})}
	for _, a := range s.all {
		a.release()
		if a.refused != nil {
			failed = append(failed, &AccountError{a.lane.Account, a.refused, a.endless})
		}
	}
	return errors.Join(failed...)
}

// AccountError: an ad account that could not be read to its end.
type AccountError struct {
	Account plan.Account
	Err     *graph.Error
	Endless bool // its list has no end: the API answers, and reading again shows the same
}

func (e *AccountError) Error() string {
	return fmt.Sprintf("%s cannot be read: %s", e.Account.Act(), e.Err.Error())
}
func (e *AccountError) Unwrap() error { return e.Err }

// SplitErrors separates what a method of a Reader returned into the errors of ad accounts
// and the one that ended the reading, which is nil if none did.
func SplitErrors(err error) (accounts []*AccountError, stop error) {
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	for _, e := range all {
		if a, ok := e.(*AccountError); ok {
			accounts = append(accounts, a)
		} else if stop == nil {
			stop = e
		}
	}
	return accounts, stop
}
