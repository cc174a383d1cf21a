package simulation_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/engine"
	"adferry/jobs/evidence"
	"adferry/jobs/quota"
	"adferry/plan"
)

// network carries requests to the server. A request whose client leaves while
// it is on its way is lost, or arrives all the same, now or later.
type network struct {
	server  http.RoundTripper
	outages bool

	mu    sync.Mutex
	dice  dice
	stray sync.WaitGroup // requests that arrive after their client left
}

func (n *network) setOutages(yes bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.outages = yes
}

func (n *network) RoundTrip(req *http.Request) (*http.Response, error) {
	n.mu.Lock()
	outages := n.outages
	way := n.dice.span(100*time.Microsecond, time.Second)
	arrives, late := n.dice.chance(0.6), n.dice.span(time.Millisecond, 20*time.Second)
	n.mu.Unlock()
	if outages && time.Now().Unix()%600 < 90 {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	}
	var body []byte
	if req.Body != nil {
		defer req.Body.Close()
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
	}
	send := func(ctx context.Context) (*http.Response, error) {
		r := req.Clone(ctx)
		r.Body = io.NopCloser(bytes.NewReader(body))
		return n.server.RoundTrip(r)
	}
	select {
	case <-time.After(way):
		return send(req.Context())
	case <-req.Context().Done():
	}
	if arrives {
		n.stray.Go(func() {
			time.Sleep(late)
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
			defer cancel()
			if res, err := send(ctx); err == nil {
				_, _ = io.Copy(io.Discard, res.Body)
				res.Body.Close()
			}
		})
	}
	return nil, context.Cause(req.Context())
}

// wire is the API as one process sees it, and watches what goes over it.
type wire struct {
	api    dispatch.API
	sim    *sim
	life   life
	disk   *frail
	living int  // which process it is of
	gone   bool // the process is dead: nothing leaves it; guarded by sim.mu

	cancel func(error) // ends the process
	stop   *stop       // stops it for a while
	count  int         // requests so far
	flying int
	to     jobs.Steering              // how the process is to go on
	turned time.Time                  // since when
	widest int                        // it was to have so many requests at once before
	told   bool                       // an answer to a read carried a quota header
	shut   map[plan.Account]time.Time // when a gate was last closed, open again or not
	gates  map[plan.Account]*gate     // by account, and of apps as scenario.app names them
	reads  map[place]reading          // what the last answers prove
	seen   map[place]time.Time        // when the last read left that shows an image
	trail  trail
}

// mostRequests is how many a process sends at most: the longest lives that come to
// an end, where a third of the calls is throttled, take half of them.
const mostRequests = 20_000

// gate is what a throttle asked for.
type gate struct {
	until time.Time
	since time.Time // when the process was told
	heard bool      // ... by another one: what asked the board before is on its way
	why   string
	probe *flight // the one request that may go after it, on its way
}

// reading is what an answer proves of one image, and when the read left.
type reading struct {
	present bool
	at      time.Time
	told    time.Time // when the answer came
}

// flight is one HTTP request.
type flight struct {
	calls []graph.Call
	left  time.Time // when it passed the gates
	begun time.Time // ... or perhaps: before the process was stopped
	sent  time.Time
}

// writing is one write that was sent, and what its process heard of it.
type writing struct {
	sent, back time.Time
	lost       bool // it may have taken effect, and no answer says so
	void       bool // the answer says that it was not carried out
}

// deed names a write: equal deeds have equal effects.
type deed struct {
	action  graph.Action
	account string
	source  string
	hash    string
}

func deedOf(c graph.Call) deed { return deed{c.Action, c.Account, c.Source, c.Hash} }

// place is the image that the deed's effect shows in.
func (d deed) place() place { return place{d.account, d.hash} }

// Do checks the calls, sends them and notes the replies.
func (w *wire) Do(ctx context.Context, calls []graph.Call) []graph.Reply {
	now := time.Now()
	f := &flight{calls: calls, left: now, sent: now}
	if !w.leave(f) {
		replies := make([]graph.Reply, len(calls))
		for i := range replies {
			replies[i].Err = &graph.Error{Class: graph.Transient, Lost: true, Message: "the process is gone"}
		}
		return replies
	}
	replies := w.api.Do(ctx, calls)
	w.stop.wait()
	w.back(f, replies)
	return replies
}

// leave notes a request that is about to go; a dead process sends none.
func (w *wire) leave(f *flight) bool {
	s := w.sim
	ops := s.operations(f.calls)
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.gone {
		return false
	}
	for i, c := range f.calls {
		if c.Action.Write() {
			f.left = w.disk.passed(ops[i].ID)
			w.permit(c, ops[i], f.left)
		}
	}
	f.begun = w.stop.before(f.left)
	w.flying++
	if w.count++; w.count == mostRequests {
		s.fault("it sent %d requests and goes on", w.count)
		w.cancel(errHung)
	}
	w.steered(f)
	if len(f.calls) > w.life.options.BatchSize {
		s.fault("%d calls in a request with batches of %d", len(f.calls), w.life.options.BatchSize)
	}
	if since := w.disk.since(); !since.IsZero() && f.sent.After(since) {
		s.fault("a request left %v after the checkpoint failed", f.sent.Sub(since))
	}
	account := plan.Account(f.calls[0].Account)
	for _, c := range f.calls {
		if c.Account != string(account) {
			s.fault("a request for %s carries a call for %s", account, c.Account)
		}
	}
	w.pass(s.appOf(f.calls[0]), f)
	if account != "" { // the neutral question passes the app's gate alone
		w.pass(account, f)
	}
	w.trail.add(step{account: account, calls: len(f.calls)})
	for _, c := range f.calls {
		if c.Action.Write() {
			s.sent[deedOf(c)] = append(s.sent[deedOf(c)], &writing{sent: f.sent})
		}
	}
	return true
}

// turn changes how the process goes on.
func (w *wire) turn(e *engine.Engine, to jobs.Steering) {
	w.sim.mu.Lock()
	w.widest = max(w.widest, w.to.Workers)
	w.to, w.turned = to, time.Now()
	w.sim.mu.Unlock()
	e.Steer(to)
}

// steered checks a request against what the process is to do. sim.mu is held.
func (w *wire) steered(f *flight) {
	width := w.to.Workers
	if !f.left.After(w.turned) { // it was on its way
		width = max(width, w.widest)
	} else if w.to.Paused {
		w.sim.fault("a request for %s left %v after a pause began", f.calls[0].Account, f.left.Sub(w.turned))
	}
	if w.flying > width {
		w.sim.fault("%d requests in flight with %d workers", w.flying, width)
	}
}

// pass checks a request against a gate. sim.mu is held.
func (w *wire) pass(account plan.Account, f *flight) {
	g := w.gates[account]
	switch {
	case g == nil:
	case (f.begun.Before(f.sent) || g.heard) && !f.begun.After(g.since): // it was on its way, and may have waited for the disk
	case f.sent.Before(g.until):
		w.sim.fault("a request for %s left %v before the end of the wait of %q (%s)%s", f.calls[0].Account, g.until.Sub(f.sent), account, g.why, w.trail.of(account))
	case g.probe != nil:
		w.sim.fault("a request for %s left beside the probe of %q%s", f.calls[0].Account, account, w.trail.of(account))
	case len(f.calls) > 1:
		w.sim.fault("a probe of %q has %d calls%s", account, len(f.calls), w.trail.of(account))
	default:
		g.probe = f
	}
}

// longestRequest is how long a request is on its way at most.
const longestRequest = 90 * time.Second

// permit checks a write against what the checkpoint says at this moment, and
// what the process was told. sim.mu is held.
func (w *wire) permit(c graph.Call, op jobs.Operation, left time.Time) {
	s := w.sim
	if op.ID == 0 {
		s.fault("%s of %s in %s from %q: no row asks for it", c.Action, c.Hash, c.Account, c.Source)
		return
	}
	if op.Outcome.State != jobs.Sent {
		s.fault("%s was sent while the checkpoint says %s", s.name(op.Op), op.Outcome.State)
	}
	for _, n := range op.Needs {
		if !n.Outcome.State.Settled() {
			s.fault("%s was sent before %s was settled", s.name(op.Op), s.name(n.Op))
		}
		if op.Kind == plan.KindDelete && n.Kind == plan.KindCopy && n.Source == op.Source && (!n.Outcome.State.OK() || n.Outcome.ConfirmedAt.IsZero()) {
			s.fault("%s was sent, and %s is %s, seen %v", s.name(op.Op), s.name(n.Op), n.Outcome.State, n.Outcome.ConfirmedAt)
		}
	}
	w.checkConfirmed(op)
	d := deedOf(c)
	if s.scenario.keeps && op.Kind == plan.KindDelete && !s.kept[d.place()] {
		s.fault("%s was sent, and the backup does not have its image", s.name(op.Op))
	}
	r, told := w.reads[d.place()]
	switch {
	case !told:
		s.fault("%s was sent and nothing was read", s.name(op.Op))
	case r.present != (op.Kind == plan.KindDelete) && left.After(r.told) && s.oldest() == 0 && !s.changedSince(d.place(), r.at): // else the answers to two reads contradict each other
		s.fault("%s was sent, and a read said present=%v", s.name(op.Op), r.present)
	case time.Since(r.at) > 11*time.Minute:
		s.fault("%s was sent %v after the last read", s.name(op.Op), time.Since(r.at))
	}
	for _, before := range s.sent[d] {
		lost, back := before.lost, before.back
		if back.IsZero() { // on its way, or its process was stopped before it heard
			lost, back = true, before.sent.Add(longestRequest)
		}
		if lost && r.at.Before(back) {
			s.fault("%s was sent again, its answer was lost at %v and it was read at %v", s.name(op.Op), back.Sub(s.began), r.at.Sub(s.began))
		}
	}
}

// back notes the replies to a request.
func (w *wire) back(f *flight, replies []graph.Reply) {
	s := w.sim
	s.mu.Lock()
	defer s.mu.Unlock()
	w.flying--
	now := time.Now()
	matched := slices.Clone(replies)
	evidence.Match(f.calls, matched) // what is known of each; whatever it is, a throttle among them is one
	for i, c := range f.calls {
		r := replies[i]
		switch {
		case c.Action.Write():
			err := matched[i].Err
			x := s.sent[deedOf(c)][len(s.sent[deedOf(c)])-1]
			x.back, x.lost = now, err != nil && err.Lost
			x.void = err != nil && !err.Lost && (err.Class.Throttled() || err.Class == graph.Unreachable || err.Class == graph.RefusedRun)
			if !x.void {
				s.tries[deedOf(c)]++
			}
		case r.Err == nil:
			w.read(c, r)
		}
		if !w.gone {
			app := s.appOf(c)
			w.throttle(cmp.Or(plan.Account(c.Account), app), app, r, f.left, now) // what throttles the neutral question, throttles the app
			w.regain(r.Usage, now)
		}
		w.trail.add(step{account: plan.Account(c.Account), reply: &replies[i], sent: f.sent})
	}
	for _, a := range []plan.Account{plan.Account(f.calls[0].Account), s.appOf(f.calls[0])} {
		if g := w.gates[a]; g != nil && g.probe == f {
			g.probe = nil
		}
	}
}

// read notes what a bulk read did not show and may have. sim.mu is held.
func (w *wire) read(c graph.Call, r graph.Reply) {
	shown := map[string]bool{}
	for _, i := range r.Images {
		shown[i.Hash] = !i.Deleted()
	}
	w.told = w.told || r.Usage.Any()
	for _, h := range c.Query.Hashes {
		if !shown[h] && !w.told {
			w.sim.doubted[place{c.Account, h}] = true
		}
	}
}

// throttle closes the gates that a reply asks for, and opens those that it shows
// to be open. sim.mu is held.
func (w *wire) throttle(account, app plan.Account, r graph.Reply, left, now time.Time) {
	class := graph.ClassUnknown
	if r.Err != nil {
		class = r.Err.Class
	}
	named, guess := time.Duration(0), time.Second
	switch class {
	case graph.Transient, graph.Unreachable:
		return
	case graph.ThrottledApp:
		account, guess = app, time.Minute
	case graph.ThrottledAccount, graph.MaybeThrottled:
		u := r.Usage.Accounts[string(account)]
		if named = u.Regain; u.HasScore && u.Score >= 100 {
			named = max(named, u.Reset)
		}
	default:
		for _, a := range []plan.Account{account, app} {
			if g := w.gates[a]; g != nil && !now.Before(g.until) && left.After(w.shut[a]) {
				delete(w.gates, a)
			}
		}
		return
	}
	if named > 0 || left.After(w.shut[account]) { // else it left before the gate was last closed
		w.close(account, now, named, guess, r.Err.Error())
	}
}

// regain closes the gates of the accounts that a reply names a time for, whatever
// else it says. sim.mu is held.
func (w *wire) regain(u graph.Usage, now time.Time) {
	if w.life.options.Rules.Mode == quota.Off { // which heeds throttles only
		return
	}
	for a, u := range u.Accounts {
		if u.Regain > 0 {
			w.close(plan.Account(a), now, u.Regain, 0, "its quota is nearly used up")
		}
	}
}

// close closes a gate for the time that was named, or at least for a guess. It
// is where the process has it: closed already, only a longer named time counts.
// sim.mu is held.
func (w *wire) close(account plan.Account, now time.Time, named, guess time.Duration, why string) {
	g := w.gates[account]
	if g != nil && now.Before(g.until) {
		if until := now.Add(named); until.After(g.until) {
			g.until, g.since, g.why = until, now, why
		}
		return
	}
	if named == 0 {
		named = guess
	}
	w.shut[account] = now
	w.gates[account] = &gate{until: now.Add(named), since: now, why: why}
}

// fault notes a guarantee that was broken. sim.mu is held.
func (s *sim) fault(format string, args ...any) {
	s.faults = append(s.faults, fmt.Sprintf("%s  life %d: ", time.Since(s.began), s.living)+fmt.Sprintf(format, args...))
}
