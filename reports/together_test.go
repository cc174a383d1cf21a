package reports_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/jobs/store"
	"adferry/reports"
)

// shownRun is a run in virtual time with everything that shows it.
type shownRun struct {
	t       *testing.T
	job     *store.Job
	plain   lockedBuffer
	json    lockedBuffer
	metrics *reports.Metrics

	mu       sync.Mutex
	readings []jobs.Summary
}

type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) WriteString(s string) (int, error) { return b.Write([]byte(s)) }

// last is the last line.
func (b *lockedBuffer) last() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	return all[len(all)-1]
}

// seen is what one moment of a run looks like: the same everywhere.
type seen struct {
	eta      float64 // seconds; NaN: not told
	waits    string  // accounts, the app as app
	down     bool
	paused   bool
	text     string // of status
	lineHeld string // what the plain line says behind the counts
}

// look compares what all ways to see the run show now.
func (r *shownRun) look() seen {
	r.t.Helper()
	time.Sleep(3 * time.Second) // lines come a second after what they tell
	now := time.Now()
	s, err := r.job.Live(context.Background())
	if err != nil {
		r.t.Fatal(err)
	}
	var document struct {
		EtaS  *float64    `json:"eta_s"`
		Waits []jobs.Wait `json:"waits"`
		Down  *time.Time  `json:"network_down_since"`
	}
	var written bytes.Buffer
	if err := errors.Join(reports.WriteSummary(&written, s), json.Unmarshal(written.Bytes(), &document)); err != nil {
		r.t.Fatal(err)
	}
	got := seen{eta: math.NaN(), down: document.Down != nil, paused: s.PausedAt != nil}
	if document.EtaS != nil {
		got.eta = *document.EtaS
	}
	for _, w := range document.Waits {
		if w.Account == "" {
			w.Account = "app"
		}
		got.waits = strings.TrimSpace(got.waits + " " + string(w.Account))
	}

	got.text = reports.Text(s, reports.TextOptions{Place: reports.Place{Folder: "j"}, Now: now, Accounts: true})
	r.same("status", told(got.text), got.eta, 4) // which is rounded

	var line struct {
		Time  time.Time
		EtaS  *float64 `json:"eta_s"`
		Waits []jobs.Wait
		Down  *time.Time `json:"network_down_since"`
	}
	if err := json.Unmarshal([]byte(r.json.last()), &line); err != nil {
		r.t.Fatal(err)
	}
	r.matches(line.Time, line.EtaS)
	if len(line.Waits) != len(document.Waits) || (line.Down != nil) != got.down {
		r.t.Errorf("JSON has waits %v and network %v, summary.json has %v and %v", line.Waits, line.Down, document.Waits, document.Down)
	}
	plain := r.plain.last()
	_, got.lineHeld, _ = strings.Cut(plain, "failed")
	if math.IsNaN(told(plain)) != math.IsNaN(got.eta) {
		r.t.Errorf("the plain line has time left %v, summary.json has %v: %s", told(plain), got.eta, plain)
	}
	scrape := scraped(r.t, r.metrics, http.StatusOK)
	metric := math.NaN()
	if m := regexp.MustCompile(`(?m)^adferry_eta_seconds (\S+)$`).FindStringSubmatch(scrape); m != nil {
		metric, _ = strconv.ParseFloat(m[1], 64)
	}
	r.same("metrics", metric, got.eta, 2+got.eta/10) // rows were settled in between
	if down := strings.Contains(scrape, "\nadferry_network_down_since"); down != got.down {
		r.t.Errorf("metrics have network down %v, want %v", down, got.down)
	}
	return got
}

// appWaits reports whether the app waits now, which lines show a second later.
func (r *shownRun) appWaits() bool {
	r.t.Helper()
	s, err := r.job.Live(context.Background())
	if err != nil {
		r.t.Fatal(err)
	}
	return slices.ContainsFunc(s.Waits, func(w jobs.Wait) bool { return w.Account == "" })
}

// matches looks for a reading of the job that a line with this time left may come from.
func (r *shownRun) matches(at time.Time, eta *float64) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.readings {
		age := at.Sub(s.At)
		if age < -time.Millisecond || age > 2*time.Second || (eta == nil) != (s.EtaS == nil) {
			continue
		}
		if eta == nil || math.Abs(*eta-max(0, *s.EtaS-age.Seconds())) < 0.01 {
			return
		}
	}
	r.t.Errorf("a line of %v has time left %v, and no summary read before it has", at, eta)
}

// same compares times left, in seconds.
func (r *shownRun) same(what string, got, want, within float64) {
	r.t.Helper()
	if math.IsNaN(got) != math.IsNaN(want) || math.Abs(got-want) > within+1 {
		r.t.Errorf("%s has %v s left, summary.json has %v", what, got, want)
	}
}

// leftOnPage is what the page of the job in dir says of the time left when it stopped.
func leftOnPage(t *testing.T, dir string) string {
	t.Helper()
	job, err := store.View(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	to := t.TempDir()
	if err := reports.Write(context.Background(), reports.Place{Folder: to}, job); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(to, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`left when it stopped</dt><dd>([^<]*)`).FindSubmatch(page)
	if m == nil {
		return ""
	}
	return string(m[1])
}

// told reads the time left out of a text: "about 1m 5s", and before it perhaps "waits until
// 00:01:30". NaN: it tells none.
func told(text string) float64 {
	m := regexp.MustCompile(`about\s+((\d+)m\s+)?(\d+)s`).FindStringSubmatch(text)
	if m == nil {
		return math.NaN()
	}
	minutes, _ := strconv.Atoi(m[2])
	seconds, _ := strconv.Atoi(m[3])
	left := float64(60*minutes + seconds)
	if w := regexp.MustCompile(`waits until (\d\d:\d\d:\d\d).*(\n.*)?then`).FindStringSubmatch(text); w != nil {
		until, _ := time.Parse(time.TimeOnly, w[1])
		now, _ := time.Parse(time.TimeOnly, time.Now().Format(time.TimeOnly))
		left += until.Sub(now).Seconds()
	}
	return left
}

// What people and programs see is one and the same thing, through a park, an app block, a
// pause, a lost network, a stop and a resume; and what was said to be left came true.
func TestSeenTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{
			Latency: sandbox.Latency{Min: 500 * time.Millisecond},
			Script: []sandbox.Rule{
				{Match: sandbox.Match{Kind: sandbox.Copy, Account: "22", Nth: 90}, Fault: sandbox.Fault{Name: "80004/2446079", Regain: time.Minute}},
				{Match: sandbox.Match{Kind: sandbox.Copy, Account: "22", Nth: 190}, Fault: sandbox.Fault{Name: "4"}},
			},
		})
		w.Has("11")
		w.Has("22")
		var rows []string
		for i := range 600 {
			w.Has("11", fmt.Sprint(i))
			rows = append(rows, fmt.Sprintf("copy 11 %d 22", i))
		}
		w.Manifest(rows...)
		var offline bool
		var lock sync.Mutex
		network := func(down bool) { lock.Lock(); offline = down; lock.Unlock() }
		w.Wire.API = jobtest.ClientOver(t, &jobtest.Between{Next: sandbox.Transport(w.Server), Answer: func(*http.Request) (*http.Response, error) {
			lock.Lock()
			defer lock.Unlock()
			if offline {
				return nil, &net.OpError{Op: "dial", Err: syscall.ENETUNREACH}
			}
			return nil, nil
		}})

		run := func(watch func(r *shownRun, e *engine.Engine)) (r *shownRun, err error) {
			r = &shownRun{t: t, metrics: reports.NewMetrics(slog.New(slog.DiscardHandler))}
			w.Wrap = func(job *store.Job) jobs.Checkpoint {
				if err := job.SetRunning(context.Background(), store.Pace{}); err != nil {
					t.Fatal(err)
				}
				r.job = job
				return job
			}
			var views []*reports.Progress
			var hide func()
			ended := make(chan struct{})
			err = w.RunCtx(context.Background(), engine.Options{Workers: 2, BatchSize: 2, RetryMax: 10 * time.Second}, func(e *engine.Engine) {
				read := func() (jobs.Summary, error) {
					s, err := r.job.Live(context.Background())
					r.mu.Lock()
					defer r.mu.Unlock()
					r.readings = append(r.readings, s)
					return s, err
				}
				for mode, out := range map[reports.ProgressMode]*lockedBuffer{reports.ProgressPlain: &r.plain, reports.ProgressJSON: &r.json} {
					p := reports.NewProgress(mode, out)
					p.Start(reports.Place{Folder: "j"}, read)
					views = append(views, p)
				}
				hide = r.metrics.Show("", read)
				go func() {
					defer close(ended)
					watch(r, e)
					for _, p := range views {
						p.Stop()
					}
					hide()
				}()
			})
			<-ended
			return r, err
		}

		var predicted time.Time
		_, err := run(func(r *shownRun, e *engine.Engine) {
			time.Sleep(8 * time.Second)
			if got := r.look(); math.IsNaN(got.eta) || got.waits != "" {
				t.Errorf("going: got %+v", got)
			}
			time.Sleep(15 * time.Second) // the park has begun
			for range 3 {
				got := r.look()
				if got.waits != "22" || math.IsNaN(got.eta) || !strings.Contains(got.text, "for Meta's limit on act_22; then about") || !strings.Contains(got.lineHeld, "waits until") {
					t.Errorf("parked: got %+v", got)
				}
				time.Sleep(10 * time.Second)
			}
			for !r.appWaits() {
				time.Sleep(time.Second)
			}
			if got := r.look(); got.waits != "app" || math.IsNaN(got.eta) || !strings.Contains(got.text, "for Meta's limit on the app; then about") {
				t.Errorf("the app is blocked: got %+v", got)
			}
			time.Sleep(70 * time.Second)
			if err := r.job.Pause(context.Background()); err != nil {
				t.Error(err)
			}
			e.Steer(jobs.Steering{Paused: true, Workers: 2})
			for range 2 {
				if got := r.look(); !math.IsNaN(got.eta) || !got.paused || !strings.Contains(got.lineHeld, "paused since") {
					t.Errorf("paused: got %+v", got)
				}
				time.Sleep(time.Minute)
			}
			if err := r.job.Unpause(context.Background()); err != nil {
				t.Error(err)
			}
			e.Steer(jobs.Steering{Workers: 2})
			time.Sleep(5 * time.Second)
			network(true)
			time.Sleep(5 * time.Second)
			for range 3 {
				if got := r.look(); !math.IsNaN(got.eta) || !got.down || got.waits != "app" || !strings.Contains(got.text, "has been unreachable since") || !strings.Contains(got.lineHeld, "has been unreachable since") {
					t.Errorf("no network: got %+v", got)
				}
				time.Sleep(7 * time.Second)
			}
			network(false)
			time.Sleep(25 * time.Second)
			if got := r.look(); math.IsNaN(got.eta) || got.down || got.waits != "" {
				t.Errorf("back: got %+v", got)
			}
			e.Stop(jobs.ErrInterrupted)
		})
		if !errors.Is(err, jobs.ErrInterrupted) {
			t.Fatal(err)
		}
		stopped := w.Summary()
		if stopped.AtStop.EtaS == nil {
			t.Fatalf("got %+v, %+v, stop %q", stopped.AtStop, stopped.Totals, stopped.Stop)
		}
		if stopped.EtaS != nil || stopped.Waits != nil || stopped.NetworkDownSince != nil || stopped.AtStop.EtaS == nil {
			t.Errorf("got %+v and %+v, want the outlook at the stop, and none now", stopped.Outlook, stopped.AtStop)
		}
		atStop := *stopped.AtStop.EtaS
		if left := leftOnPage(t, w.Dir); math.Abs(told(left)-atStop) > 3 {
			t.Errorf("the page has %q left when it stopped, want %v s", left, atStop)
		}
		time.Sleep(24 * time.Hour)
		began := time.Now()
		_, err = run(func(r *shownRun, e *engine.Engine) {
			got := r.look()
			if s, _ := r.job.Live(context.Background()); s.Totals.Done < stopped.Totals.Done || s.ElapsedS > stopped.ElapsedS+10 {
				t.Errorf("resumed: got %+v after %v s, want it to go on from %+v after %v s", s.Totals, s.ElapsedS, stopped.Totals, stopped.ElapsedS)
			}
			if math.IsNaN(got.eta) {
				t.Errorf("resumed: got %+v", got)
			}
			predicted = time.Now().Add(time.Duration(got.eta * float64(time.Second)))
		})
		if err != nil {
			t.Fatal(err)
		}
		took := time.Since(began).Seconds()
		if off := time.Since(predicted).Seconds(); math.Abs(off) > took/2 {
			t.Errorf("it ended %v s after the time that was told, of %v", off, took)
		}
		if math.Abs(atStop-took) > took/2 {
			t.Errorf("%v s were told to be left at the stop, and it took %v", atStop, took)
		}
	})
}
