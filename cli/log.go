package cli

import (
	"log/slog"
	"os"

	"adferry/graph"
	"adferry/jobs"
)

// openLog makes the log that the options ask for, on standard error or at the end of a
// file, which stays open as long as the process: nothing of it is buffered.
func (o logging) openLog(s *streams) (*slog.Logger, error) {
	if o.off {
		return slog.New(slog.DiscardHandler), nil
	}
	w := s.err
	if o.file != "" {
		f, err := os.OpenFile(o.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, usagef("name a file that can be written; nothing was sent", "--log-file: %s cannot be opened: %w", shown(o.file), graph.WithoutPath(err))
		}
		w = &plainWriter{w: f, hide: s.hide}
	}
	options := &slog.HandlerOptions{Level: o.level}
	if o.json {
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return slog.New(slog.NewTextHandler(w, options)), nil
}

// onStderr reports whether the log goes to standard error, where progress is shown, too.
func (o logging) onStderr() bool { return !o.off && o.file == "" }

// logEvent writes to the log what an engine or a reader tells. Every wait has two lines: its
// begin, with its end and why, and its end.
func logEvent(log *slog.Logger, e jobs.Event) {
	account := string(e.Account)
	switch e.Kind {
	case jobs.EventStarted:
		log.Info("started", "operations", e.Total, "settled", e.Settled, "failed", e.Failed)
	case jobs.EventSettled:
		attrs := []any{"operation", e.Op.Kind.String(), "source", string(e.Op.Source), "hash", string(e.Op.Hash), "target", string(e.Op.Target),
			"state", e.Outcome.State.String(), "reason", string(e.Outcome.Reason), "attempts", e.Outcome.Attempts}
		if e.Outcome.State == jobs.Failed {
			log.Warn("failed", append(attrs, "error", e.Outcome.Message, "fbtrace_id", e.Outcome.TraceID)...)
		} else {
			log.Debug("settled", attrs...)
		}
	case jobs.EventMissed:
		log.Warn("settled, and not logged one by one", "operations", e.Settled, "failed", e.Failed)
	case jobs.EventParked:
		log.Info("parked", "account", account, "until", e.Until, "why", e.Text)
	case jobs.EventResumed:
		log.Info("resumed", "account", account)
	case jobs.EventWaiting:
		if e.Until.IsZero() {
			log.Info("wait over", "account", account)
		} else {
			log.Info("waiting", "account", account, "until", e.Until, "why", e.Text)
		}
	case jobs.EventWarning:
		log.Warn(e.Text)
	}
}
