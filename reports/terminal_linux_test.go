package reports_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"adferry/jobs"
	"adferry/reports"
)

// On a terminal the bar is drawn in place, and a process killed at any moment
// leaves nothing to repair: ^C stays a signal, the cursor is seen, the screen is
// the one there was.
func TestBarOnATerminal(t *testing.T) {
	t.Setenv("TERM", "xterm-256color")
	terminal, seen := pseudoTerminal(t)
	before := settings(t, terminal)
	p := reports.NewProgress(reports.ProgressAuto, terminal)
	still := jobs.Wait{Account: "1234", Until: time.Now().Add(time.Hour), Reason: "code 17", Imposed: true}
	p.Start(reports.Place{Folder: "j"}, func() (jobs.Summary, error) {
		return jobs.Summary{State: jobs.JobRunning, Totals: jobs.Totals{Rows: 300, Done: 150, Pending: 150}, Outlook: jobs.Outlook{At: time.Now(), Waits: []jobs.Wait{still}, Standstill: &still}}, nil
	})
	time.Sleep(400 * time.Millisecond)
	if during := settings(t, terminal); during != before {
		t.Errorf("got terminal settings %+v while the bar is drawn, want %+v", during, before)
	}
	p.Note("a warning")
	p.Note("last words")
	p.Finish(jobs.Summary{State: jobs.JobFinished, Totals: jobs.Totals{Rows: 300, Done: 150, Skipped: 149, Failed: 1}})
	if after := settings(t, terminal); after != before {
		t.Errorf("got terminal settings %+v afterwards, want %+v", after, before)
	}
	out := seen()
	for _, want := range []string{" 50%", "150 of 300", "for Meta's limit on act_1234", "a warning", "last words", "100%", "skipped 149", "failed 1"} {
		if !strings.Contains(out, want) {
			t.Errorf("the terminal never showed %q:\n%q", want, out)
		}
	}
	// Each frame hides the cursor and shows it again in one write.
	if strings.LastIndex(out, "\x1b[?25l") > strings.LastIndex(out, "\x1b[?25h") || strings.Count(out, "\x1b[?25l") > strings.Count(out, "\x1b[?25h") {
		t.Errorf("the cursor was left hidden:\n%q", out)
	}
	if n := strings.Count(out, "\x1b[?25l"); n == 0 || n != strings.Count(out, "\r\x1b[K\x1b[?25l") {
		t.Errorf("a frame began where an echoed key had left the cursor:\n%q", out)
	}
	for name, sequence := range map[string]string{
		"the alternate screen": "\x1b[?1049h", "another cursor": " q", "bracketed paste": "\x1b[?2004h", "a query": "\x1b[?2026$p",
	} {
		if strings.Contains(out, sequence) {
			t.Errorf("the terminal was given %s:\n%q", name, out)
		}
	}
}

// pseudoTerminal gives a terminal and what was shown on it so far.
func pseudoTerminal(t *testing.T) (terminal *os.File, seen func() string) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo terminals here:", err)
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(int(terminal.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 100})
	}
	if err != nil {
		t.Skip("no pseudo terminals here:", err)
	}
	var out bytes.Buffer
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(&out, master) // until the terminal is closed
	}()
	return terminal, func() string {
		terminal.Close()
		<-done
		master.Close()
		return out.String()
	}
}

func settings(t *testing.T, terminal *os.File) unix.Termios {
	t.Helper()
	s, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return *s
}
