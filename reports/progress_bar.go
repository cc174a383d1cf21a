package reports

import (
	"fmt"
	"os"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
)

const (
	framesPerSecond = 8
	barCells        = 32
	barCellsMin     = 10
)

var (
	doneStyle = lipgloss.NewStyle().Foreground(lipgloss.Green)
	badStyle  = lipgloss.NewStyle().Foreground(lipgloss.Red)
	waitStyle = lipgloss.NewStyle().Foreground(lipgloss.Yellow)
	softStyle = lipgloss.NewStyle().Faint(true)
)

// bar draws until the progress is stopped, and reports false if the terminal
// failed it before. The terminal's settings are left alone: no raw mode, so that
// ^C stays a signal; no hidden cursor and no other screen, so that a killed process
// leaves nothing to repair.
func (p *Progress) bar(job *summaryCache) bool {
	out := p.w
	if terminal, ok := out.(*os.File); ok {
		out = echoEraser{terminal}
	}
	_, _ = tea.NewProgram(barModel{p: p, job: job, width: 80, view: p.snapshot(job, time.Now()), now: time.Now()},
		tea.WithOutput(out), tea.WithInput(nil), tea.WithoutSignalHandler(), tea.WithFPS(framesPerSecond)).Run()
	select {
	case <-p.quit:
		return true
	default:
		return false
	}
}

type barModel struct {
	p     *Progress
	job   *summaryCache
	width int
	drawn bool // at that width; else nothing was
	view  view
	now   time.Time
}

type frameMsg time.Time

func nextFrame() tea.Cmd {
	return tea.Tick(time.Second/framesPerSecond, func(t time.Time) tea.Msg { return frameMsg(t) })
}

// Init implements tea.Model.
func (m barModel) Init() tea.Cmd { return nextFrame() }

// Update implements tea.Model.
func (m barModel) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		erase := m.reflowed(msg.Width)
		m.width, m.drawn = msg.Width, true
		if erase != "" {
			return m, tea.Sequence(tea.Raw(erase), tea.ClearScreen)
		}
	case frameMsg:
		var stop bool
		select {
		case <-m.p.quit:
			stop = true
		default:
		}
		m.now = time.Time(msg)
		m.view = m.p.snapshot(m.job, m.now)
		then := nextFrame()
		if stop {
			then = tea.Quit
		}
		notes := m.p.takeNotes()
		switch {
		case len(notes) > 0: // which leave the cursor on the first line of the bar: draw all anew
			return m, tea.Sequence(tea.Println(m.wrap(notes)), tea.ClearScreen, then)
		case stop:
			return m, tea.Sequence(tea.ClearScreen, then)
		}
		return m, then
	}
	return m, nil
}

// echoEraser is a terminal on which keys are echoed, such as ^C. They move the cursor, of which
// bubbletea does not know: it draws from where it left the cursor, which is always the first
// column. So before anything is drawn, the echo is erased and the cursor brought back.
type echoEraser struct{ *os.File }

func (w echoEraser) Write(b []byte) (int, error) {
	const before = "\r\x1b[K"
	n, err := w.File.Write(append([]byte(before), b...))
	return max(0, n-len(before)), err
}

// reflowed erases what was drawn once the terminal is narrower and has broken its lines
// anew, and leaves the cursor as far below the first line as it was; empty if nothing is to
// be erased.
func (m barModel) reflowed(width int) string {
	if !m.drawn || width >= m.width || width < 1 {
		return ""
	}
	lines := barLines(m.view, m.now, m.width)
	rows := 0
	for _, line := range lines {
		rows += max(1, (lipgloss.Width(line)+width-1)/width)
	}
	return fmt.Sprintf("\r\x1b[%dA\x1b[J%s", rows, strings.Repeat("\n", len(lines)))
}

// wrap breaks notes that are wider than the terminal. Where the terminal breaks a line
// by itself, what is drawn below it ends up in the wrong row.
func (m barModel) wrap(notes []string) string {
	return wrap(strings.Join(notes, "\n"), m.width)
}

// View implements tea.Model. The empty last line is the cursor's: what is typed or
// printed meanwhile appears there.
func (m barModel) View() tea.View {
	lines := barLines(m.view, m.now, m.width)
	v := tea.NewView(strings.Join(lines, "\n") + "\n")
	v.Cursor = tea.NewCursor(0, len(lines))
	// To bubbletea, steady and one below the first shape is style 0, which it never
	// sends: the user's cursor keeps its shape.
	v.Cursor.Shape, v.Cursor.Blink = tea.CursorBlock-1, false
	v.DisableBracketedPasteMode = true
	return v
}

// barLines draws the bar, the counts and, if something holds the job up, what. On a narrow
// terminal the bar shrinks first, then the ends of lines go; what holds it up is wrapped.
func barLines(v view, now time.Time, width int) []string {
	clip := lipgloss.NewStyle().MaxWidth(max(width, 1))
	if !v.Known {
		return []string{clip.Render(softStyle.Render("reading the job"))}
	}
	t := v.Totals
	numbers := fmt.Sprintf("%4s  %s of %s", percent(t.Settled(), t.Rows), count(t.Settled()), Counted(t.Rows, "row", "rows"))
	parts := v.pace(now)
	for len(parts) > 0 && barCellsMin+1+len(numbers)+2+len(strings.Join(parts, "  ")) > width {
		parts = parts[1:] // the time left goes last
	}
	for _, part := range parts {
		numbers += "  " + part
	}
	cells := max(min(barCells, width-len(numbers)-2), barCellsMin)
	full := cells
	if t.Rows > 0 {
		full = t.Settled() * cells / t.Rows
	}
	bar := doneStyle.Render(strings.Repeat("█", full)) + softStyle.Render(strings.Repeat("░", cells-full))
	words := v.words()
	counts := []string{words.done + " " + count(t.Done)}
	if t.Skipped > 0 {
		counts = append(counts, words.skipped+" "+count(t.Skipped))
	}
	failed := words.failed + " " + count(t.Failed)
	if t.Failed > 0 {
		failed = badStyle.Render(failed)
	}
	lines := []string{clip.Render(bar + " " + numbers), clip.Render(strings.Join(append(counts, failed), "   "))}
	if wait := v.holdUp(now); wait != "" {
		for line := range strings.SplitSeq(wrap(wait, width), "\n") {
			lines = append(lines, waitStyle.Render(line))
		}
	}
	return lines
}
