package cli

import (
	"context"
	"errors"
	"os"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/registry"
	"adferry/jobs/store"
	"adferry/reports"
)

// server is where a call of adferry sends what it sends.
type server struct {
	origin string // empty if the endpoint cannot be one, which connect says
	adopt  bool   // jobs of another server go on there
}

func (o connection) server() server { return server{graph.Origin(o.endpoint), o.adopt} }

// originFor is the server that a new job keeps.
func (v server) originFor(sandbox bool) string {
	if sandbox {
		return ""
	}
	return v.origin
}

// check checks that a job ran against the server so far: elsewhere the same ids may be
// other ad accounts, and what a job has found is not so.
func (v server) check(p place, meta store.Meta) error {
	if meta.Sandbox || meta.Endpoint == "" || v.origin == "" || v.adopt || graph.SameServer(meta.Endpoint, v.origin) {
		return nil
	}
	return usagef("set ADFERRY_ENDPOINT="+meta.Endpoint+", or add --new-endpoint to go on against the other server; nothing was sent",
		"%s holds a job that ran against %s, and the endpoint is %s", p, meta.Endpoint, v.origin)
}

// store has the job remember the server. A job of an adferry that kept none takes that
// of its next start.
func (v server) store(ctx context.Context, job *store.Job, meta store.Meta) error {
	if meta.Sandbox || meta.Endpoint == v.origin {
		return nil
	}
	if err := job.SetEndpoint(ctx, v.origin); err != nil {
		return &jobs.CheckpointError{Err: err}
	}
	return nil
}

// register puts a job that is about to send writes among the user's unfinished ones. The
// embedded sandbox is nobody else's.
func register(ctx context.Context, s *streams, job *store.Job, p place, se *session, meta store.Meta) (leave func(), err error) {
	if meta.Sandbox {
		return func() {}, nil
	}
	if p.database != nil {
		start := registry.Start{Name: p.Name, Endpoint: se.server().origin, Reopen: se.reopen}
		return func() {}, p.database.Each(ctx, func(_ string, other *store.Job) error { return registry.Compare(ctx, job, start, other) })
	}
	warn := func(err error) {
		var hint []string
		if errors.As(err, new(*registry.UnavailableError)) {
			hint = []string{"the job goes on; to name a folder that can be written to, set ADFERRY_STATE_DIR"}
		}
		complain(s.err, err.Error(), hint...)
	}
	folder, err := registry.Folder(os.Getenv("ADFERRY_STATE_DIR"))
	if err != nil {
		warn(&registry.UnavailableError{Folder: "a state folder", Err: err})
		return func() {}, nil
	}
	entry, err := registry.New(folder).Register(ctx, job, registry.Start{Folder: p.Folder, Endpoint: se.server().origin, Reopen: se.reopen, Timer: se.timer, Warn: warn})
	if err != nil {
		return nil, err
	}
	return func() {
		left, err := job.Unfinished(context.WithoutCancel(ctx))
		entry.Release(err == nil && !left)
	}, nil
}

// contradictionHints say how to make way for a job.
func contradictionHints(e *registry.ConflictError) []string {
	mine, other, how := reports.Place{Folder: e.Mine}, reports.Place{Folder: e.Other}, "by removing its folder"
	if e.InDatabase {
		mine, other, how = reports.Place{Name: e.Mine}, reports.Place{Name: e.Other}, "with adferry jobs --remove "+reports.Quote(e.Other)
	}
	return []string{
		"finish the other job first: " + other.Command("resume") + "; " + other.Command("status") + " shows how far it is",
		"or give it up " + how + ", then " + mine.Command("resume") + "; nothing was sent",
	}
}

// linkedHints say how to make a job file one of its own.
func linkedHints(e *store.LinkedError) []string {
	if e.Target != "" {
		return []string{"name the folder that " + reports.Quote(e.Target) + " is in; nothing was sent"}
	}
	return []string{"work in one of the folders, with a copy of the file in place of the link; nothing was sent"}
}
