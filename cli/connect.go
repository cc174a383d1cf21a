package cli

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"adferry/graph"
	"adferry/jobs/credentials"
	"adferry/jobs/dispatch"
	"adferry/jobs/store"
	"adferry/plan"
)

// link is a connection to the API.
type link struct {
	dispatch.API
	client *credentials.Client // nil on the embedded sandbox
	labels []string            // of the credentials of the ad accounts that it is for
}

// credential is the credential of an ad account; nil if there is one for all, or none.
func (l link) credential() func(plan.Account) dispatch.Credential {
	if l.client == nil || l.client.Set().SHA256 == "" {
		return nil
	}
	return l.client.Credential
}

// label is the label of an ad account's credential.
func (l link) label(a plan.Account) string { return l.client.Credential(a).Label }

// identifyTimeout is how long the API is asked about several credentials before a run begins:
// without an answer each is taken to have an app of its own.
const identifyTimeout = 30 * time.Second

// connect makes the API client that the options and the environment describe, for these ad
// accounts. It sends nothing.
func (o connection) connect(s *streams, log *slog.Logger, accounts []plan.Account) (link, error) {
	set, err := o.credentials(s)
	if err != nil {
		return link{}, err
	}
	if missing := set.Missing(accounts); len(missing) > 0 {
		return link{}, withoutCredential(o.file, missing)
	}
	for _, w := range set.Warnings {
		fmt.Fprintf(s.err, "warning: %s\n", w)
	}
	client, err := credentials.NewClient(set, graph.Config{
		Endpoint: o.endpoint, Version: o.version, Transport: graph.NewTransport(), Timeout: o.timeout, UserAgent: userAgent(),
	})
	if err != nil {
		return link{}, &usageError{err: err}
	}
	labels := set.Labels(accounts)
	if o.some {
		labels = set.Present()
	}
	return link{API: logged(client, log), client: client, labels: labels}, nil
}

// identify has the API tell which apps several credentials belong to, unless the job knows it;
// job is nil where there is none. stops says that a throttle ends the run.
func (l link) identify(ctx context.Context, job *store.Job, stops bool) error {
	if len(l.labels) < 2 {
		return nil
	}
	known := credentials.Known{Stops: stops}
	if job != nil {
		meta, err := job.Meta(ctx)
		if err != nil {
			return err
		}
		if meta.Credentials.SHA256 == l.client.Set().SHA256 {
			known.Apps = meta.Credentials.Apps
		}
		point, err := job.Quotas(ctx)
		if err != nil {
			return err
		}
		known.Lanes = point.Lanes
	}
	ctx, cancel := context.WithTimeout(ctx, identifyTimeout)
	defer cancel()
	l.client.Identify(ctx, l.labels, known)
	return nil
}

// inspect has the API tell all that it knows of the credentials; nothing on the embedded sandbox.
func (l link) inspect(ctx context.Context) []credentials.Finding {
	if l.client == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, identifyTimeout)
	defer cancel()
	return l.client.Inspect(ctx, l.labels)
}

func userAgent() string { return "adferry/" + build().Version }

// loggedAPI writes every call and its answer to the debug log.
type loggedAPI struct {
	api dispatch.API
	log *slog.Logger
}

func logged(api dispatch.API, log *slog.Logger) dispatch.API {
	if !log.Enabled(context.Background(), slog.LevelDebug) {
		return api
	}
	return loggedAPI{api, log}
}

func (l loggedAPI) Do(ctx context.Context, calls []graph.Call) []graph.Reply {
	began := time.Now()
	replies := l.api.Do(ctx, calls)
	took := time.Since(began)
	for i, r := range replies {
		call := calls[i]
		attrs := []any{"action", call.Action.String(), "account", call.Account, "http", r.Status, "took", took, "batch", len(calls)}
		switch {
		case call.Action == graph.ActionRead:
			attrs = append(attrs, "asked", len(call.Query.Hashes), "found", len(r.Images))
		default:
			attrs = append(attrs, "hash", call.Hash)
		}
		if r.Err != nil {
			attrs = append(attrs, "class", r.Err.Class.String(), "lost", r.Err.Lost, "error", r.Err.Error(), "fbtrace_id", r.Err.TraceID)
		}
		l.log.Debug("call", attrs...)
	}
	return replies
}
