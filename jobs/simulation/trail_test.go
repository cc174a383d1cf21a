package simulation_test

import (
	"fmt"
	"strings"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/plan"
)

// trail is what a process sent and was told lately, and when it parked, so that a
// request at the wrong moment can be explained although the same seed need not
// order its goroutines in the same way again.
type trail struct {
	began time.Time
	steps []step
}

// step is one entry of a trail: a reply, an event of the engine, or else a
// request of some calls that left.
type step struct {
	at      time.Time
	account plan.Account // "" is the app
	calls   int
	reply   *graph.Reply
	sent    time.Time
	event   *jobs.Event
}

const longestTrail = 200

func (t *trail) add(s step) {
	s.at = time.Now()
	if len(t.steps) >= longestTrail {
		t.steps = append(t.steps[:0], t.steps[longestTrail/2:]...)
	}
	t.steps = append(t.steps, s)
}

// of prints what concerns an account and the app, or everything for the app.
func (t *trail) of(account plan.Account) string {
	var b strings.Builder
	for _, s := range t.steps {
		if account != "" && s.account != account && s.account != "" {
			continue
		}
		fmt.Fprintf(&b, "\n\t%v %q ", s.at.Sub(t.began), s.account)
		switch {
		case s.event != nil && s.event.Kind == jobs.EventParked:
			fmt.Fprintf(&b, "parks until %v: %s", s.event.Until.Sub(t.began), s.event.Text)
		case s.event != nil:
			b.WriteString("resumes")
		case s.reply != nil && s.reply.Err != nil:
			fmt.Fprintf(&b, "reply to what left at %v: %v, usage %+v", s.sent.Sub(t.began), s.reply.Err, s.reply.Usage.Accounts[string(s.account)])
		case s.reply != nil:
			fmt.Fprintf(&b, "reply to what left at %v, usage %+v", s.sent.Sub(t.began), s.reply.Usage.Accounts[string(s.account)])
		default:
			fmt.Fprintf(&b, "%d calls leave", s.calls)
		}
	}
	return b.String()
}
