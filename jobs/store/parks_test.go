package store_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"adferry/jobs"
	"adferry/jobs/store"
)

// A wait that outlasts its process ends when that stopped, and the next process waits only for
// what is left of it.
func TestParksEndAtTheStop(t *testing.T) {
	for _, test := range []struct {
		name    string
		idle    time.Duration // between the processes
		parked  float64       // seconds, once the wait is over
		history []span
	}{
		{"over before the next one", time.Hour, 60, []span{{0, 60}}},
		{"going on", 5 * time.Minute, 300, []span{{0, 60}, {360, 600}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := t.TempDir()
				job, _ := createJob(t, dir, "source_account,hash,target_account\n11,"+strings.Repeat("a", 32)+",22\n")
				run := func(job *store.Job) {
					t.Helper()
					if err := job.SetRunning(t.Context(), store.Pace{}); err != nil {
						t.Fatal(err)
					}
				}
				wantParked := func(when string, read func(context.Context) (jobs.Summary, error), want float64) {
					t.Helper()
					s, err := read(t.Context())
					if got := s.Accounts["22"].ParkedS; err != nil || got != want {
						t.Errorf("%s: got %v s parked (%v), want %v", when, got, err, want)
					}
				}
				run(job)
				began := time.Now()
				until := began.Add(10 * time.Minute)
				time.Sleep(time.Minute)
				_, err := job.Commit(t.Context(), jobs.Change{
					Parks: []jobs.Park{{Account: "22", From: began, Until: until, Code: 17}},
					Lanes: []jobs.LaneState{{Account: "22", ParkedUntil: until, ParkedFor: "limit", Parked: until.Sub(began)}},
					Tally: &jobs.Tally{Started: began, Elapsed: time.Minute, Saved: time.Now()},
				})
				if err != nil {
					t.Fatal(err)
				}
				wantParked("stopped", job.Summary, 60)
				job.Close()

				time.Sleep(test.idle)
				if job, err = store.Open(t.Context(), dir); err != nil {
					t.Fatal(err)
				}
				defer job.Close()
				run(job)
				wantParked("started again", job.Live, 60)
				time.Sleep(time.Until(until.Add(time.Second)))
				wantParked("after the wait", job.Live, test.parked)
				_, parks, err := job.History(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				var got []span
				for _, p := range parks {
					got = append(got, span{p.From.Sub(began).Seconds(), p.Until.Sub(began).Seconds()})
				}
				if !slices.Equal(got, test.history) {
					t.Errorf("got waits %v, want %v", got, test.history)
				}
			})
		})
	}
}

// span is a wait in seconds since the first process began.
type span struct{ from, until float64 }
