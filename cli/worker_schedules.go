package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/cleanup"
	"adferry/jobs/fleet"
	"adferry/jobs/reader"
	"adferry/jobs/store/postgres"
	"adferry/plan"
	"adferry/reports"
)

// readSchedules reads the file of scheduled cleanups; without one there are none.
func readSchedules(path string) ([]cleanup.Scheduled, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, usagef("--schedules takes the name of a CSV file with a row for each cleanup", "--schedules: %s cannot be read: %w", shown(path), graph.WithoutPath(err))
	}
	defer f.Close()
	all, err := cleanup.ParseSchedules(path, filepath.Dir(path), f)
	if err != nil {
		return nil, usagef("nothing was sent", "--schedules: %w", err)
	}
	return all, nil
}

// cleanups are the scheduled cleanups of a worker, of which there may be none.
func (w *worker) cleanups(scheduled []cleanup.Scheduled, d *postgres.Database) *fleet.Cleanups {
	log := w.se.log
	options := w.se.engine.Dispatch()
	options.Observe = func(e jobs.Event) { logEvent(log, e) }
	return &fleet.Cleanups{
		Scheduled: scheduled, Endpoint: w.se.server().origin, Database: d,
		Covers: func(accounts []plan.Account) bool {
			return !slices.ContainsFunc(accounts, func(a plan.Account) bool { return w.link.client.Set().Of(a) == nil })
		},
		List: func(ctx context.Context, r *cleanup.Request) (*cleanup.Inventory, error) {
			return cleanup.List(ctx, reader.New(w.link, options), r, time.Now(), nil)
		},
		Tell: func(e fleet.CleanupEvent) {
			log.Info("cleanup", "job", e.Job, "deletes", e.Deletes, "again", e.Again, "error", e.Err)
			if !w.se.quiet || e.Err != nil {
				fmt.Fprintln(w.s.err, reports.WorkerLine(time.Now(), e.String()))
			}
		},
	}
}
