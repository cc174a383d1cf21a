package cli

import (
	"context"
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
		w = &plainWriter{w: f, hide: s.secrets.remove}
	}
	options := &slog.HandlerOptions{Level: o.level}
	if o.json {
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return slog.New(slog.NewTextHandler(w, options)), nil
}

// onStderr reports whether the log goes to standard error, where progress is shown, too.
func (o logging) onStderr() bool { return !o.off && o.file == "" }

// logEvent writes to the log what an engine or a reader tells. What is about a wait is called
// there as it is in --progress json.
func logEvent(log *slog.Logger, e jobs.Event) {
	account := string(e.Account)
	switch e.Kind {
	case jobs.EventSettled:
		failed := e.Outcome.State == jobs.Failed
		if !failed && !log.Enabled(context.Background(), slog.LevelDebug) { // a million of them need not be put into words
			return
		}
		attrs := []any{"operation", e.Op.Kind.String(), "source", string(e.Op.Source), "hash", string(e.Op.Hash), "target", string(e.Op.Target),
			"state", e.Outcome.State.String(), "reason", string(e.Outcome.Reason), "attempts", e.Outcome.Attempts}
		if failed {
			log.Warn("failed", append(attrs, "error", e.Outcome.Message, "fbtrace_id", e.Outcome.TraceID)...)
		} else {
			log.Debug("settled", attrs...)
		}
	case jobs.EventMissed:
		log.Warn("settled, and not logged one by one", "operations", e.Settled, "failed", e.Failed)
	case jobs.EventParked, jobs.EventWaiting:
		log.Info(string(e.Kind), "account", account, "until", e.Until, "why", e.Text)
	case jobs.EventResumed, jobs.EventWaitOver, jobs.EventProbing:
		log.Info(string(e.Kind), "account", account)
	case jobs.EventUnreachable:
		log.Warn(string(e.Kind), "again_at", e.Until, "why", e.Text)
	case jobs.EventReachable:
		log.Info(string(e.Kind))
	case jobs.EventWarning:
		log.Warn(e.Text)
	}
}

// logStart writes that a process begins to run a job, and how far that is.
func logStart(log *slog.Logger, s jobs.Summary) {
	log.Info("started", append([]any{"job", s.Job}, rowAttrs(s.Totals)...)...)
}

// logEnd writes how the process ends the job's run.
func logEnd(log *slog.Logger, s jobs.Summary, exitCode int) {
	attrs := append([]any{"job", s.Job, "exit_code", exitCode}, rowAttrs(s.Totals)...)
	if s.Stop != "" {
		attrs = append(attrs, "stop", s.Stop)
	}
	log.Info("ended", attrs...)
}

func rowAttrs(t jobs.Totals) []any {
	return []any{"rows", t.Rows, "done", t.Done, "skipped", t.Skipped, "failed", t.Failed, "pending", t.Pending, "unknown", t.Unknown}
}

// logSteered writes what people changed while the job ran.
func logSteered(log *slog.Logger, before, now jobs.Steering) {
	switch {
	case now.Paused && !before.Paused:
		log.Info("paused")
	case before.Paused && !now.Paused:
		log.Info("unpaused")
	}
	if now.Workers != before.Workers || now.MaxRate != before.MaxRate {
		log.Info("tuned", "workers", now.Workers, "max_rate", now.MaxRate)
	}
}
