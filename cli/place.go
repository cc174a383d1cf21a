package cli

import (
	"context"
	"errors"
	"fmt"

	"adferry/jobs/store"
	"adferry/jobs/store/postgres"
	"adferry/plan"
	"adferry/reports"
)

// place is where a job is, and opens it.
type place struct {
	reports.Place
	database *postgres.Database // nil for a job in a folder
}

// inFolder is the place of a job in a folder.
func inFolder(dir string) place { return place{Place: reports.Place{Folder: dir}} }

// view opens the job to read it, whoever runs it.
func (p place) view(ctx context.Context) (job *store.Job, err error) {
	if p.database != nil {
		job, err = p.database.View(ctx, p.Name)
	} else {
		job, err = store.View(ctx, p.Folder)
	}
	return job, withJob(p, err)
}

// open opens the job for this process alone.
func (p place) open(ctx context.Context) (job *store.Job, err error) {
	if p.database != nil {
		job, err = p.database.Open(ctx, p.Name)
	} else {
		job, err = store.Open(ctx, p.Folder)
	}
	return job, withJob(p, err)
}

// openAhead is open, but the file of a job in a folder is still being checked: see store.OpenAhead.
func (p place) openAhead(ctx context.Context) (job *store.Job, err error) {
	if p.database != nil {
		return p.open(ctx)
	}
	job, err = store.OpenAhead(ctx, p.Folder)
	return job, withJob(p, err)
}

// checkPlan finds damage of a job's file in what never changes. PostgreSQL checks its own.
func (p place) checkPlan(ctx context.Context) error {
	if p.database != nil {
		return nil
	}
	return withJob(p, store.CheckPlan(ctx, p.Folder))
}

// create makes a job, with little garbage beside its plan, unless ctx ends first.
func (p place) create(ctx context.Context, spec store.Spec) (job *store.Job, made *plan.Plan, err error) {
	defer keepLittleGarbage()()
	if p.database != nil {
		spec.Output = absolute(p.Folder)
		job, made, err = p.database.Create(ctx, p.Name, spec)
	} else {
		job, made, err = store.Create(ctx, p.Folder, spec)
	}
	if err != nil && ctx.Err() != nil && !errors.As(err, new(*guardError)) {
		err = &readingError{context.Cause(ctx)}
	}
	return job, made, err
}

// another is how to name another job in its place.
func (p place) another() string {
	if p.database != nil {
		return "give another name with --job NAME"
	}
	return "name another folder with --job DIR"
}

// job is the job in a sentence that speaks of the one in a folder.
func (p place) job() string {
	if p.database != nil {
		return p.String()
	}
	return "the job in " + p.String()
}

// makeFolder makes the folder for the files of a job of the database. One with a job of its own
// is refused, whose reports it would replace.
func (p place) makeFolder() error {
	if p.database == nil {
		return nil
	}
	if err := notAFile("output", p.Folder); err != nil {
		return err
	}
	if store.Exists(p.Folder) {
		return usagef("name another folder with --output DIR", "%s holds a job of its own, and the reports of %s would replace its reports", p.Folder, p)
	}
	return store.MakeFolder(p.Folder)
}

// claimFolder makes that folder and keeps other processes from running a job with it.
func (p place) claimFolder() (release func(), err error) {
	if p.database == nil {
		return func() {}, nil
	}
	if err := p.makeFolder(); err != nil {
		return nil, err
	}
	release, err = store.LockFolder(p.Folder)
	if err != nil {
		return nil, fmt.Errorf("folder of %s: %w", p, err)
	}
	return release, nil
}
