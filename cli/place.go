package cli

import (
	"context"

	"adferry/jobs/store"
	"adferry/plan"
	"adferry/reports"
)

// place is where a job is, and opens it.
type place struct{ reports.Place }

// inFolder is the place of a job in a folder.
func inFolder(dir string) place { return place{reports.Place{Folder: dir}} }

// view opens the job to read it, whoever runs it.
func (p place) view(ctx context.Context) (*store.Job, error) {
	job, err := store.View(ctx, p.Folder)
	return job, withJob(p, err)
}

// open opens the job for this process alone.
func (p place) open(ctx context.Context) (*store.Job, error) {
	job, err := store.Open(ctx, p.Folder)
	return job, withJob(p, err)
}

// create makes a job, with little garbage beside its plan.
func (p place) create(ctx context.Context, spec store.Spec) (*store.Job, *plan.Plan, error) {
	defer keepLittleGarbage()()
	return store.Create(ctx, p.Folder, spec)
}
