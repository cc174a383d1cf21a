package cli

import (
	"log/slog"

	"adferry/jobs"
)

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
