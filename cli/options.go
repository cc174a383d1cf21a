package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/backup"
	"adferry/jobs/engine"
	"adferry/jobs/quota"
	"adferry/jobs/store"
	"adferry/plan"
	"adferry/reports"
)

// The options that several commands share, as values that are read here once. Only this
// file, a command's own, app.go and usage_errors.go know the CLI library's context.

// connection says how the API is reached.
type connection struct {
	endpoint  string
	version   string
	tokenFile string // "" for the environment, "-" for standard input
	file      string // of credentials; "": one token for all ad accounts
	timeout   time.Duration
	adopt     bool // a job of another server goes on against this one
	sandbox   bool // the command could do without a token, with --sandbox
}

func connectionOf(c *cli.Context) connection {
	o := connection{
		endpoint: c.String("endpoint"), version: c.String("api-version"), tokenFile: c.String("token-file"), file: c.String("credentials"),
		timeout: c.Duration("timeout"), adopt: c.Bool("new-endpoint"),
	}
	for _, f := range c.Command.Flags {
		o.sandbox = o.sandbox || f.Names()[0] == "sandbox"
	}
	return o
}

// logging says what is logged, and in which form.
type logging struct {
	off   bool
	level slog.Level
	json  bool
	file  string // "" is standard error
}

func loggingOf(c *cli.Context) (o logging, err error) {
	format, err := choiceOf(c, "log-format", "text", "json")
	if err != nil {
		return o, err
	}
	level, err := choiceOf(c, "log-level", "off", "error", "warn", "info", "debug")
	if err != nil {
		return o, err
	}
	o.json, o.file = format == "json", c.String("log-file")
	if level == "off" {
		o.off = o.file == "" || c.IsSet("log-level")
		return o, nil
	}
	return o, o.level.UnmarshalText([]byte(level))
}

// consent is whether deletions were agreed to beforehand.
type consent struct {
	given  bool
	backup string // where deleted images are kept, or ""
}

func consentOf(c *cli.Context) consent { return consent{c.Bool("yes"), c.String("backup")} }

// runOptions are what every command takes that runs a job.
type runOptions struct {
	connection
	logging
	consent
	engine      engine.Options
	givenTuning jobs.Tuning    // as far as the options were given
	settings    store.Settings // given now; empty ones stay as the job has them
	mostDeletes jobs.Limit
	mode        reports.ProgressMode
	metrics     string // address
	sandboxed   bool   // run against the embedded sandbox
	dryRun      bool
	quiet       bool
}

// runOptionsOf reads them, and refuses what makes no sense.
func runOptionsOf(c *cli.Context) (o runOptions, err error) {
	o = runOptions{
		connection: connectionOf(c), consent: consentOf(c),
		metrics: c.String("metrics"), sandboxed: c.Bool("sandbox"), dryRun: c.Bool("dry-run"), quiet: c.Bool("quiet"),
	}
	if o.engine, err = engineOptions(c); err != nil {
		return o, err
	}
	if o.givenTuning, err = tuningOf(c); err != nil {
		return o, err
	}
	if o.mode, err = choiceOf(c, "progress", reports.ProgressModeValues()...); err != nil {
		return o, err
	}
	if o.quiet {
		o.mode = reports.ProgressNone
	}
	if o.logging, err = loggingOf(c); err != nil {
		return o, err
	}
	switch {
	case !o.onStderr():
	case o.mode == reports.ProgressBar || o.mode == reports.ProgressAuto: // which lines of a log would tear
		o.mode = reports.ProgressPlain
	case o.mode == reports.ProgressJSON:
		return o, usagef("log to a file with --log-file FILE, or show no progress with --progress none", "--progress json and the log would mix on standard error")
	}
	if o.mostDeletes, err = limit(c, "max-delete"); err != nil {
		return o, err
	}
	o.settings, err = settingsOf(c)
	return o, err
}

// readOptions are what every command takes that only reads.
type readOptions struct {
	connection
	logging
	engine engine.Options // of which a reader uses what paces its requests
	quiet  bool
}

func readOptionsOf(c *cli.Context) (o readOptions, err error) {
	o = readOptions{connection: connectionOf(c), quiet: c.Bool("quiet")}
	if o.logging, err = loggingOf(c); err != nil {
		return o, err
	}
	o.engine, err = pace(c)
	return o, err
}

// argument returns the command's only argument.
func argument(c *cli.Context, name string) (string, error) {
	switch c.NArg() {
	case 1:
		return c.Args().First(), nil
	case 0:
		return "", usagef(fmt.Sprintf("adferry %s %s", c.Command.Name, name), "%s needs %s", c.Command.Name, name)
	}
	return "", usagef(fmt.Sprintf("adferry %s %s", c.Command.Name, name), "%s takes one argument, not %d: %s",
		c.Command.Name, c.NArg(), strings.Join(c.Args().Slice(), " "))
}

// noArguments refuses arguments.
func noArguments(c *cli.Context) error {
	if c.NArg() == 0 {
		return nil
	}
	return usagef("adferry "+c.Command.Name, "%s takes no arguments, not %q", c.Command.Name, c.Args().First())
}

// accountsOf reads the command's arguments, each account once.
func accountsOf(c *cli.Context) ([]plan.Account, error) {
	if c.NArg() == 0 {
		return nil, usagef(fmt.Sprintf("adferry %s act_123", c.Command.Name), "%s needs an ad account", c.Command.Name)
	}
	var all []plan.Account
	for i, text := range c.Args().Slice() {
		a, err := plan.ParseAccount(text)
		if err != nil && len(text) > longestAccount { // it may be a token
			return nil, usagef("", "argument %d is %w", i+1, errors.Unwrap(err))
		}
		if err != nil {
			return nil, &usageError{err: err}
		}
		if !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	return all, nil
}

// longestAccount is the length of the longest ad account id, with its prefix.
const longestAccount = 24

// onJob is the action of a command that takes a job's folder, and options that read reads.
func onJob[O any](read func(*cli.Context) (O, error), do func(c *cli.Context, o O, dir string) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		dir, err := jobFolder(c)
		if err != nil {
			return err
		}
		o, err := read(c)
		if err != nil {
			return err
		}
		return do(c, o, dir)
	}
}

// jobFolder is the argument of a command that takes a job's folder.
func jobFolder(c *cli.Context) (string, error) {
	dir, err := argument(c, "DIR")
	if err != nil {
		return "", err
	}
	return checkJobFolder(c.Command.Name, dir)
}

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
		MaxWait: c.Duration("max-wait"), MaxDuration: c.Duration("max-duration"),
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
	onThrottle, err := choiceOf(c, "on-throttle", "wait", "stop")
	o.StopOnThrottle = onThrottle == "stop"
	return o, err
}

// rulesOf reads which limits hold and how much of them may be used.
func rulesOf(c *cli.Context) (r quota.Rules, err error) {
	if r.Mode, err = choiceOf(c, "quota", quota.ModeValues()...); err != nil {
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

// choiceOf reads an option whose value is the name of one of these.
func choiceOf[T any](c *cli.Context, name string, from ...T) (choice T, err error) {
	var names []string
	for _, choice := range from {
		names = append(names, fmt.Sprint(choice))
		if names[len(names)-1] == c.String(name) {
			return choice, nil
		}
	}
	return choice, usagef("", "--%s must be %s, not %q", name, reports.Or(names), c.String(name))
}

func inRange(c *cli.Context, name string, low, top int) error {
	if v := c.Int(name); v < low || v > top {
		return usagef("", "--%s must be from %d to %d, not %d", name, low, top, v)
	}
	return nil
}

// limit reads a number or a percentage; an empty value is no limit.
func limit(c *cli.Context, name string) (jobs.Limit, error) {
	if c.String(name) == "" {
		return jobs.Limit{}, nil
	}
	l, err := jobs.ParseLimit(c.String(name))
	if err != nil {
		return l, usagef("", "--%s %w", name, err)
	}
	return l, nil
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
