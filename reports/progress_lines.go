package reports

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"adferry/plan"
)

const (
	lineEvery = 10 * time.Second // a line at the latest, while it runs
	lineMin   = time.Second      // and at the earliest
)

// lines shows progress as lines, for logs and for programs.
type lines struct {
	p    *Progress
	line func(event string, v view, now time.Time) string
	note func(text string, now time.Time) string
}

func (p *Progress) lines() lines {
	if p.mode == ProgressJSON {
		return lines{p, jsonLine, jsonNote}
	}
	return lines{p, plainLine, func(text string, _ time.Time) string { return text + "\n" }}
}

// run writes lines until the progress is stopped: at the start, every ten
// seconds, sooner when a tenth more is settled, and at the end.
func (l lines) run() {
	tick := time.NewTicker(lineMin)
	defer tick.Stop()
	at := time.Now()
	v := l.p.snapshot(at)
	l.write(l.line("start", v, at))
	shown := v.Settled
	for {
		select {
		case <-l.p.wake:
			l.notes(l.p.takeNotes())
		case now := <-tick.C:
			v := l.p.snapshot(now)
			if now.Sub(at) >= lineEvery || v.Settled < v.Total && v.Settled-shown >= max(v.Total/10, 1) {
				l.write(l.line("progress", v, now))
				at, shown = now, v.Settled
			}
		case <-l.p.quit:
			l.notes(l.p.takeNotes())
			now := time.Now()
			l.write(l.line("end", l.p.snapshot(now), now))
			return
		}
	}
}

func (l lines) notes(notes []string) {
	for _, n := range notes {
		l.write(l.note(n, time.Now()))
	}
}

// write ignores errors: a reader that has left must not stop the run.
func (l lines) write(s string) {
	if l.p.mode == ProgressNone {
		return
	}
	l.p.writing.Lock()
	defer l.p.writing.Unlock()
	_, _ = io.WriteString(l.p.w, s)
}

func plainLine(event string, v view, now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s of %s operations settled (%s)", count(v.Settled), count(v.Total), percent(v.Settled, v.Total))
	if v.Failed > 0 {
		fmt.Fprintf(&b, ", %s failed", count(v.Failed))
	}
	if v.Skipped > 0 {
		fmt.Fprintf(&b, ", %s skipped", count(v.Skipped))
	}
	switch event {
	case "progress":
		fmt.Fprintf(&b, ", %s", pace(v.Rate, ""))
		if v.Left >= 0 && v.Settled < v.Total {
			fmt.Fprintf(&b, ", about %s left", span(v.Left))
		}
	case "end":
		fmt.Fprintf(&b, " in %s", span(v.Ran))
	}
	if wait := v.waiting(now); wait != "" {
		b.WriteString("; " + wait)
	}
	return b.String() + "\n"
}

// waiting says in words who has to wait; empty if nobody has.
func (v view) waiting(now time.Time) string {
	switch {
	case v.Paused:
		return "paused; go on with adferry unpause"
	case v.Parked == 0:
		return ""
	}
	left := v.until.Sub(now)
	goesOn := "goes on in " + span(left)
	if left <= 0 {
		goesOn = "is being tried again"
	}
	why := ""
	if v.why != "" {
		why = ": " + OneLine(v.why)
	}
	switch {
	case v.Parked == 1 && v.Next == "":
		return "the whole app waits and " + goesOn + why
	case v.Parked == 1:
		return plan.Account(v.Next).Act() + " waits and " + goesOn + why
	case v.Next == "":
		return fmt.Sprintf("the whole app waits and %s%s; %s, too", goesOn, why, Counted(v.Parked-1, "ad account", "ad accounts"))
	}
	return fmt.Sprintf("%d ad accounts wait; the first, %s, %s%s", v.Parked, plan.Account(v.Next).Act(), goesOn, why)
}

// jsonProgress is a line of --progress json.
type jsonProgress struct {
	Time    string    `json:"time"`
	Event   string    `json:"event"` // start, progress or end
	Total   int64     `json:"total"` // operations, of which a move is two
	Settled int64     `json:"settled"`
	Failed  int64     `json:"failed"`
	Skipped int64     `json:"skipped"`          // by this process
	Rate    float64   `json:"rate"`             // operations a second
	LeftS   *float64  `json:"left_s"`           // seconds; null if unknown
	Paused  bool      `json:"paused,omitempty"` // nothing is sent until it is unpaused
	Parked  int       `json:"parked"`           // ad accounts that wait
	Next    *jsonWait `json:"next_parked,omitempty"`
}

type jsonWait struct {
	Account string `json:"account"` // "" is the whole app
	Until   string `json:"until"`
	Why     string `json:"why"`
}

func jsonLine(event string, v view, now time.Time) string {
	line := jsonProgress{
		Time: now.UTC().Format(timeFormat), Event: event, Total: v.Total, Settled: v.Settled,
		Failed: v.Failed, Skipped: v.Skipped, Rate: math.Round(100*v.Rate) / 100, Paused: v.Paused, Parked: v.Parked,
	}
	if v.Left >= 0 {
		s := math.Round(v.Left.Seconds())
		line.LeftS = &s
	}
	if v.Parked > 0 {
		line.Next = &jsonWait{v.Next, v.until.UTC().Format(timeFormat), v.why}
	}
	return marshalLine(line)
}

func jsonNote(text string, now time.Time) string {
	return marshalLine(struct {
		Time  string `json:"time"`
		Event string `json:"event"`
		Text  string `json:"text"`
	}{now.UTC().Format(timeFormat), "note", text})
}

func marshalLine(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b) + "\n"
}
