package reports_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"adferry/jobs"
	"adferry/plan"
)

func TestPageIsSelfContained(t *testing.T) {
	page := read(t, written(t, sample()), "report.html")
	for _, bad := range []string{"<script", "ZgotmplZ", "@import", "url(", "<no value>", "<b>not bold", "NaN", "%!"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	for _, m := range regexp.MustCompile(`(?:href|src)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if strings.Contains(m[1], ":") || strings.Contains(m[1], "/") {
			t.Errorf("the page leads to %s", m[1])
		}
	}
}

func TestPageIsCapped(t *testing.T) {
	j := sample()
	failed := j.results[6]
	j.results, j.parks, j.samples = nil, nil, nil
	for i := range 5000 {
		r := failed
		r.Line = i + 2
		r.Target = plan.Account(fmt.Sprint(7000 + i%900))
		r.Code = i%50 + 1
		j.results = append(j.results, r)
		j.samples = append(j.samples, jobs.Sample{At: began.Add(time.Duration(i) * time.Second), Settled: i, Failed: i, Parked: i % 2})
		j.parks = append(j.parks, jobs.Park{Account: r.Target, From: began.Add(time.Duration(i) * time.Second), Until: began.Add(time.Duration(i+90) * time.Second), Code: 17})
	}
	j.summary = summarize(j.results)
	j.summary.State = jobs.JobFinished
	page := read(t, written(t, j), "report.html")
	for _, want := range []string{"The first 200 of 5,000", "800 more ad accounts", "875 more ad accounts waited", "Finished: 0 of 5,000 rows"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if got, want := len(page), 300<<10; got > want {
		t.Errorf("the page has %d bytes, want at most %d", got, want)
	}
}

func TestPageOfAJobNotBegun(t *testing.T) {
	j := job{header: []string{"hash"}, results: []jobs.Result{{Line: 2, Record: "x", Fate: jobs.Fate{Status: jobs.StatusPending}}}}
	j.summary = summarize(j.results)
	j.summary.State, j.summary.Job = jobs.JobStopped, "it's a job"
	page := read(t, written(t, j), "report.html")
	for _, want := range []string{"Not started: 1 row to do.", `adferry resume &#39;it&#39;\&#39;&#39;s a job&#39;`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q:\n%s", want, page[strings.Index(page, "<body"):])
		}
	}
}
