package reports_test

import (
	"fmt"
	"testing"
	"time"

	"adferry/jobs"
	"adferry/reports"
)

func TestTextGolden(t *testing.T) {
	running := sample()
	running.summary.State, running.summary.Stop, running.summary.ExitCode = jobs.JobRunning, "", nil
	paused := sample()
	since, workers, rate := began.Add(20*time.Minute), 3, 0.5
	paused.summary.State, paused.summary.Stop, paused.summary.ExitCode = jobs.JobPaused, "", nil
	paused.summary.PausedAt, paused.summary.Tuned = &since, jobs.Tuning{Workers: &workers, MaxRate: &rate}
	at, eta := began.Add(24*time.Minute), 1590.
	parked := jobs.Wait{Account: "2002", Until: began.Add(50 * time.Minute), Reason: "User request limit reached: There have been too many calls from this ad-account. Please wait a bit and try again.", Imposed: true}
	down := began.Add(23 * time.Minute)
	running.summary.Outlook = jobs.Outlook{At: at, EtaS: &eta, RowsPerS: 2.5, Waits: []jobs.Wait{parked}}
	still := sample()
	still.summary.State, still.summary.Stop, still.summary.ExitCode = jobs.JobRunning, "", nil
	still.summary.Outlook = jobs.Outlook{At: at, EtaS: &eta, RowsPerS: 2.5, Waits: []jobs.Wait{parked}, Standstill: &parked}
	offline := still
	offline.summary.Outlook = jobs.Outlook{At: at, NetworkDownSince: &down, Waits: []jobs.Wait{{Until: at, Reason: "no connection to the API: network is unreachable"}}}
	stopped := sample()
	stopped.summary.AtStop = still.summary.Outlook
	done := sample()
	done.summary = summarize(done.results[:6])
	done.summary.State, done.summary.ElapsedS = jobs.JobFinished, 90000
	only := summarize(done.results[4:5])
	only.State = jobs.JobFinished
	shared := running
	until := began.Add(50 * time.Minute)
	shared.summary.Lanes = []jobs.LaneHold{
		{Account: "2001", Worker: "web-1-0a1b2c3d", Since: &since}, {Account: "2002", Worker: "web-2-4e5f6a7b", Since: &since, Waits: parked.Reason, Until: &until},
		{Account: "2003", Worker: "web-2-4e5f6a7b", Since: &since, Waits: "operations of other ad accounts come first"}, {Account: "2004", Waits: "no worker has the credential NORTH_TOKEN"},
	}
	now := began.Add(24*time.Minute + 500*time.Millisecond)
	for _, test := range []struct {
		name string
		s    jobs.Summary
		o    reports.TextOptions
	}{
		{"stopped", sample().summary, reports.TextOptions{Place: reports.Place{Folder: "merger.job"}}},
		{"running", running.summary, reports.TextOptions{Place: reports.Place{Folder: "merger.job"}, Now: now, Accounts: true}},
		{"waiting", still.summary, reports.TextOptions{Place: reports.Place{Folder: "merger.job"}, Now: now, Accounts: true}},
		{"offline", offline.summary, reports.TextOptions{Place: reports.Place{Folder: "merger.job"}, Now: now}},
		{"stopped_in_a_wait", stopped.summary, reports.TextOptions{Place: reports.Place{Folder: "merger.job"}, Now: now, Written: true}},
		{"paused", paused.summary, reports.TextOptions{Place: reports.Place{Folder: "merger.job"}, Now: now}},
		{"finished", done.summary, reports.TextOptions{Place: reports.Place{Folder: "my job"}}},
		{"narrow", still.summary, reports.TextOptions{Place: reports.Place{Folder: "merger.job"}, Now: now, Accounts: true, Width: 60}},
		{"watched", running.summary, reports.TextOptions{Place: reports.Place{Folder: "merger.job"}, Now: now, Accounts: true, Watched: true}},
		{"shared", shared.summary, reports.TextOptions{Place: reports.Place{Name: "autumn"}, Now: now, Accounts: true}},
		{"idle", only, reports.TextOptions{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			golden(t, "text_"+test.name+".txt", reports.Text(test.s, test.o))
		})
	}
}

func ExampleText() {
	fmt.Print(reports.Text(jobs.Summary{
		State:    jobs.JobFinished,
		Totals:   jobs.Totals{Rows: 1204, Done: 1100, Skipped: 96, Failed: 8},
		Reasons:  map[jobs.Reason]int{jobs.AlreadyPresent: 96, jobs.InUse: 7, jobs.Denied: 1},
		API:      jobs.APICounts{Calls: 1310, HTTPRequests: 27, Throttled: 2},
		ElapsedS: 151,
		WaitedS:  60,
	}, reports.TextOptions{Place: reports.Place{Folder: "merger.job"}}))
	// Output:
	// Finished: 1,196 of 1,204 rows ended as wanted, and 8 failed.
	//
	// done               1,100
	// skipped               96
	//   already_present     96  the target had the image
	// failed                 8
	//   in_use               7  an ad creative uses the image
	//   denied               1  the token may not do this with this ad account
	//
	// sent  1,310 calls in 27 requests, 2 throttled
	// time  2m 31s, 1m 0s of it waiting for limits or the network
	// rate  8.0 rows/s on average
	//
	// next  adferry retry merger.job
	//         fix the cause, then this tries the 8 failed rows again
}
