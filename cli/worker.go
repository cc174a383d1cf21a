package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/board"
	"adferry/jobs/cleanup"
	"adferry/jobs/credentials"
	"adferry/jobs/fleet"
	"adferry/jobs/registry"
	"adferry/jobs/store"
	"adferry/jobs/store/postgres"
	"adferry/reports"
)

func workerCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "worker", Usage: "carry out the jobs of the database, beside other workers",
		Description: "Takes ad accounts of jobs that were submitted, as many as its part among all workers, and goes on until\n" +
			"it is stopped. The first signal gives all ad accounts back, and ends with exit code 0; the second ends at once.\n" +
			"It takes those for which it has all credentials, and jobs whose folders it sees.",
		Flags: append([]cli.Flag{
			databaseFlag(),
			stringFlag("schedules", "", "FILE", "make jobs of cleanups at the times of this CSV file, the same for all workers"),
		}, workerFlags()...),
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			d, err := databaseOf(c)
			if err != nil {
				return err
			}
			o, err := workerOptionsOf(c)
			if err != nil {
				return err
			}
			scheduled, err := readSchedules(c.String("schedules"))
			if err != nil {
				return err
			}
			return work(c.Context, o, s, d, c.String("metrics"), scheduled)
		},
	}
}

// workerFlags are the options of runFlags that apply to a worker. What a job is run with was said
// when it was submitted; a worker waits out throttles, and as long as it takes.
func workerFlags() []cli.Flag {
	without := []string{"on-throttle", "max-wait", "max-duration", "max-delete", "backup", "on-denied", "new-endpoint", "dry-run", "progress", "sandbox"}
	return slices.DeleteFunc(runFlags(), func(f cli.Flag) bool { return slices.Contains(without, f.Names()[0]) })
}

func workerOptionsOf(c *cli.Context) (o runOptions, err error) {
	o = runOptions{connection: connectionOf(c), quiet: c.Bool("quiet")}
	o.some = true
	if o.timeout > graph.DefaultTimeout {
		return o, longTimeout(o.timeout)
	}
	if o.engine, err = engineOptions(c); err != nil {
		return o, err
	}
	o.logging, err = loggingOf(c)
	return o, err
}

// work carries out lanes of a database's jobs until a signal asks it to stop.
func work(ctx context.Context, o runOptions, s *streams, d *postgres.Database, metrics string, scheduled []cleanup.Scheduled) error {
	se, err := prepare(o, s)
	if err != nil {
		return err
	}
	defer se.close()
	if err := se.connectTo(ctx, s, false, nil); err != nil {
		return err
	}
	l, err := se.link(nil)
	if err != nil {
		return err
	}
	se.engine.Credential = l.client.Credential // so that workers of one app know each other
	identifyAll(ctx, l)
	if se.exporter, err = newExporter(reports.NewWorkerMetrics, metrics, s, se.log, se.quiet); err != nil {
		return err
	}
	pool, err := d.Pool(ctx)
	if err != nil {
		return err
	}
	defer pool.Close()
	ctx, release := untilSignal(ctx)
	defer release()
	host, _ := os.Hostname()
	w := &worker{s, se, l, d}
	cleanups := w.cleanups(scheduled, d)
	defer cleanups.Close()
	return fleet.Run(ctx, fleet.Options{
		Board: d.Board(), Dealer: &fleet.River{Pool: pool, Log: se.log, Configure: cleanups.Configure, Due: cleanups.Due},
		Worker: board.Worker{Host: host, PID: os.Getpid(), Version: build().Version, Started: time.Now()}, Credentials: l.client.Set(),
		Jobs: d.Each, Fits: w.fits, Setup: w.setup, Record: recordEnd, Lost: postgres.IsLost, Observe: w.tell,
	})
}

// identifyAll has the API tell which apps the credentials belong to.
func identifyAll(ctx context.Context, l link) {
	ctx, cancel := context.WithTimeout(ctx, identifyTimeout)
	defer cancel()
	labels := l.labels
	if slices.Equal(labels, []string{credentials.Single}) {
		labels = []string{l.label("")}
	}
	l.client.Identify(ctx, labels, credentials.Known{})
}

// worker is what this process carries out lanes with.
type worker struct {
	s    *streams
	se   *session
	link link
	d    *postgres.Database
}

// fits returns why a job is not carried out here, whatever its lanes.
func (w *worker) fits(m store.Meta) error {
	switch {
	case m.Sandbox:
		return errors.New("it runs against the embedded sandbox, and each worker would have one of its own; start adferry sandbox, and submit a job with its address")
	case m.Endpoint != "" && !graph.SameServer(m.Endpoint, w.se.server().origin):
		return fmt.Errorf("it runs against %s, and the endpoint here is %s", m.Endpoint, w.se.server().origin)
	}
	return nil
}

// setup gives a job's engine what it works with.
func (w *worker) setup(ctx context.Context, name string, job *store.Job, m store.Meta) (fleet.Setup, error) {
	start := registry.Start{Name: name, Endpoint: w.se.server().origin}
	if err := w.d.Each(ctx, func(_ string, other *store.Job) error { return registry.Compare(ctx, job, start, other) }); err != nil {
		return fleet.Setup{}, err
	}
	options, release, err := optionsFor(ctx, w.se, m, "")
	if err != nil {
		return fleet.Setup{}, err
	}
	log := w.se.log.With("job", name)
	options.Observe = func(e jobs.Event) { logEvent(log, e) }
	hide := w.se.exporter.show(context.WithoutCancel(ctx), name, job)
	return fleet.Setup{API: w.link.API, Engine: options, Pace: w.se.pace(), Close: func() { hide(); release() }}, nil
}

// tell tells what the worker does.
func (w *worker) tell(e fleet.Event) {
	w.se.exporter.lanes(e)
	attrs := []any{"worker", e.Worker, "job", e.Job, "account", string(e.Lane)}
	if e.Err != nil {
		attrs = append(attrs, "error", e.Err)
	}
	w.se.log.Info(string(e.Kind), attrs...)
	if !w.se.quiet || e.Err != nil {
		fmt.Fprintln(w.s.err, reports.WorkerLine(time.Now(), e.String()))
	}
}

// recordEnd keeps with which exit code a job came to its end or was stopped, and why.
func recordEnd(ctx context.Context, job *store.Job, stop error) error {
	summary, err := job.Summary(ctx)
	if err != nil {
		return err
	}
	why := ""
	if summary.Totals.Settled() == summary.Totals.Rows {
		stop = endOf(summary)
	} else if stop != nil {
		why = stop.Error()
	}
	return job.SetStop(ctx, exitCode(stop), why)
}
