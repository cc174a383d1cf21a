package cli

import (
	"context"
	"log/slog"

	"adferry/graph"
	"adferry/jobs/dispatch"
	"adferry/jobs/store"
	"adferry/reports"
)

// session is what a run needs besides its job. It has to be closed.
type session struct {
	runOptions
	reopen bool   // the job's failed operations
	timer  string // folder under which a timer's run makes the job's; else empty

	progress *reports.Progress
	quiet    bool // no notices
	silent   bool // and no result, unless something is wrong
	log      *slog.Logger
	connect  func(*store.Job) (dispatch.API, error)
	exporter *exporter // nil unless asked for
}

// newSession makes a session that is ready to send.
func newSession(ctx context.Context, o runOptions, s *streams, sandboxed bool) (*session, error) {
	se, err := prepare(o, s)
	if err != nil {
		return nil, err
	}
	if err := se.connectTo(ctx, s, sandboxed); err != nil {
		se.close()
		return nil, err
	}
	return se, nil
}

// sessionOf makes a session for the job in dir, which goes on where it ran so far.
func sessionOf(ctx context.Context, o runOptions, s *streams, dir string, meta store.Meta) (*session, error) {
	if o.sandboxed && !meta.Sandbox {
		return nil, usagef("", "%s holds a job that runs %s", dir, whereItRuns(false))
	}
	if err := o.server().check(dir, meta); err != nil {
		return nil, err
	}
	return newSession(ctx, o, s, meta.Sandbox)
}

// prepare makes a session that cannot send yet: a manifest may be looked at before a
// token is asked for.
func prepare(o runOptions, s *streams) (*session, error) {
	log, err := o.openLog(s)
	if err != nil {
		return nil, err
	}
	return &session{
		runOptions: o, progress: reports.NewProgress(o.mode, s.terminal),
		quiet: o.quiet || o.mode == reports.ProgressNone, silent: o.mode == reports.ProgressNone && !o.quiet, log: log,
	}, nil
}

// connectTo makes the session ready to send.
func (se *session) connectTo(ctx context.Context, s *streams, sandboxed bool) (err error) {
	if se.dryRun { // nothing is sent, so no token is asked for
		return nil
	}
	if sandboxed {
		se.connect = func(j *store.Job) (api dispatch.API, err error) {
			api, se.engine.Downloader, err = onSandbox(ctx, j, se.log)
			return api, err
		}
	} else {
		api, err := se.connection.connect(s, se.log)
		if err != nil {
			return err
		}
		se.connect = func(*store.Job) (dispatch.API, error) { return api, nil }
		se.engine.Downloader = graph.NewDownloader(graph.NewTransport(), se.timeout, userAgent())
	}
	se.exporter, err = newExporter(se.metrics, s, se.log, se.quiet)
	return err
}

func (se *session) close() { se.exporter.close() }
