package reports

import (
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"adferry/jobs"
)

// WorkerMetrics answers Prometheus with the summaries of the jobs that a worker carries out lanes of,
// each with the label job_name, and with how many lanes it has. A summary is of the whole job, whoever
// did it.
type WorkerMetrics struct {
	http.Handler
	all   *prometheus.Registry
	lanes *prometheus.GaugeVec
}

// NewWorkerMetrics returns a WorkerMetrics without jobs. An error in a scrape is logged, and answered
// with status 500.
func NewWorkerMetrics(log *slog.Logger) *WorkerMetrics {
	m := &WorkerMetrics{all: prometheus.NewRegistry(), lanes: prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "adferry_worker_lanes", Help: "Ad accounts of a job that this worker carries out.",
	}, []string{"job_name"})}
	m.all.MustRegister(m.lanes, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.Handler = promhttp.HandlerFor(m.all, promhttp.HandlerOpts{ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)})
	return m
}

// Show adds a job until hide is called, as [Metrics.Show] does.
func (m *WorkerMetrics) Show(name string, read func() (jobs.Summary, error)) (hide func()) {
	one := &Metrics{}
	gone := one.Show(read)
	named := prometheus.WrapRegistererWith(prometheus.Labels{"job_name": name}, m.all)
	if err := named.Register(one); err != nil { // the job is shown already
		return gone
	}
	m.lanes.WithLabelValues(name).Set(0)
	return func() {
		named.Unregister(one)
		gone()
		m.lanes.DeleteLabelValues(name)
	}
}

// Lanes adds to how many lanes of a job the worker has.
func (m *WorkerMetrics) Lanes(name string, n int) { m.lanes.WithLabelValues(name).Add(float64(n)) }
