package reports_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"adferry/jobs"
	"adferry/plan"
)

// job is a hand-made checkpoint. Its summary is counted from its results, as the
// real one's is.
type job struct {
	header  []string
	results []jobs.Result
	samples []jobs.Sample
	parks   []jobs.Park
	summary jobs.Summary
	files   string
	fail    error // given instead of the last result
}

func (j job) Summary(context.Context) (jobs.Summary, error) { return j.summary, nil }
func (j job) Header(context.Context) ([]string, error)      { return j.header, nil }
func (j job) Files(context.Context) (string, error)         { return j.files, nil }
func (j job) History(context.Context) ([]jobs.Sample, []jobs.Park, error) {
	return j.samples, j.parks, nil
}
func (j job) Results(ctx context.Context) iter.Seq2[jobs.Result, error] {
	return seq(j.results, j.fail)
}

func seq[T any](values []T, fail error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for i, v := range values {
			if fail != nil && i == len(values)-1 {
				yield(v, fail)
				return
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}

var began = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// hash makes an image hash that tells its number.
func hash(n int) plan.Hash { return plan.Hash(fmt.Sprintf("%032x", n)) }

// summarize counts results the way the contract defines the totals.
func summarize(results []jobs.Result) jobs.Summary {
	s := jobs.Summary{
		Version: jobs.SummaryVersion, Operations: map[string]jobs.Totals{}, Reasons: map[jobs.Reason]int{},
		Accounts: map[plan.Account]jobs.AccountSummary{}, Manifest: jobs.ManifestInfo{Rows: len(results)},
	}
	for _, r := range results {
		s.Totals.Add(r.Status, 1)
		o := s.Operations[r.Verb.String()]
		o.Add(r.Status, 1)
		s.Operations[r.Verb.String()] = o
		if r.Reason != "" {
			s.Reasons[r.Reason]++
		}
		account := r.Target
		if r.Verb == plan.Delete {
			account = r.Source
		}
		a := s.Accounts[account]
		a.Add(r.Status, 1)
		s.Accounts[account] = a
	}
	return s
}

// sample is a stopped job with every status and reason and awkward cells.
func sample() job {
	j := job{header: []string{"note", "Operation", " source_account", "hash", "target_account", "file", "campaign"}}
	const source, target, other = "1001", "2002", "3003"
	add := func(verb plan.Verb, note, campaign string, fate jobs.Fate) {
		n := len(j.results)
		r := jobs.Result{Line: n + 2, Verb: verb, Source: source, Hash: hash(n + 1), Target: target, Fate: fate}
		switch verb {
		case plan.Delete:
			r.Target = ""
		case plan.Upload:
			r.Source, r.Hash, r.Target, r.File = "", "", other, fmt.Sprintf("img/%d.png", n+1)
		}
		word := verb.String()
		if verb == plan.Copy {
			word = ""
		}
		r.Record = strings.Join([]string{note, word, string(r.Source), strings.ToUpper(string(r.Hash)), string(r.Target), r.File, campaign}, ",")
		if fate.Status != jobs.StatusPending {
			r.Started = began.Add(time.Duration(n) * time.Minute)
			r.Attempts = max(r.Attempts, 1)
		}
		if fate.Status == jobs.StatusDone || fate.Status == jobs.StatusSkipped || fate.Status == jobs.StatusFailed {
			r.Finished = r.Started.Add(1234 * time.Millisecond)
		}
		if fate.Status == jobs.StatusDone && verb != plan.Delete {
			r.TargetHash, r.Mapped = hash(n+1), true
		}
		j.results = append(j.results, r)
	}
	failed := func(reason jobs.Reason, code, subcode int, message string) jobs.Fate {
		return jobs.Fate{Status: jobs.StatusFailed, Reason: reason, Code: code, Subcode: subcode, Message: message, TraceID: "AbC123"}
	}
	add(plan.Copy, "plain", "spring", jobs.Fate{Status: jobs.StatusDone})
	add(plan.Move, `"quoted, with ""quotes"""`, `"two`+"\r\n"+`lines"`, jobs.Fate{Status: jobs.StatusDone, Attempts: 2})
	add(plan.Delete, "=SUM(A1:A2)", " blanks ", jobs.Fate{Status: jobs.StatusDone})
	add(plan.Upload, "", "", jobs.Fate{Status: jobs.StatusDone})
	add(plan.Copy, "", "naïve ☕", jobs.Fate{Status: jobs.StatusSkipped, Reason: jobs.AlreadyPresent})
	add(plan.Delete, "", "", jobs.Fate{Status: jobs.StatusSkipped, Reason: jobs.AlreadyAbsent})
	add(plan.Copy, "", "", failed(jobs.NotFound, 100, 0, "(#100) The image was not found"))
	add(plan.Delete, "", "", failed(jobs.InUse, 100, 0, "=HYPERLINK(\"http://evil.example\",\"in use\")"))
	add(plan.Copy, "", "", failed(jobs.Denied, 200, 0, "(#200) Ad account owner has NOT grant ads_management or ads_read permission"))
	add(plan.Copy, "", "", failed(jobs.Denied, 100, 33, "Unsupported post request.\r\nObject with ID 'act_2002' does not exist, cannot be loaded due to missing permissions, or does not support this operation."))
	add(plan.Copy, "", "", failed(jobs.Invalid, 100, 0, " +1, <b>not bold</b>"))
	add(plan.Copy, "", "", failed(jobs.AccountBlocked, 368, 0, "\tblocked"))
	add(plan.Delete, "", "", failed(jobs.DeleteUnconfirmed, 0, 0, "the API said success and the image is still active"))
	add(plan.Copy, "", "", failed(jobs.CopyUnseen, 0, 0, "not seen in act_2002"))
	add(plan.Move, "", "", failed(jobs.CopiedNotDeleted, 100, 0, "the image is in the target, and the source was not deleted (in_use): @in use"))
	add(plan.Copy, "", "", failed(jobs.DependencyFailed, 0, 0, "line 8 failed"))
	add(plan.Copy, "", "", failed(jobs.GaveUp, 2, 0, "Service temporarily unavailable"))
	add(plan.Upload, "", "", failed(jobs.FileUnreadable, 0, 0, "open img/18.png: no such file"))
	add(plan.Move, "", "", jobs.Fate{Status: jobs.StatusUnknown})
	add(plan.Copy, "", "", jobs.Fate{Status: jobs.StatusPending})

	j.results[10].TraceID = "-AbC123" // of the row with the reason invalid

	for i := range 13 {
		j.samples = append(j.samples, jobs.Sample{At: began.Add(time.Duration(i) * 2 * time.Minute), Settled: 2 * i, Failed: max(i-2, 0), Parked: i / 4 % 2})
	}
	j.parks = []jobs.Park{
		{Account: target, From: began.Add(8 * time.Minute), Until: began.Add(13 * time.Minute), Code: 17, Subcode: 2446079},
		{Account: "", From: began.Add(15 * time.Minute), Until: began.Add(16 * time.Minute), Code: 4},
		{Account: target, From: began.Add(20 * time.Minute), Until: began.Add(50 * time.Minute), Code: 80004, Subcode: 2446079},
	}
	j.summary = summarize(j.results)
	j.summary.Job, j.summary.State, j.summary.Stop = "merger.job", jobs.JobStopped, "the time that --max-duration allows is over"
	j.summary.Manifest.Path, j.summary.Manifest.SHA256 = "merger.csv", strings.Repeat("0123456789abcdef", 4)
	j.summary.API = jobs.APICounts{HTTPRequests: 9, Calls: 61, Throttled: 3}
	started, exit := began, 3
	j.summary.StartedAt, j.summary.ExitCode, j.summary.ElapsedS, j.summary.WaitedS = &started, &exit, 1440.5, 360
	a := j.summary.Accounts[target]
	until := began.Add(50 * time.Minute)
	a.Calls, a.Throttles, a.ParkedS, a.Tier, a.ParkedUntil, a.ParkedFor = 40, 2, 540, "limited", &until, "code 80004"
	j.summary.Accounts[target] = a
	return j
}
