package reports

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"adferry/jobs"
)

// family is a metric of a job: its labels, its kind, and what a summary gives it.
type family struct {
	desc   *prometheus.Desc
	kind   prometheus.ValueType
	values func(put putFunc, s jobs.Summary)
}

// putFunc adds a value with its labels to a scrape.
type putFunc func(v float64, labels ...string)

func gauge(name, help string, values func(putFunc, jobs.Summary), labels ...string) family {
	return family{prometheus.NewDesc("adferry_"+name, help, labels, nil), prometheus.GaugeValue, values}
}

func counter(name, help string, values func(putFunc, jobs.Summary), labels ...string) family {
	return family{prometheus.NewDesc("adferry_"+name, help, labels, nil), prometheus.CounterValue, values}
}

// metricFamilies are the metrics of a job. Rows are gauges, because they go from one status to
// another, and retry takes failed ones back. Labels hold ids, fixed words and the job's name,
// never what the API said. What is not known, or not so, is left out.
var metricFamilies = []family{
	gauge("job_info", "The job that is being run; always 1.",
		func(put putFunc, s jobs.Summary) { put(1, s.Job, string(s.State)) }, "name", "state"),
	gauge("rows", "Manifest rows by operation and status: done, skipped (it already was so), failed, pending, unknown (sent, and no answer yet, or a lost one).",
		func(put putFunc, s jobs.Summary) {
			for operation, t := range s.Operations {
				putTotals(put, operation, t)
			}
		}, "operation", "status"),
	gauge("reason_rows", "Manifest rows, done, skipped or failed, by the reason that results.csv gives, such as denied.",
		func(put putFunc, s jobs.Summary) {
			for reason, n := range s.Reasons {
				put(float64(n), string(reason))
			}
		}, "reason"),
	counter("http_requests_total", "HTTP requests sent to the Graph API; a batch is one.",
		func(put putFunc, s jobs.Summary) { put(float64(s.API.HTTPRequests)) }),
	counter("calls_total", "Calls sent to the Graph API; each operation of a batch is one.",
		func(put putFunc, s jobs.Summary) { put(float64(s.API.Calls)) }),
	counter("throttled_calls_total", "Calls that the Graph API turned away because a quota was used up.",
		func(put putFunc, s jobs.Summary) { put(float64(s.API.Throttled)) }),
	counter("run_seconds_total", "Seconds that processes ran the job, earlier ones included.",
		func(put putFunc, s jobs.Summary) { put(s.ElapsedS) }),
	counter("waited_seconds_total", "Seconds of those in which every ad account had to wait; a wait is counted when it is over.",
		func(put putFunc, s jobs.Summary) { put(s.WaitedS) }),
	gauge("eta_seconds", "Seconds until all rows have ended, at the pace that the quota allows and after the waits; absent while that is not known, as in a pause.",
		func(put putFunc, s jobs.Summary) {
			if s.EtaS != nil {
				put(*s.EtaS)
			}
		}),
	gauge("paused", "1 while the job is paused, else 0.",
		func(put putFunc, s jobs.Summary) { put(pick(s.State == jobs.JobPaused, 1., 0.)) }),
	gauge("network_down_since_timestamp_seconds", "Since when the Graph API has been unreachable; absent while it can be reached.",
		func(put putFunc, s jobs.Summary) { putTime(put, s.NetworkDownSince) }),
	gauge("app_parked_until_timestamp_seconds", "When all ad accounts may go on that wait together, because the app is limited or the network is down; absent while they need not.",
		func(put putFunc, s jobs.Summary) {
			for _, w := range s.Waits {
				if w.Account == "" {
					putTime(put, &w.Until)
				}
			}
		}),
	gauge("account_rows", "Manifest rows by status and by the ad account that receives or loses the image.",
		ofAccounts(func(put putFunc, id string, a jobs.AccountSummary) {
			if a.Rows > 0 { // else it is only copied from
				putTotals(put, id, a.Totals)
			}
		}), "account", "status"),
	counter("account_calls_total", "Calls to the Graph API that an ad account is charged for.",
		ofAccounts(func(put putFunc, id string, a jobs.AccountSummary) { put(float64(a.Calls), id) }), "account"),
	counter("account_throttles_total", "Throttles of an ad account.",
		ofAccounts(func(put putFunc, id string, a jobs.AccountSummary) { put(float64(a.Throttles), id) }), "account"),
	counter("account_parked_seconds_total", "Seconds that the Graph API made an ad account wait.",
		ofAccounts(func(put putFunc, id string, a jobs.AccountSummary) { put(a.ParkedS, id) }), "account"),
	gauge("account_parked_until_timestamp_seconds", "When an ad account that has to wait goes on; absent while it need not wait.",
		ofAccounts(func(put putFunc, id string, a jobs.AccountSummary) { putTime(put, a.ParkedUntil, id) }), "account"),
}

func ofAccounts(values func(put putFunc, id string, a jobs.AccountSummary)) func(putFunc, jobs.Summary) {
	return func(put putFunc, s jobs.Summary) {
		for account, a := range s.Accounts {
			values(put, string(account), a)
		}
	}
}

// putTime puts a moment in seconds since 1970; nil is none.
func putTime(put putFunc, t *time.Time, labels ...string) {
	if t != nil {
		put(float64(t.UnixMilli())/1000, labels...)
	}
}

// putTotals puts every status, also those that no row has: a rate over a series that began
// with the first failure would not show that one.
func putTotals(put putFunc, label string, t jobs.Totals) {
	for _, f := range figures(t) {
		put(float64(f.Rows), label, f.Class)
	}
}

// collect gives a family's values to a scrape. Text in labels has to be UTF-8, and a folder's name
// may be any bytes.
func (f family) collect(to chan<- prometheus.Metric, s jobs.Summary) {
	f.values(func(v float64, labels ...string) {
		for i := range labels {
			labels[i] = strings.ToValidUTF8(labels[i], "\ufffd")
		}
		to <- prometheus.MustNewConstMetric(f.desc, f.kind, v, labels...)
	}, s)
}
