package reports

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"adferry/jobs"
)

// family is a metric with its labels and its kind.
type family struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

func gauge(name, help string, labels ...string) family {
	return family{prometheus.NewDesc("adferry_"+name, help, labels, nil), prometheus.GaugeValue}
}

func counter(name, help string, labels ...string) family {
	return family{prometheus.NewDesc("adferry_"+name, help, labels, nil), prometheus.CounterValue}
}

// The metrics of a job. Rows are gauges, because they go from one status to another,
// and retry takes failed ones back. Labels hold ids, fixed words and the job's name,
// never what the API said.
var (
	metricInfo = gauge("job_info",
		"The job that is being run; always 1.", "name", "state")
	metricRows = gauge("rows",
		"Manifest rows by operation and status: done, skipped (it already was so), failed, pending, unknown (sent, and no answer yet, or a lost one).", "operation", "status")
	metricReasons = gauge("reason_rows",
		"Manifest rows, done, skipped or failed, by the reason that results.csv gives, such as denied.", "reason")
	metricRequests = counter("http_requests_total",
		"HTTP requests sent to the Graph API; a batch is one.")
	metricCalls = counter("calls_total",
		"Calls sent to the Graph API; each operation of a batch is one.")
	metricThrottled = counter("throttled_calls_total",
		"Calls that the Graph API turned away because a quota was used up.")
	metricRan = counter("run_seconds_total",
		"Seconds that processes ran the job, earlier ones included.")
	metricWaited = counter("waited_seconds_total",
		"Seconds of those in which every ad account had to wait; a wait is counted when it is over.")
	metricLeft = gauge("eta_seconds",
		"Seconds until all rows have ended, at the pace that the quota allows and after the waits; absent while that is not known, as in a pause.")
	metricPaused = gauge("paused",
		"1 while the job is paused, else 0.")
	metricDown = gauge("network_down_since_timestamp_seconds",
		"Since when the Graph API has been unreachable; absent while it can be reached.")
	metricAppUntil = gauge("app_parked_until_timestamp_seconds",
		"When all ad accounts may go on that wait together, because the app is limited or the network is down; absent while they need not.")
	metricAccountRows = gauge("account_rows",
		"Manifest rows by status and by the ad account that receives or loses the image.", "account", "status")
	metricAccountCalls = counter("account_calls_total",
		"Calls to the Graph API that an ad account is charged for.", "account")
	metricAccountThrottles = counter("account_throttles_total",
		"Throttles of an ad account.", "account")
	metricAccountParked = counter("account_parked_seconds_total",
		"Seconds that the Graph API made an ad account wait.", "account")
	metricAccountUntil = gauge("account_parked_until_timestamp_seconds",
		"When an ad account that has to wait goes on; absent while it need not wait.", "account")
)

var metricFamilies = []family{
	metricInfo, metricRows, metricReasons, metricRequests, metricCalls, metricThrottled, metricRan, metricWaited,
	metricLeft, metricPaused, metricDown, metricAppUntil,
	metricAccountRows, metricAccountCalls, metricAccountThrottles, metricAccountParked, metricAccountUntil,
}

// metrics takes the values of one scrape.
type metrics chan<- prometheus.Metric

// put adds a value. Text in labels has to be UTF-8, and a folder's name may be any
// bytes.
func (m metrics) put(f family, v float64, labels ...string) {
	for i := range labels {
		labels[i] = strings.ToValidUTF8(labels[i], "\ufffd")
	}
	m <- prometheus.MustNewConstMetric(f.desc, f.kind, v, labels...)
}

func (m metrics) summary(s jobs.Summary) {
	m.put(metricInfo, 1, s.Job, string(s.State))
	for operation, t := range s.Operations {
		m.totals(metricRows, operation, t)
	}
	for reason, n := range s.Reasons {
		m.put(metricReasons, float64(n), string(reason))
	}
	m.put(metricRequests, float64(s.API.HTTPRequests))
	m.put(metricCalls, float64(s.API.Calls))
	m.put(metricThrottled, float64(s.API.Throttled))
	m.put(metricRan, s.ElapsedS)
	m.put(metricWaited, s.WaitedS)
	m.ahead(s)
	for account, a := range s.Accounts {
		m.account(string(account), a)
	}
}

// ahead leaves out what is not known, or not so.
func (m metrics) ahead(s jobs.Summary) {
	if s.EtaS != nil {
		m.put(metricLeft, *s.EtaS)
	}
	m.put(metricPaused, pick(s.State == jobs.JobPaused, 1., 0.))
	if s.NetworkDownSince != nil {
		m.put(metricDown, timestamp(*s.NetworkDownSince))
	}
	for _, w := range s.Waits {
		if w.Account == "" {
			m.put(metricAppUntil, timestamp(w.Until))
		}
	}
}

func timestamp(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// account leaves rows out where an ad account is only copied from.
func (m metrics) account(id string, a jobs.AccountSummary) {
	if a.Rows > 0 {
		m.totals(metricAccountRows, id, a.Totals)
	}
	m.put(metricAccountCalls, float64(a.Calls), id)
	m.put(metricAccountThrottles, float64(a.Throttles), id)
	m.put(metricAccountParked, a.ParkedS, id)
	if a.ParkedUntil != nil {
		m.put(metricAccountUntil, timestamp(*a.ParkedUntil), id)
	}
}

// totals adds every status, also those that no row has: a rate over a series that began
// with the first failure would not show that one.
func (m metrics) totals(f family, label string, t jobs.Totals) {
	for _, n := range []struct {
		status jobs.Status
		rows   int
	}{
		{jobs.StatusDone, t.Done}, {jobs.StatusSkipped, t.Skipped}, {jobs.StatusFailed, t.Failed},
		{jobs.StatusPending, t.Pending}, {jobs.StatusUnknown, t.Unknown},
	} {
		m.put(f, float64(n.rows), label, string(n.status))
	}
}
