package reports

import (
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"adferry/jobs"
)

// Metrics answers Prometheus with the summaries of the jobs that this process runs, and with
// what the Go runtime and the operating system tell of the process. A summary is of the whole
// job, whoever did it.
type Metrics struct {
	http.Handler
	all   *prometheus.Registry
	lanes *prometheus.GaugeVec // of a worker's jobs; else nil
}

// NewMetrics returns the Metrics of a process that runs one job at a time. An error in a
// scrape is logged, and answered with status 500.
func NewMetrics(log *slog.Logger) *Metrics {
	all := prometheus.NewRegistry()
	all.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return &Metrics{Handler: promhttp.HandlerFor(all, promhttp.HandlerOpts{ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}), all: all}
}

// NewWorkerMetrics returns the Metrics of a worker, in which each job has the label job_name,
// and the number of its lanes that the worker has.
func NewWorkerMetrics(log *slog.Logger) *Metrics {
	m := NewMetrics(log)
	m.lanes = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "adferry_worker_lanes", Help: "Ad accounts of a job that this worker carries out.",
	}, []string{"job_name"})
	m.all.MustRegister(m.lanes)
	return m
}

// Show answers scrapes with a job, too, until hide is called; its name is that of a worker's job.
// read gives its summary and is not called again once hide has returned; hide waits for it, so what
// read waits for has to be ended before.
//
// Reading a large job takes time: some seconds for a million rows. Scrapes at the same
// time share a reading, and it is kept ten times as long as it took, so that it costs
// no more than a tenth of a processor however often it is asked for. A scrape waits two
// seconds for a new reading, and makes do with the last one after that.
func (m *Metrics) Show(name string, read func() (jobs.Summary, error)) (hide func()) {
	job := &jobMetrics{summaryCache{read: read, times: timesScraped}}
	var to prometheus.Registerer = m.all
	if m.lanes != nil {
		to = prometheus.WrapRegistererWith(prometheus.Labels{"job_name": name}, m.all)
	}
	if err := to.Register(job); err != nil { // the job is shown already
		return job.close
	}
	m.Lanes(name, 0)
	return func() {
		to.Unregister(job)
		job.close()
		if m.lanes != nil {
			m.lanes.DeleteLabelValues(name)
		}
	}
}

// Lanes adds to how many lanes of a job the worker has.
func (m *Metrics) Lanes(name string, n int) {
	if m.lanes != nil {
		m.lanes.WithLabelValues(name).Add(float64(n))
	}
}

// jobMetrics are the metrics of one job.
type jobMetrics struct{ summaryCache }

// Describe implements prometheus.Collector.
func (m *jobMetrics) Describe(descs chan<- *prometheus.Desc) {
	for _, f := range metricFamilies {
		descs <- f.desc
	}
}

// Collect implements prometheus.Collector.
func (m *jobMetrics) Collect(to chan<- prometheus.Metric) {
	s, err := m.summary()
	if err != nil {
		to <- prometheus.NewInvalidMetric(metricFamilies[0].desc, err)
		return
	}
	for _, f := range metricFamilies {
		f.collect(to, s)
	}
}
