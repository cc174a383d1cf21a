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
	metrics *reports.Metrics
	server  *http.Server
	ended   chan struct{} // nothing is accepted any more
}

// newExporter serves what metrics makes at the address that --metrics names; nil if it names none.
func newExporter(metrics func(*slog.Logger) *reports.Metrics, addr string, s *streams, log *slog.Logger, quiet bool) (*exporter, error) {
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
	e := &exporter{metrics: metrics(log), ended: make(chan struct{})}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", e.metrics)
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
func (e *exporter) show(ctx context.Context, name string, job *store.Job) (hide func()) {
	if e == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	gone := e.metrics.Show(name, func() (jobs.Summary, error) { return job.Live(ctx) })
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
		e.metrics.Lanes(event.Job, 1)
	case event.Kind == fleet.LaneGiven:
		e.metrics.Lanes(event.Job, -1)
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
