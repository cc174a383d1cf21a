package cli

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"adferry/graph"
	"adferry/jobs/dispatch"
)

// connect makes the API client that the options and the environment describe.
// It sends nothing.
func (o connection) connect(s *streams, log *slog.Logger) (dispatch.API, error) {
	token, err := o.token(s.in)
	if err != nil {
		return nil, err
	}
	secret, err := graph.NewSecret(os.Getenv("ADFERRY_APP_SECRET"))
	if err != nil {
		return nil, usagef("", "ADFERRY_APP_SECRET: %w", err)
	}
	client, err := graph.New(graph.Config{
		Endpoint: o.endpoint, Version: o.version, Token: token, AppSecret: secret,
		Transport: graph.NewTransport(), Timeout: o.timeout, UserAgent: userAgent(),
	})
	if err != nil {
		return nil, &usageError{err: err}
	}
	return logged(client, log), nil
}

func userAgent() string { return "adferry/" + build().Version }

// token reads the access token from where it may be: never from an option's value, which
// every process on the machine can see.
func (o connection) token(stdin io.Reader) (graph.Secret, error) {
	text, from := os.Getenv("ADFERRY_ACCESS_TOKEN"), "ADFERRY_ACCESS_TOKEN"
	if file := o.tokenFile; file != "" {
		raw, err := readToken(file, stdin)
		if err != nil {
			return graph.Secret{}, usagef("--token-file takes the name of a file that holds the token, or - for standard input", "--token-file: %s cannot be read: %w", shown(file), graph.WithoutPath(err))
		}
		text, from = raw, "--token-file"
	}
	switch {
	case strings.TrimSpace(text) != "":
	case from == "--token-file":
		return graph.Secret{}, usagef("put the token into the file, and nothing else", "--token-file: %s is empty", shown(o.tokenFile))
	default:
		hint := []string{"set ADFERRY_ACCESS_TOKEN, or name a file with --token-file FILE (- is standard input)"}
		if o.sandbox {
			hint = append(hint, "to rehearse without one, add --sandbox")
		}
		return graph.Secret{}, &usageError{err: errors.New("no access token is set"), hint: hint}
	}
	token, err := graph.NewSecret(text)
	if err != nil {
		return graph.Secret{}, usagef("", "the access token from %s is invalid: %w", from, err)
	}
	return token, nil
}

func readToken(file string, stdin io.Reader) (string, error) {
	r := stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return "", err
		}
		defer f.Close()
		r = f
	}
	raw, err := io.ReadAll(io.LimitReader(r, 64<<10))
	return string(raw), err
}

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
