package cli

import (
	"context"
	"log/slog"
	"sync/atomic"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/store"
	"adferry/plan"
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
	link     func(*store.Job) (link, error)
	exporter *exporter // nil unless asked for

	interrupted context.Context // ends when a signal asks to stop
	interrupt   context.CancelFunc
	running     atomic.Pointer[engine.Engine] // nil while none does
}

// untilInterrupted is a context that ends with [jobs.ErrInterrupted] when a signal asks to stop, until
// it is released.
func (se *session) untilInterrupted(ctx context.Context) (until context.Context, release func()) {
	until, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(se.interrupted, func() { cancel(jobs.ErrInterrupted) })
	return until, func() {
		stop()
		cancel(nil)
	}
}

// run has an engine carry out what is left of a job, unless a signal has asked to stop.
func (se *session) run(ctx context.Context, e *engine.Engine) error {
	se.running.Store(e)
	defer se.running.Store(nil)
	if se.interrupted.Err() != nil {
		e.Stop(jobs.ErrInterrupted)
	}
	return e.Run(ctx)
}

// newSession makes a session that is ready to send.
func newSession(ctx context.Context, o runOptions, s *streams, sandboxed bool, accounts []plan.Account) (*session, error) {
	se, err := prepare(o, s)
	if err != nil {
		return nil, err
	}
	if err := se.connectTo(ctx, s, sandboxed, accounts); err != nil {
		se.close()
		return nil, err
	}
	return se, nil
}

// sessionOf makes a session for the job in a place, which goes on where it ran so far.
func sessionOf(ctx context.Context, o runOptions, s *streams, p place, meta store.Meta, accounts []plan.Account) (*session, error) {
	if o.sandboxed && !meta.Sandbox {
		return nil, usagef("", "%s holds a job that runs %s", p, whereItRuns(false))
	}
	if err := o.server().check(p, meta); err != nil {
		return nil, err
	}
	o.labels = meta.Credentials.Labels
	return newSession(ctx, o, s, meta.Sandbox, accounts)
}

// prepare makes a session that cannot send yet: a manifest may be looked at before a
// token is asked for.
func prepare(o runOptions, s *streams) (*session, error) {
	log, err := o.openLog(s)
	if err != nil {
		return nil, err
	}
	interrupted, interrupt := context.WithCancel(context.Background())
	return &session{
		interrupted: interrupted, interrupt: interrupt, runOptions: o, progress: reports.NewProgress(o.mode, s.terminal),
		quiet: o.quiet || o.mode == reports.ProgressNone, silent: o.mode == reports.ProgressNone && !o.quiet, log: log,
	}, nil
}

// connectTo makes the session ready to send for these ad accounts.
func (se *session) connectTo(ctx context.Context, s *streams, sandboxed bool, accounts []plan.Account) (err error) {
	if se.dryRun || sandboxed {
		if err := se.checkCredentials(sandboxed, accounts); err != nil {
			return err
		}
	}
	switch {
	case sandboxed:
		se.link = func(j *store.Job) (l link, err error) {
			l.API, se.engine.Downloader, err = onSandbox(ctx, j, se.log)
			return l, err
		}
	case se.dryRun: // no token is asked for before anything is read
		se.link = func(*store.Job) (link, error) { return se.connection.connect(s, se.log, accounts) }
	default:
		l, err := se.connection.connect(s, se.log, accounts)
		if err != nil {
			return err
		}
		se.link = func(*store.Job) (link, error) { return l, nil }
		se.engine.Credential = l.credential()
		se.engine.Downloader = graph.NewDownloader(graph.NewTransport(), se.timeout, userAgent())
	}
	if se.dryRun {
		return nil
	}
	se.exporter, err = newExporter(reports.NewMetrics, se.metrics, s, se.log, se.quiet)
	return err
}

// connected is the connection for a job, or for none (nil), which knows the apps of its credentials.
func (se *session) connected(ctx context.Context, job *store.Job) (link, error) {
	l, err := se.link(job)
	if err != nil {
		return l, err
	}
	return l, l.identify(ctx, job, se.engine.StopOnThrottle)
}

// pace is how fast the options let a job run.
func (se *session) pace() store.Pace {
	r := se.engine.Rules
	return store.Pace{MaxRate: r.MaxRate, Share: float64(r.Share)}
}

// showAnew is for a run that goes on after its progress has ended.
func (se *session) showAnew(s *streams) { se.progress = reports.NewProgress(se.mode, s.terminal) }

func (se *session) close() { se.exporter.close() }

// accountsIn are the ad accounts of the job in a place.
func accountsIn(ctx context.Context, p place) ([]plan.Account, error) {
	view, err := p.view(ctx)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	return view.Accounts(ctx)
}

// accountsOfPlan are the ad accounts of a plan.
func accountsOfPlan(p *plan.Plan) (accounts []plan.Account) {
	for _, load := range p.Accounts() {
		accounts = append(accounts, load.Account)
	}
	return accounts
}
