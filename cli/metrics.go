package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"adferry/jobs"
	"adferry/jobs/fleet"
	"adferry/jobs/store"
	"adferry/reports"
)

// exporter serves the metrics of the jobs that a command runs. A nil one serves
// nothing.
type exporter struct {
	metrics *reports.Metrics       // nil for a worker
	worker  *reports.WorkerMetrics // else nil
	server  *http.Server
	ended   chan struct{} // nothing is accepted any more
}

// newExporter serves at the address that --metrics names; nil if it names none.
func newExporter(addr string, s *streams, log *slog.Logger, quiet bool) (*exporter, error) {
	e := &exporter{metrics: reports.NewMetrics(log)}
	return e.serve(e.metrics, addr, s, log, quiet)
}

// newWorkerExporter is newExporter for the jobs of a worker.
func newWorkerExporter(addr string, s *streams, log *slog.Logger, quiet bool) (*exporter, error) {
	e := &exporter{worker: reports.NewWorkerMetrics(log)}
	return e.serve(e.worker, addr, s, log, quiet)
}

func (e *exporter) serve(metrics http.Handler, addr string, s *streams, log *slog.Logger, quiet bool) (*exporter, error) {
	if addr == "" {
		return nil, nil
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, usagef("name a free HOST:PORT of this machine, such as 127.0.0.1:9464; port 0 picks one", "--metrics: %w", err)
	}
	url := fmt.Sprintf("http://%s/metrics", l.Addr())
	if !quiet {
		fmt.Fprintln(s.err, reports.MetricsAt(url))
	}
	log.Info("serving metrics", "url", url)
	e.ended = make(chan struct{})
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	e.server = &http.Server{
		Handler: mux, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ReadTimeout: 10 * time.Second, WriteTimeout: time.Minute, // of which reading a huge job takes most
		IdleTimeout: 3 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
	go func() {
		defer close(e.ended)
		_ = e.server.Serve(l) // until it is closed
	}()
	return e, nil
}

// show serves the metrics of a job that this process runs until hide is called,
// which cuts a reading short: nothing reads the job after that. It reads by the
// job's own connections: opening its file once more and closing it would drop
// SQLite's locks on it, and let another process's SQLite remove the log in use.
func (e *exporter) show(ctx context.Context, job *store.Job) (hide func()) {
	if e == nil {
		return func() {}
	}
	return whileShown(ctx, func(ctx context.Context) func() {
		return e.metrics.Show(func() (jobs.Summary, error) { return job.Live(ctx) })
	})
}

// showJob is show for one of the jobs of a worker.
func (e *exporter) showJob(ctx context.Context, name string, job *store.Job) (hide func()) {
	if e == nil {
		return func() {}
	}
	return whileShown(context.WithoutCancel(ctx), func(ctx context.Context) func() {
		return e.worker.Show(name, func() (jobs.Summary, error) { return job.Live(ctx) })
	})
}

// whileShown has show show something until it is hidden; then what it reads with is cancelled before.
func whileShown(ctx context.Context, show func(context.Context) func()) (hide func()) {
	ctx, cancel := context.WithCancel(ctx)
	gone := show(ctx)
	return func() {
		cancel()
		gone()
	}
}

// lanes counts the lanes that a worker has.
func (e *exporter) lanes(event fleet.Event) {
	switch {
	case e == nil:
	case event.Kind == fleet.LaneTaken:
		e.worker.Lanes(event.Job, 1)
	case event.Kind == fleet.LaneGiven:
		e.worker.Lanes(event.Job, -1)
	}
}

// close ends the serving at once, also of a scrape in the middle of its answer.
func (e *exporter) close() {
	if e == nil {
		return
	}
	_ = e.server.Close()
	<-e.ended
}
