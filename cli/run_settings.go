package cli

import (
	"strconv"

	"github.com/urfave/cli/v2"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/backup"
	"adferry/jobs/engine"
	"adferry/jobs/quota"
	"adferry/jobs/store"
)

// How a job is run, read from the options of the command: its pace, when it stops, and what it
// keeps for later runs.

const (
	mostWorkers = 1000
	mostRate    = 1e6 // writes a second and ad account
)

// engineOptions reads the options of the engine.
func engineOptions(c *cli.Context) (engine.Options, error) {
	o, err := pace(c)
	if err != nil {
		return o, err
	}
	o.BatchSize, o.Attempts = c.Int("batch-size"), c.Int("max-attempts")
	if err := inRange(c, "batch-size", 1, graph.MaxBatch); err != nil {
		return o, err
	}
	if err := inRange(c, "max-attempts", 1, 100); err != nil {
		return o, err
	}
	if t, err := tuningOf(c); err != nil {
		return o, err
	} else if t.MaxRate != nil {
		o.Rules.MaxRate = *t.MaxRate
	}
	o.MaxFailures, err = limit(c, "max-failures")
	return o, err
}

// pace reads the options that reading and writing share.
func pace(c *cli.Context) (engine.Options, error) {
	o := engine.Options{
		Workers: c.Int("workers"), RetryBase: c.Duration("retry-base"), RetryMax: c.Duration("retry-max"),
		MaxWait: c.Duration("max-wait"), MaxDuration: c.Duration("max-duration"), DownloadTime: c.Duration("timeout"),
	}
	if err := inRange(c, "workers", 1, mostWorkers); err != nil {
		return o, err
	}
	for _, name := range []string{"max-wait", "max-duration"} {
		if c.Duration(name) < 0 {
			return o, usagef("", "--%s must be 0 (no limit) or more, not %s", name, c.Duration(name))
		}
	}
	for _, name := range []string{"timeout", "retry-base", "retry-max"} {
		if c.Duration(name) <= 0 {
			return o, usagef("", "--%s must be above 0, such as 30s, not %s", name, c.Duration(name))
		}
	}
	var err error
	if o.Rules, err = rulesOf(c); err != nil {
		return o, err
	}
	if !hasOption(c, "on-throttle") { // a worker waits
		return o, nil
	}
	onThrottle, err := choiceOf(c, "on-throttle", "wait", "stop")
	o.StopOnThrottle = onThrottle == "stop"
	return o, err
}

// rulesOf reads which limits hold and how much of them may be used.
func rulesOf(c *cli.Context) (r quota.Rules, err error) {
	if r.Mode, err = choiceOf(c, "quota", quota.Auto, quota.Full, quota.Limited, quota.Off); err != nil {
		return r, err
	}
	text := c.String("quota-share")
	if text == "" {
		return r, nil
	}
	if err := r.Share.UnmarshalText([]byte(text)); err != nil {
		return r, usagef("", "--quota-share %w", err)
	}
	if r.Mode == quota.Off {
		return r, usagef("leave one of them out", "--quota-share and --quota off exclude each other: without limits there is no share of them")
	}
	return r, nil
}

// tuningOf reads the options of tune, which a run takes as well, as far as they are given.
func tuningOf(c *cli.Context) (t jobs.Tuning, err error) {
	if c.IsSet("workers") {
		if err := inRange(c, "workers", 1, mostWorkers); err != nil {
			return t, err
		}
		n := c.Int("workers")
		t.Workers = &n
	}
	if text := c.String("max-rate"); text != "" {
		rate, err := strconv.ParseFloat(text, 64)
		if err != nil || !(rate >= 0 && rate <= mostRate) {
			return t, usagef("", "--max-rate must be a number of writes a second, such as 20, or 0 for no limit, not %q", text)
		}
		t.MaxRate = &rate
	}
	return t, nil
}

// settingsOf reads what a job keeps for later runs; an empty setting leaves it as it is.
func settingsOf(c *cli.Context) (store.Settings, error) {
	var s store.Settings
	if c.String("on-denied") != "" {
		var err error
		if s.OnDenied, err = choiceOf(c, "on-denied", jobs.FailDenied, jobs.UploadDenied); err != nil {
			return s, err
		}
	}
	if dir := c.String("backup"); dir != "" {
		s.Backup = absolute(dir)
		if err := backup.CheckFolder(s.Backup); err != nil {
			return s, usagef("name another folder with --backup DIR; nothing was sent", "--backup: %w", err)
		}
	}
	return s, nil
}
