package reports_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"adferry/reports"
)

func TestPlainProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := reports.NewProgress(reports.ProgressAuto, &out)
		p.Start(1000, 100, 2)
		time.Sleep(time.Second / 2) // between the lines, so that nothing coincides
		settle(p, 60, time.Second)  // two a second, below a tenth in ten seconds
		p.Parked("77", time.Now().Add(90*time.Second), "code 17/2446079")
		p.Parked("88", time.Now().Add(30*time.Second), "code 80004")
		time.Sleep(25 * time.Second)
		p.Resumed("88")
		p.Note("warning: something\nodd")
		settle(p, 5, 10*time.Millisecond)
		p.Parked("", time.Now().Add(-time.Second), "")
		p.Resumed("77")
		time.Sleep(10 * time.Second)
		p.Resumed("")
		p.Stop()
		p.Stop()
		p.Note("late")
		golden(t, "progress_plain.txt", out.String())
	})
}

func TestJSONProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := reports.NewProgress(reports.ProgressJSON, &out)
		p.Note("early")
		p.Start(100, 0, 0)
		time.Sleep(time.Second / 2) // between the lines, so that nothing coincides
		settle(p, 20, time.Second)
		p.Parked("77", time.Now().Add(time.Minute), `say "why"`)
		time.Sleep(12 * time.Second)
		p.Stop()
		golden(t, "progress.jsonl", out.String())
		for _, line := range strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n") {
			var v map[string]any
			if err := json.Unmarshal([]byte(line), &v); err != nil || v["event"] == nil || v["time"] == nil {
				t.Errorf("got %s (%v), want an object with event and time", line, err)
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
		{"fast", 10 * time.Millisecond, 600, 2 + 6},      // 6 s: one each second
		{"middling", 100 * time.Millisecond, 600, 2 + 9}, // 60 s: one each tenth
		{"slow", 1000 * time.Millisecond, 600, 2 + 60},   // 600 s: one each ten seconds
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				p := reports.NewProgress(reports.ProgressPlain, &out)
				p.Start(test.total, 0, 0)
				time.Sleep(time.Millisecond) // so that nothing coincides
				for range test.total {
					time.Sleep(test.each)
					p.Settled(false, false)
				}
				p.Stop()
				if got := strings.Count(out.String(), "\n"); got != test.wantLines {
					t.Errorf("got %d lines, want %d:\n%s", got, test.wantLines, out.String())
				}
			})
		})
	}
}

func TestNoProgress(t *testing.T) {
	var out bytes.Buffer
	p := reports.NewProgress(reports.ProgressNone, &out)
	p.Start(10, 0, 0)
	p.Settled(true, false)
	p.Note("no")
	p.Stop()
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
			p.Start(1_000_000, 0, 0)
			began := time.Now()
			for range 2000 {
				p.Note("a warning")
				p.Settled(false, false)
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

func TestProgressFromManySides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := reports.NewProgress(reports.ProgressPlain, &out)
		var wg sync.WaitGroup
		p.Start(8000, 0, 0)
		for i := range 8 {
			wg.Go(func() {
				for n := range 1000 {
					time.Sleep(time.Millisecond)
					p.Settled(n%10 == 0, n%10 == 1)
					p.Parked(string(rune('a'+i)), time.Now(), "")
					p.Resumed(string(rune('a' + i)))
				}
				p.Note("done")
			})
		}
		wg.Wait()
		p.Stop()
		if want := "8,000 of 8,000 operations settled (100%), 800 failed, 800 skipped in 1s\n"; !strings.HasSuffix(out.String(), want) {
			t.Errorf("got %s, want it to end in %s", out.String(), want)
		}
		if got := strings.Count(out.String(), "done\n"); got != 8 {
			t.Errorf("got %d notes, want 8", got)
		}
	})
}

func TestParseProgressMode(t *testing.T) {
	for _, name := range []string{"auto", "bar", "plain", "json", "none"} {
		m, err := reports.ParseProgressMode(name)
		if err != nil || m.String() != name {
			t.Errorf("got %v and %v for %s", m, err, name)
		}
	}
	for _, name := range []string{"", "unknown", "Bar"} {
		if m, err := reports.ParseProgressMode(name); err == nil {
			t.Errorf("got %v for %q, want an error", m, name)
		}
	}
}

func ExampleProgress() {
	p := reports.NewProgress(reports.ProgressPlain, os.Stdout)
	p.Start(3, 0, 0)
	p.Settled(false, false)
	p.Settled(false, true)
	p.Settled(true, false)
	p.Stop()
	// Example output:
	// 0 of 3 operations settled (0%)
	// 3 of 3 operations settled (100%), 1 failed, 1 skipped in 0.4s
}

func settle(p *reports.Progress, n int, each time.Duration) {
	for i := range n {
		time.Sleep(each)
		p.Settled(false, i%10 == 3)
		p.Settled(i%20 == 7, false)
	}
	synctest.Wait()
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

type stuck struct{}

func (stuck) Write(b []byte) (int, error) {
	time.Sleep(time.Minute)
	return len(b), nil
}
