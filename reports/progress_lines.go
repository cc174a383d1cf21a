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

// line is the progress as a line without its end, for logs or for programs.
func (p *Progress) line(event string, v view, now time.Time) string {
	if p.mode == ProgressJSON {
		return marshalLine(jsonView(event, v, now))
	}
	return plainLine(v, now)
}

// runLines writes lines until the progress is stopped: at the start, every ten seconds, and
// sooner when a tenth more is settled, or when something begins or ends to hold it up.
func (p *Progress) runLines(job *summaryCache) {
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
		case <-p.wake:
			p.writeNotes()
		case <-ready:
			ready = nil
			now := time.Now()
			if v := p.snapshot(job, now); v.Known {
				p.write(p.line("start", v, now))
				at, shown, held = now, v.Totals.Settled(), v.heldBy()
			}
		case now := <-tick.C:
			v := p.snapshot(job, now)
			if at.IsZero() || !v.State.Held() || now.Sub(at) < lineMin {
				break
			}
			t := v.Totals
			tenth := t.Settled() < t.Rows && t.Settled()-shown >= max(t.Rows/10, 1)
			if now.Sub(at) >= lineEvery || tenth || v.heldBy() != held {
				p.write(p.line("progress", v, now))
				at, shown, held = now, t.Settled(), v.heldBy()
			}
		case <-p.quit:
			p.writeNotes()
			now := time.Now()
			if v := p.snapshot(job, now); v.Known && p.mode != ProgressJSON { // there End tells
				p.write(p.line("end", v, now))
			}
			return
		}
	}
}

func (p *Progress) writeNotes() {
	for _, n := range p.takeNotes() {
		p.write(n)
	}
}

// write ends the line. It ignores errors: a reader that has left must not stop the run.
func (p *Progress) write(line string) {
	if p.mode == ProgressNone {
		return
	}
	p.writing.Lock()
	defer p.writing.Unlock()
	_, _ = io.WriteString(p.w, line+"\n")
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
	if v.Place.IsZero() { // nothing is done but reads
		return statusWords{"to do", "to skip", "would fail"}
	}
	return statusWords{"done", "skipped", "failed"}
}

func plainLine(v view, now time.Time) string {
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
	p.write(marshalLine(line))
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
