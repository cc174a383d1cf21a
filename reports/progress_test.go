package reports_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"adferry/jobs"
	"adferry/plan"
	"adferry/reports"
)

// played is a job whose summary a test sets while it is shown.
type played struct {
	mu   sync.Mutex
	s    jobs.Summary
	ends time.Time // when all will be settled, while it waits
}

func newPlayed(rows int) *played {
	return &played{s: jobs.Summary{State: jobs.JobRunning, Totals: jobs.Totals{Rows: rows, Pending: rows}}}
}

func (p *played) read() (jobs.Summary, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.s
	if s.At = time.Now(); !p.ends.IsZero() {
		eta := p.ends.Sub(s.At).Seconds()
		s.EtaS = &eta
	}
	return s, nil
}

func (p *played) set(change func(*jobs.Summary)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.s)
}

// settle settles rows one after another, a tenth of them as skipped and one in twenty as failed.
func (p *played) settle(n int, each time.Duration) {
	for i := range n {
		time.Sleep(each)
		p.set(func(s *jobs.Summary) {
			s.Totals.Pending--
			switch {
			case i%10 == 3:
				s.Totals.Skipped++
			case i%20 == 7:
				s.Totals.Failed++
			default:
				s.Totals.Done++
			}
			eta := float64(s.Totals.Pending) * each.Seconds()
			s.EtaS, s.RowsPerS = &eta, 1/each.Seconds()
		})
	}
	synctest.Wait()
}

// wait has all wait for an ad account for a while.
func (p *played) wait(account string, d time.Duration) {
	p.set(func(s *jobs.Summary) {
		w := jobs.Wait{Account: plan.Account(account), Until: time.Now().Add(d), Reason: "code 17/2446079", Imposed: true}
		s.Waits, s.Standstill, p.ends = []jobs.Wait{w}, &w, w.Until.Add(8*time.Minute)
	})
}

func (p *played) goOn() {
	p.set(func(s *jobs.Summary) {
		p.ends = time.Time{}
		s.Outlook, s.PausedAt, s.State = jobs.Outlook{RowsPerS: s.RowsPerS}, nil, jobs.JobRunning
	})
}

// end is how it ended.
func (p *played) end(state jobs.JobState) jobs.Summary {
	s, _ := p.read()
	s.State, s.Outlook = state, jobs.Outlook{}
	return s
}

// play shows a run with a wait, a pause, a lost network and its end.
func play(t *testing.T, mode reports.ProgressMode) string {
	var out bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		p := reports.NewProgress(mode, &out)
		p.Note("early")
		j := newPlayed(1000)
		p.Start(reports.Place{Folder: "j"}, j.read)
		time.Sleep(573 * time.Millisecond) // so that nothing coincides
		j.settle(60, time.Second/2)
		j.wait("77", 25*time.Second)
		time.Sleep(25 * time.Second)
		j.goOn()
		p.Note("warning: something\nodd")
		j.settle(200, 10*time.Millisecond)
		j.set(func(s *jobs.Summary) {
			now := time.Now().UTC()
			s.PausedAt, s.EtaS, s.State = &now, nil, jobs.JobPaused
		})
		time.Sleep(10 * time.Second)
		j.goOn()
		j.settle(5, time.Second)
		j.set(func(s *jobs.Summary) {
			now := time.Now().UTC()
			s.NetworkDownSince, s.EtaS, s.Waits = &now, nil, []jobs.Wait{{Until: now.Add(time.Second), Reason: "no connection"}}
		})
		time.Sleep(5 * time.Second)
		s := j.end(jobs.JobStopped)
		s.Stop = "interrupted"
		p.Finish(s)
		p.Stop()
		p.End(s, reports.Place{Folder: "j"}, 3, true)
		p.Note("late")
	})
	return out.String()
}

func TestPlainProgress(t *testing.T) { golden(t, "progress_plain.txt", play(t, reports.ProgressAuto)) }

func TestJSONProgress(t *testing.T) {
	out := play(t, reports.ProgressJSON)
	golden(t, "progress.jsonl", out)
	for _, line := range strings.Split(strings.TrimSuffix(out, "\n"), "\n") {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil || v["event"] == nil || v["time"] == nil {
			t.Errorf("got %s (%v), want an object with event and time", line, err)
		}
	}
}

// Programs are told of each wait by itself; people see it in what the progress shows.
func TestWaitEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		until := time.Now().Add(time.Minute)
		for mode, want := range map[reports.ProgressMode]string{
			reports.ProgressPlain: "",
			reports.ProgressJSON: `{"time":"2000-01-01T00:00:00.000Z","event":"parked","account":"22","until":"2000-01-01T00:01:00Z","reason":"too many calls"}
{"time":"2000-01-01T00:00:00.000Z","event":"probing","account":""}
{"time":"2000-01-01T00:00:00.000Z","event":"unreachable","until":"2000-01-01T00:01:00Z","reason":"no route"}
{"time":"2000-01-01T00:00:00.000Z","event":"reachable"}
`,
		} {
			var out bytes.Buffer
			p := reports.NewProgress(mode, &out)
			for _, e := range []jobs.Event{
				{Kind: jobs.EventParked, Account: "22", Until: until, Text: "too many calls"},
				{Kind: jobs.EventProbing},
				{Kind: jobs.EventUnreachable, Until: until, Text: "no route"},
				{Kind: jobs.EventReachable},
			} {
				p.Event(e)
			}
			p.Stop()
			if out.String() != want {
				t.Errorf("%s: got\n%s, want\n%s", mode, out.String(), want)
			}
		}
	})
}

// However fast a run goes, a line comes at most once a second, and however slow,
// every ten.
func TestLinesKeepTheirPace(t *testing.T) {
	for _, test := range []struct {
		name      string
		each      time.Duration
		total     int
		wantLines int
	}{
		{"fast", 10 * time.Millisecond, 600, 2 + 5},      // 6 s: one each second
		{"middling", 100 * time.Millisecond, 600, 2 + 8}, // 60 s: one each tenth
		{"slow", 1000 * time.Millisecond, 600, 2 + 59},   // 600 s: one each ten seconds
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				p := reports.NewProgress(reports.ProgressPlain, &out)
				j := newPlayed(test.total)
				p.Start(reports.Place{Folder: "j"}, j.read)
				time.Sleep(time.Millisecond) // so that nothing coincides
				j.settle(test.total, test.each)
				p.Finish(j.end(jobs.JobFinished))
				if got := strings.Count(out.String(), "\n"); got < test.wantLines-1 || got > test.wantLines+1 {
					t.Errorf("got %d lines, want %d:\n%s", got, test.wantLines, out.String())
				}
			})
		})
	}
}

// Once a run is told to stop, nobody is told how much time is left, or until when it waits.
func TestStoppingHasNoTimeLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, mode := range []reports.ProgressMode{reports.ProgressPlain, reports.ProgressJSON} {
			var out bytes.Buffer
			p := reports.NewProgress(mode, &out)
			j := newPlayed(100)
			still := jobs.Wait{Account: "22", Until: time.Now().Add(time.Hour), Imposed: true}
			j.set(func(s *jobs.Summary) { s.Standstill, s.Waits = &still, []jobs.Wait{still} })
			j.ends = time.Now().Add(2 * time.Hour)
			p.Start(reports.Place{Folder: "j"}, j.read)
			time.Sleep(time.Second)
			p.Stopping("stopping")
			time.Sleep(15 * time.Second)
			p.Stop()
			before, after, told := strings.Cut(out.String(), "stopping")
			times := func(text string) bool {
				return strings.Contains(text, "waits until") || strings.Contains(text, `"eta_s":7`)
			}
			if !told || !times(before) || times(after) || !strings.Contains(after, "100") {
				t.Errorf("%s: got\n%s, want a time before the stop and none after it", mode, out.String())
			}
		}
	})
}

func TestNoProgress(t *testing.T) {
	var out bytes.Buffer
	p := reports.NewProgress(reports.ProgressNone, &out)
	j := newPlayed(10)
	p.Start(reports.Place{Folder: "j"}, j.read)
	p.Note("no")
	p.Finish(j.end(jobs.JobFinished))
	p.End(j.end(jobs.JobFinished), reports.Place{Folder: "j"}, 0, true)
	p.Note("still no")
	if out.Len() > 0 {
		t.Errorf("got %q, want nothing", out.String())
	}
}

func TestProgressOutlivesItsReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, w := range map[string]interface{ Write([]byte) (int, error) }{
			"gone":  broken{},
			"stuck": stuck{},
		} {
			p := reports.NewProgress(reports.ProgressPlain, w)
			p.Start(reports.Place{Folder: "j"}, newPlayed(1_000_000).read)
			began := time.Now()
			for range 2000 {
				p.Note("a warning")
			}
			if took := time.Since(began); took > 0 {
				t.Errorf("%s: the run waited %v", name, took)
			}
			p.Stop()
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("%s: Stop took %v", name, took)
			}
		}
		time.Sleep(24 * time.Hour) // the stuck writer gives up, so that the bubble can end
	})
}

// Nothing reads the job once Stop has returned.
func TestStopEndsTheReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stopped, over := make(chan struct{}), false
		p := reports.NewProgress(reports.ProgressPlain, io.Discard)
		p.Start(reports.Place{Folder: "j"}, func() (jobs.Summary, error) {
			if over {
				t.Error("the job is read after the end")
			}
			<-stopped
			time.Sleep(time.Second)
			return jobs.Summary{}, errors.New("ended")
		})
		time.Sleep(time.Minute)
		close(stopped)
		p.Stop()
		over = true
		time.Sleep(time.Minute)
	})
}

func ExampleProgress() {
	p := reports.NewProgress(reports.ProgressPlain, os.Stdout)
	totals := jobs.Totals{Rows: 3, Done: 1, Skipped: 1, Failed: 1}
	// The run is over before its job was read, so that there is no other line.
	p.Start(reports.Place{Folder: "merger.job"}, func() (jobs.Summary, error) { return jobs.Summary{}, errors.New("not read yet") })
	p.Finish(jobs.Summary{State: jobs.JobFinished, Totals: totals})
	// Output:
	// 3 of 3 rows (100%): 1 done, 1 skipped, 1 failed
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

type stuck struct{}

func (stuck) Write(b []byte) (int, error) {
	time.Sleep(time.Minute)
	return len(b), nil
}
