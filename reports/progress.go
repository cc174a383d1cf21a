package reports

import (
	"fmt"
	"io"
	"sync"
	"time"

	"adferry/jobs"
)

const (
	// stopPatience bounds how long Stop waits for a terminal that takes nothing
	// any more, such as one halted with ^S.
	stopPatience = 2 * time.Second
	// maxNotes wait to be shown; more than that nobody reads.
	maxNotes = 500
	// readEvery is how often the job is read while it runs, at most.
	readEvery = time.Second / 2
)

// Progress shows how a run goes on. Its methods may be called from any number of
// goroutines. Only Stop and Finish wait for the writer, and errors of the writer are
// ignored.
//
// All figures are those of the job's summary, which is read anew twice a second, or, if
// reading takes long, as seldom as keeps it below a fifth of a processor.
type Progress struct {
	mode ProgressMode
	w    io.Writer

	wake chan struct{} // notes have come
	quit chan struct{}
	done chan struct{} // nothing is drawn any more

	mu       sync.Mutex
	place    Place
	job      *summaryCache // nil before Start
	final    *jobs.Summary // how the run ended, once that is known
	stopping bool
	stopped  bool
	over     bool     // the drawing goroutine has ended, or was never started
	notes    []string // lines, without their ends
	dropped  int      // notes beyond maxNotes

	writing sync.Mutex // whole lines go to w
}

// NewProgress returns a Progress that draws on w from Start to Stop.
func NewProgress(mode ProgressMode, w io.Writer) *Progress {
	return &Progress{mode: mode.on(w), w: w, wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{})}
}

// Start begins to show the job in a place, whose summary read gives. One without a place is a job of
// reads alone: what is done in it would be done. read is not called again once Stop has returned; what
// it waits for has to be ended before.
func (p *Progress) Start(place Place, read func() (jobs.Summary, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.job != nil || p.stopped || p.mode == ProgressNone {
		return
	}
	p.place, p.job = place, &summaryCache{read: read, times: timesShown, least: readEvery}
	go p.run(p.job)
}

// Note shows a warning, on a line of its own.
func (p *Progress) Note(text string) {
	if p.mode != ProgressNone {
		p.note(p.noteLine(OneLine(text)))
	}
}

// Event tells programs that something begins or ends to wait. People see that by what the
// progress shows.
func (p *Progress) Event(e jobs.Event) {
	if p.mode == ProgressJSON {
		p.note(jsonEvent(e, time.Now()))
	}
}

// Stopping shows a note that the run is about to stop, and no longer how much time is left.
func (p *Progress) Stopping(text string) {
	p.mu.Lock()
	p.stopping = true
	p.mu.Unlock()
	p.Note(text)
}

// noteLine is a note as a line.
func (p *Progress) noteLine(text string) string {
	if p.mode == ProgressJSON {
		return jsonNote(text, time.Now())
	}
	return text
}

// note has a line written soon.
func (p *Progress) note(line string) {
	p.mu.Lock()
	if len(p.notes) < maxNotes {
		p.notes = append(p.notes, line)
	} else {
		p.dropped++
	}
	over := p.over
	p.mu.Unlock()
	if over {
		p.writeNotes()
		return
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Finish is Stop, and draws the last time how the run ended.
func (p *Progress) Finish(s jobs.Summary) {
	p.mu.Lock()
	p.final = &s
	p.mu.Unlock()
	p.Stop()
}

// Stop draws a last time and leaves the terminal to others. Notes that come later are
// still written.
func (p *Progress) Stop() {
	p.mu.Lock()
	first, job := !p.stopped, p.job
	p.stopped = true
	p.mu.Unlock()
	if !first {
		return
	}
	if job == nil {
		p.finish()
		return
	}
	close(p.quit)
	select {
	case <-p.done:
	case <-time.After(stopPatience):
	}
	job.close()
}

func (p *Progress) run(job *summaryCache) {
	defer close(p.done)
	defer p.finish()
	if p.mode == ProgressBar && p.bar(job) {
		return
	}
	p.runLines(job)
}

// finish writes the notes that came too late to be drawn; later ones are written at
// once.
func (p *Progress) finish() {
	p.mu.Lock()
	p.over = true
	p.mu.Unlock()
	p.writeNotes()
}

func (p *Progress) takeNotes() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	notes := p.notes
	if p.dropped > 0 {
		notes = append(notes, p.noteLine(fmt.Sprintf("%s not shown", Counted(p.dropped, "more note is", "more notes are"))))
	}
	p.notes, p.dropped = nil, 0
	return notes
}

// view is what is drawn at a moment.
type view struct {
	jobs.Summary
	Place Place
	Known bool // the job was read
	Ends  bool // the run is about to stop: whatever is left, and waits, it will not see the end of
}

// snapshot is the view now.
func (p *Progress) snapshot(job *summaryCache, now time.Time) view {
	p.mu.Lock()
	final, place, stopping := p.final, p.place, p.stopping
	p.mu.Unlock()
	if final != nil {
		return view{*final, place, true, true}
	}
	last, _ := job.refresh(now)
	if last == nil || last.err != nil { // the engine fails for the same reason
		return view{Place: place}
	}
	return view{last.summary, place, true, stopping}
}
