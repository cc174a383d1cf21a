package lab_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/dispatch"
)

// labWatch stands between the engine and the API and looks for calls that may
// not be: while an ad account or the app is parked nothing is sent to it, then
// one probe alone until an answer showed that the block is over. When it is
// parked it hears from the engine; a wait that an answer names it reads itself.
type labWatch struct {
	dispatch.API
	m     model
	began time.Time

	mu      sync.Mutex
	gates   map[string]labGate // by ad account, and of apps; "" is the one that has a limit
	wrong   []string
	refused []string // calls rejected: when and why
	sent    int      // HTTP requests
}

type labGate struct {
	from, until time.Time // until is zero when nothing was parked
	probe       bool      // one is on its way
}

func newWatch(m model, api dispatch.API, began time.Time) *labWatch {
	return &labWatch{API: api, m: m, began: began, gates: map[string]labGate{}}
}

func (w *labWatch) Do(ctx context.Context, calls []graph.Call) []graph.Reply {
	account, sent := calls[0].Account, time.Now()
	w.leave(account, len(calls), sent)
	replies := w.API.Do(ctx, calls)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range replies {
		w.arrive(account, r, sent)
	}
	return replies
}

// leave checks a request that is about to be sent.
func (w *labWatch) leave(account string, calls int, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent++
	for _, name := range []string{account, w.app(account)} {
		g := w.gates[name]
		switch {
		case g.until.IsZero():
			continue
		case now.After(g.from) && now.Before(g.until):
			w.blame("%d calls to %q %v before its park time ends", calls, name, g.until.Sub(now))
		case !now.Before(g.until) && (g.probe || calls > 1):
			w.blame("%d calls to %q where one probe was due", calls, name)
		}
		g.probe = !now.Before(g.until)
		w.gates[name] = g
	}
}

// arrive takes an answer to a request that left at the given time.
func (w *labWatch) arrive(account string, r graph.Reply, sent time.Time) {
	now := time.Now()
	if r.Err != nil && r.Err.Class.Throttled() {
		w.refused = append(w.refused, fmt.Sprintf("%v %s %d/%d", now.Sub(w.began), account, r.Err.Code, r.Err.Subcode))
	}
	for _, name := range []string{account, w.app(account)} {
		if g := w.gates[name]; !g.until.IsZero() && !sent.Before(g.until) {
			g.probe = false
			if r.Err == nil {
				g = labGate{}
			}
			w.gates[name] = g
		}
	}
	for name, u := range r.Usage.Accounts {
		if u.Regain > 0 {
			w.park(name, now.Add(u.Regain))
		}
	}
}

// observe is the engine's hook.
func (w *labWatch) observe(e jobs.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e.Kind == jobs.EventParked {
		name := string(e.Account)
		if w.m.twoApps && w.app(name) == "" { // a park of the app is told as one of each of its ad accounts
			name = ""
		}
		w.park(name, e.Until)
	}
}

// app is the app of an ad account.
func (w *labWatch) app(account string) string {
	if w.m.twoApps && !slices.Contains(w.m.blocked, strings.TrimPrefix(account, "11")) {
		return "the other"
	}
	return ""
}

func (w *labWatch) park(name string, until time.Time) {
	if g := w.gates[name]; until.After(g.until) {
		if g.until.IsZero() || !time.Now().Before(g.until) {
			g = labGate{from: time.Now()}
		}
		g.until = until
		w.gates[name] = g
	}
}

func (w *labWatch) blame(format string, args ...any) {
	if len(w.wrong) < 5 {
		w.wrong = append(w.wrong, fmt.Sprintf("after %v: ", time.Since(w.began))+fmt.Sprintf(format, args...))
	}
}
