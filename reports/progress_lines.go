package reports

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"adferry/jobs"
	"adferry/plan"
)

const (
	lineEvery = 10 * time.Second // a line at the latest, while it runs
	lineMin   = time.Second      // and at the earliest
	lineLook  = time.Second / 4  // how often to look whether one is due
)

// lines shows progress as lines, for logs and for programs.
type lines struct {
	p    *Progress
	line func(event string, v view, now time.Time) string // without its end
}

func (p *Progress) lines() lines {
	if p.mode == ProgressJSON {
		return lines{p, jsonLine}
	}
	return lines{p, plainLine}
}

// run writes lines until the progress is stopped: at the start, every ten seconds, and
// sooner when a tenth more is settled, or when something begins or ends to hold it up.
func (l lines) run(job *summaryCache) {
	tick := time.NewTicker(lineLook)
	defer tick.Stop()
	_, first := job.refresh(time.Now())
	var ready <-chan struct{}
	if first != nil {
		ready = first.done
	}
	var at time.Time // of the last line
	var shown int
	var held string
	for {
		select {
		case <-l.p.wake:
			l.notes(l.p.takeNotes())
		case <-ready:
			ready = nil
			now := time.Now()
			if v := l.p.snapshot(job, now); v.Known {
				l.write(l.line("start", v, now))
				at, shown, held = now, v.Totals.Settled(), v.heldBy()
			}
		case now := <-tick.C:
			v := l.p.snapshot(job, now)
			if at.IsZero() || !v.State.Held() || now.Sub(at) < lineMin {
				break
			}
			t := v.Totals
			tenth := t.Settled() < t.Rows && t.Settled()-shown >= max(t.Rows/10, 1)
			if now.Sub(at) >= lineEvery || tenth || v.heldBy() != held {
				l.write(l.line("progress", v, now))
				at, shown, held = now, t.Settled(), v.heldBy()
			}
		case <-l.p.quit:
			l.notes(l.p.takeNotes())
			now := time.Now()
			if v := l.p.snapshot(job, now); v.Known && l.p.mode != ProgressJSON { // there End tells
				l.write(l.line("end", v, now))
			}
			return
		}
	}
}

func (l lines) notes(notes []string) {
	for _, n := range notes {
		l.write(n)
	}
}

// write ends the line. It ignores errors: a reader that has left must not stop the run.
func (l lines) write(line string) {
	if l.p.mode == ProgressNone {
		return
	}
	l.p.writing.Lock()
	defer l.p.writing.Unlock()
	_, _ = io.WriteString(l.p.w, line+"\n")
}

// pace is how fast the job goes and how much time is left, as far as it goes.
func (v view) pace(now time.Time) (parts []string) {
	if v.Ends || !moves(v.Summary) {
		return nil
	}
	if v.RowsPerS > 0 {
		parts = append(parts, pace(v.RowsPerS, "rows"))
	}
	if left := timeLeft(v.Outlook, now); left != "" {
		parts = append(parts, left)
	}
	return parts
}

// holdUp is what holds the job up, in words.
func (v view) holdUp(now time.Time) string {
	if v.Ends || !v.State.Held() {
		return ""
	}
	return holdUp(v.Summary, v.Outlook, v.Place, now)
}

// heldBy tells one hold-up from another, whenever it ends.
func (v view) heldBy() string {
	switch {
	case v.PausedAt != nil:
		return "pause"
	case v.NetworkDownSince != nil:
		return "network"
	case v.Standstill != nil:
		return "wait of " + string(v.Standstill.Account)
	}
	return ""
}

// statusWords name what became of rows, or would.
type statusWords struct{ done, skipped, failed string }

func (v view) words() statusWords {
	if v.Check {
		return statusWords{"to do", "to skip", "would fail"}
	}
	return statusWords{"done", "skipped", "failed"}
}

func plainLine(_ string, v view, now time.Time) string {
	t, words := v.Totals, v.words()
	var b strings.Builder
	fmt.Fprintf(&b, "%s of %s (%s): %s %s", count(t.Settled()), Counted(t.Rows, "row", "rows"), percent(t.Settled(), t.Rows), count(t.Done), words.done)
	if t.Skipped > 0 {
		fmt.Fprintf(&b, ", %s %s", count(t.Skipped), words.skipped)
	}
	fmt.Fprintf(&b, ", %s %s", count(t.Failed), words.failed)
	if parts := v.pace(now); len(parts) > 0 {
		b.WriteString("; " + strings.Join(parts, ", "))
	}
	if wait := v.holdUp(now); wait != "" {
		b.WriteString("; " + wait)
	}
	return b.String()
}

// jsonProgress is a line of --progress json. What it shares with summary.json has the
// same name there.
type jsonProgress struct {
	Time             string        `json:"time"`
	Event            string        `json:"event"` // start, progress or end
	State            jobs.JobState `json:"state"`
	Totals           jobs.Totals   `json:"totals"`
	RowsPerS         float64       `json:"rows_per_s"` // of late, while it moved
	EtaS             *float64      `json:"eta_s"`      // seconds; null if unknown
	Waits            []jobs.Wait   `json:"waits,omitempty"`
	NetworkDownSince *time.Time    `json:"network_down_since,omitempty"`
	PausedAt         *time.Time    `json:"paused_at,omitempty"`
	*jsonEnd
}

// jsonEnd is what the event end has besides.
type jsonEnd struct {
	Outcome  string            `json:"outcome"` // in words
	ExitCode int               `json:"exit_code"`
	Stop     string            `json:"stop,omitempty"` // why it stopped early
	Files    map[string]string `json:"files"`          // paths, by the files' names
}

func jsonLine(event string, v view, now time.Time) string {
	return marshalLine(jsonView(event, v, now))
}

func jsonView(event string, v view, now time.Time) jsonProgress {
	line := jsonProgress{
		Time: now.UTC().Format(timeFormat), Event: event, State: v.State, Totals: v.Totals, RowsPerS: math.Round(100*v.RowsPerS) / 100,
		Waits: v.Waits, NetworkDownSince: v.NetworkDownSince, PausedAt: v.PausedAt,
	}
	if left, known := leftAt(v.Outlook, now); known && !v.Ends {
		s := math.Round(1000*left.Seconds()) / 1000
		line.EtaS = &s
	}
	return line
}

// End tells programs how the run of the job in a place ended: with this exit code, and with
// these files if the reports were written.
func (p *Progress) End(s jobs.Summary, place Place, exitCode int, written bool) {
	if p.mode != ProgressJSON {
		return
	}
	now := time.Now()
	line := jsonView("end", view{Summary: s, Place: place, Known: true, Ends: true}, now)
	line.jsonEnd = &jsonEnd{Outcome: outcome(s), ExitCode: exitCode, Stop: s.Stop, Files: map[string]string{}}
	if written {
		for _, name := range Names() {
			line.Files[name] = place.File(name)
		}
	}
	p.lines().write(marshalLine(line))
}

func jsonNote(text string, now time.Time) string {
	return marshalLine(struct {
		Time  string `json:"time"`
		Event string `json:"event"`
		Text  string `json:"text"`
	}{now.UTC().Format(timeFormat), "note", text})
}

// jsonEvent is a line about a wait.
func jsonEvent(e jobs.Event, now time.Time) string {
	line := struct {
		Time    string         `json:"time"`
		Event   jobs.EventKind `json:"event"`
		Account *plan.Account  `json:"account,omitempty"` // "" for all; nil: it is about no account
		Until   *time.Time     `json:"until,omitempty"`
		Reason  string         `json:"reason,omitempty"`
	}{Time: now.UTC().Format(timeFormat), Event: e.Kind, Reason: e.Text}
	if e.Kind != jobs.EventUnreachable && e.Kind != jobs.EventReachable {
		line.Account = &e.Account
	}
	if !e.Until.IsZero() {
		until := e.Until.UTC()
		line.Until = &until
	}
	return marshalLine(line)
}

func marshalLine(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}
