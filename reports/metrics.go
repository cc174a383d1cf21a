package reports

import (
	"log/slog"
	"net/http"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"adferry/jobs"
)

// Metrics answers Prometheus with the summary of the job that this process runs,
// and with what the Go runtime and the operating system tell of the process. It is
// the handler of a scrape, and the collector of the job's part alone.
type Metrics struct {
	handler http.Handler
	job     atomic.Pointer[summaryCache] // nil between jobs
}

// NewMetrics returns a Metrics without a job. An error in a scrape is logged, and
// answered with status 500.
func NewMetrics(log *slog.Logger) *Metrics {
	m := &Metrics{}
	all := prometheus.NewRegistry()
	all.MustRegister(m, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.handler = promhttp.HandlerFor(all, promhttp.HandlerOpts{ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)})
	return m
}

// Show makes a job the one that scrapes are answered with until hide is called. read gives its
// summary and is not called again once hide has returned; hide waits for it, so what
// read waits for has to be ended before.
//
// Reading a large job takes time: some seconds for a million rows. Scrapes at the same
// time share a reading, and it is kept ten times as long as it took, so that it costs
// no more than a tenth of a processor however often it is asked for. A scrape waits two
// seconds for a new reading, and makes do with the last one after that.
func (m *Metrics) Show(read func() (jobs.Summary, error)) (hide func()) {
	g := &summaryCache{read: read, times: timesScraped}
	m.job.Store(g)
	return func() {
		m.job.Store(nil)
		g.close()
	}
}

// ServeHTTP answers a scrape.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.handler.ServeHTTP(w, r) }

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(descs chan<- *prometheus.Desc) {
	for _, f := range metricFamilies {
		descs <- f.desc
	}
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(to chan<- prometheus.Metric) {
	g := m.job.Load()
	if g == nil {
		return
	}
	s, err := g.summary()
	if err != nil {
		to <- prometheus.NewInvalidMetric(metricInfo.desc, err)
		return
	}
	metrics(to).summary(s)
}
