package reports

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// stopPatience bounds how long Stop waits for a terminal that takes nothing
	// any more, such as one halted with ^S.
	stopPatience = 2 * time.Second
	// maxNotes wait to be shown; more than that nobody reads.
	maxNotes = 500
)

// Progress shows how a run goes on. Its methods may be called from any number of
// goroutines. Only Stop waits for the writer, and errors of the writer are ignored.
type Progress struct {
	mode ProgressMode
	w    io.Writer

	total, settled, failed, skipped atomic.Int64
	paused                          atomic.Bool

	wake chan struct{} // notes have come
	quit chan struct{}
	done chan struct{} // nothing is drawn any more

	mu      sync.Mutex
	started bool
	stopped bool
	over    bool // the drawing goroutine has ended, or was never started
	parked  map[string]wait
	notes   []string
	dropped int // notes beyond maxNotes

	writing sync.Mutex // whole lines go to w
	pace    rateWindow // of the drawing goroutine
}

// wait is an ad account's, or the app's under "".
type wait struct {
	until time.Time
	why   string
}

// NewProgress returns a Progress that draws on w from Start to Stop.
func NewProgress(mode ProgressMode, w io.Writer) *Progress {
	return &Progress{
		mode: mode.on(w), w: w, parked: make(map[string]wait),
		wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
	}
}

// Start begins to show a job of total operations. settled of them, failed ones
// included, were settled before this process.
func (p *Progress) Start(total, settled, failed int) {
	p.total.Store(int64(total))
	p.settled.Add(int64(settled))
	p.failed.Add(int64(failed))
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.started || p.stopped || p.mode == ProgressNone {
		return
	}
	p.started = true
	p.pace = newRateWindow(time.Now(), p.settled.Load())
	go p.run()
}

// Settled counts an operation that has ended: as failed, as skipped, or else as
// done.
func (p *Progress) Settled(failed, skipped bool) {
	if failed {
		p.failed.Add(1)
	}
	if skipped {
		p.skipped.Add(1)
	}
	p.settled.Add(1)
}

// Parked says that an ad account has to wait, or the whole app under "".
func (p *Progress) Parked(account string, until time.Time, why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.parked[account] = wait{until, why}
}

// Resumed says that an ad account, or the app under "", goes on.
func (p *Progress) Resumed(account string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.parked, account)
}

// Paused says whether the job is paused.
func (p *Progress) Paused(paused bool) { p.paused.Store(paused) }

// Note shows a warning, on a line of its own.
func (p *Progress) Note(text string) {
	if p.mode == ProgressNone {
		return
	}
	p.mu.Lock()
	if len(p.notes) < maxNotes {
		p.notes = append(p.notes, OneLine(text))
	} else {
		p.dropped++
	}
	over := p.over
	p.mu.Unlock()
	if over {
		p.lines().notes(p.takeNotes())
		return
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Stop draws a last time and leaves the terminal to others. Notes that come later are
// still written.
func (p *Progress) Stop() {
	p.mu.Lock()
	first, started := !p.stopped, p.started
	p.stopped = true
	p.mu.Unlock()
	if !first {
		return
	}
	if !started {
		p.finish()
		return
	}
	close(p.quit)
	select {
	case <-p.done:
	case <-time.After(stopPatience):
	}
}

func (p *Progress) run() {
	defer close(p.done)
	defer p.finish()
	if p.mode == ProgressBar && p.bar() {
		return
	}
	p.lines().run()
}

// finish writes the notes that came too late to be drawn; later ones are written at
// once.
func (p *Progress) finish() {
	p.mu.Lock()
	p.over = true
	p.mu.Unlock()
	p.lines().notes(p.takeNotes())
}

func (p *Progress) takeNotes() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	notes := p.notes
	if p.dropped > 0 {
		notes = append(notes, fmt.Sprintf("%s not shown", Counted(p.dropped, "more note is", "more notes are")))
	}
	p.notes, p.dropped = nil, 0
	return notes
}

// view is the state of the progress at a moment, as it is drawn.
type view struct {
	Total, Settled, Failed, Skipped int64
	Rate                            float64       // operations a second
	Left                            time.Duration // negative: not known
	Paused                          bool
	Parked                          int
	Next                            string // the account that goes on first
	wait                                   // Next's
	Ran                             time.Duration
}

// snapshot is the view now. The drawing goroutine alone calls it.
func (p *Progress) snapshot(now time.Time) view {
	v := view{Settled: p.settled.Load(), Failed: p.failed.Load(), Skipped: p.skipped.Load(), Total: p.total.Load(), Paused: p.paused.Load()}
	p.mu.Lock()
	v.Parked = len(p.parked)
	first := true
	for account, w := range p.parked {
		if first || w.until.Before(v.until) || w.until.Equal(v.until) && account < v.Next {
			v.Next, v.wait, first = account, w, false
		}
	}
	p.mu.Unlock()
	v.Rate = p.pace.rate(now, v.Settled)
	if v.Left = p.pace.left(now, v.Settled, v.Total, v.Parked > 0); v.Paused {
		v.Left = -1
	}
	v.Ran = now.Sub(p.pace.began)
	return v
}
