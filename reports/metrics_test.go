package reports_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"adferry/jobs"
	"adferry/reports"
)

// running is the sample job while a process runs it.
func running() jobs.Summary {
	s := sample().summary
	s.State, s.ExitCode = jobs.JobRunning, nil
	eta, down := 1590.5, began.Add(23*time.Minute)
	s.Outlook = jobs.Outlook{EtaS: &eta, NetworkDownSince: &down, Waits: []jobs.Wait{{Until: began.Add(25 * time.Minute)}, {Account: "2002", Until: began.Add(50 * time.Minute)}}}
	s.Accounts["1001"] = jobs.AccountSummary{Calls: 7} // images are only copied from it
	return s
}

func TestMetricsGolden(t *testing.T) {
	m := shown(t, func() (jobs.Summary, error) { return running(), nil })
	var ours strings.Builder
	for line := range strings.Lines(scraped(t, m, http.StatusOK)) {
		if strings.Contains(line, "adferry_") {
			ours.WriteString(line)
		}
	}
	golden(t, "metrics.txt", ours.String())
	problems, err := promlint.New(strings.NewReader(ours.String())).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("got %v and %v, want nothing to complain of", problems, err)
	}
}

// What the API says may hold anything: no label shows it.
func TestMetricsWithoutWords(t *testing.T) {
	const words = "the API's own words"
	s := running()
	s.Stop, s.Manifest.Path = words, words
	for account, a := range s.Accounts {
		a.ParkedFor = words
		s.Accounts[account] = a
	}
	if text := scraped(t, shown(t, func() (jobs.Summary, error) { return s, nil }), http.StatusOK); strings.Contains(text, words) {
		t.Errorf("got the words in\n%s", text)
	}
}

func TestMetricsOfOddName(t *testing.T) {
	s := running()
	s.Job = "a\xff\"\n\\b"
	text := scraped(t, shown(t, func() (jobs.Summary, error) { return s, nil }), http.StatusOK)
	if want := `adferry_job_info{name="a` + "\ufffd" + `\"\n\\b",state="running"} 1`; !strings.Contains(text, want) {
		t.Errorf("got no %s in\n%s", want, text)
	}
}

// The process is told of with and without a job.
func TestMetricsOfProcess(t *testing.T) {
	m := reports.NewMetrics(slog.New(slog.DiscardHandler))
	const process, job = "\ngo_goroutines ", "\nadferry_job_info{"
	if text := scraped(t, m, http.StatusOK); !strings.Contains(text, process) || strings.Contains(text, job) {
		t.Errorf("before a job: got\n%s", text)
	}
	hide := m.Show("", func() (jobs.Summary, error) { return running(), nil })
	if text := scraped(t, m, http.StatusOK); !strings.Contains(text, process) || !strings.Contains(text, job) {
		t.Errorf("during a job: got\n%s", text)
	}
	hide()
	if text := scraped(t, m, http.StatusOK); !strings.Contains(text, process) || strings.Contains(text, job) {
		t.Errorf("after a job: got\n%s", text)
	}
}

func TestMetricsUnreadable(t *testing.T) {
	var log strings.Builder
	m := reports.NewMetrics(slog.New(slog.NewTextHandler(&log, nil)))
	defer m.Show("", func() (jobs.Summary, error) { return jobs.Summary{}, errors.New("the disk is gone") })()
	for what, text := range map[string]string{"answer": scraped(t, m, http.StatusInternalServerError), "log": log.String()} {
		if !strings.Contains(text, "the disk is gone") {
			t.Errorf("got %s %q, want the error in it", what, text)
		}
	}
}

// Scrapes that come together share one reading, and it is kept for as long as ten
// readings take.
func TestMetricsShareReadings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		readings := 0
		m := shown(t, func() (jobs.Summary, error) {
			time.Sleep(time.Second)
			readings++
			return running(), nil
		})
		var scrapes sync.WaitGroup
		for range 20 {
			scrapes.Go(func() { scraped(t, m, http.StatusOK) })
		}
		scrapes.Wait()
		for _, step := range []struct {
			after time.Duration
			want  int
		}{{0, 1}, {9 * time.Second, 1}, {2 * time.Second, 2}, {9 * time.Second, 2}} {
			time.Sleep(step.after)
			scraped(t, m, http.StatusOK)
			if readings != step.want {
				t.Errorf("after %v: got %d readings, want %d", step.after, readings, step.want)
			}
		}
	})
}

// A scrape waits for the first reading, however long it takes, and for a later one
// no longer than Prometheus does: the last one has to do then.
func TestMetricsOfSlowReadings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		m := shown(t, func() (jobs.Summary, error) {
			time.Sleep(15 * time.Second)
			n++
			return jobs.Summary{API: jobs.APICounts{Calls: n}}, nil
		})
		for _, step := range []struct {
			after, takes time.Duration
			want         int
		}{{0, 15 * time.Second, 1}, {151 * time.Second, 2 * time.Second, 1}, {13 * time.Second, 0, 2}} {
			time.Sleep(step.after)
			began := time.Now()
			text := scraped(t, m, http.StatusOK)
			if want := fmt.Sprintf("\nadferry_calls_total %d\n", step.want); !strings.Contains(text, want) {
				t.Errorf("got no %q in\n%s", want, text)
			}
			if took := time.Since(began); took != step.takes {
				t.Errorf("it took %v, want %v", took, step.takes)
			}
		}
	})
}

// What hides the job ends the reading before, waits for it, and lets no other begin.
func TestMetricsHideWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := reports.NewMetrics(slog.New(slog.DiscardHandler))
		ended, reading := make(chan struct{}), false
		hide := m.Show("", func() (jobs.Summary, error) {
			reading = true
			<-ended
			time.Sleep(time.Second)
			reading = false
			return jobs.Summary{}, errors.New("ended")
		})
		go scraped(t, m, http.StatusInternalServerError)
		synctest.Wait()
		if !reading {
			t.Fatal("nothing is read: the test is void")
		}
		close(ended)
		hide()
		if reading {
			t.Error("it is still being read")
		}
	})
}

// shown is a Metrics of one job.
func shown(t *testing.T, read func() (jobs.Summary, error)) *reports.Metrics {
	t.Helper()
	m := reports.NewMetrics(slog.New(slog.DiscardHandler))
	t.Cleanup(m.Show("", read))
	return m
}

func scraped(t *testing.T, m *reports.Metrics, want int) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != want {
		t.Errorf("got status %d, want %d\n%s", w.Code, want, w.Body)
	}
	return w.Body.String()
}
