package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/store"
	"adferry/plan"
	"adferry/reports"
)

// The options that several commands share, as values that are read here once; those of a run
// are in run_settings.go. Only these two files, a command's own, app.go and usage_errors.go
// know the CLI library's context.

// connection says how the API is reached.
type connection struct {
	endpoint  string
	version   string
	tokenFile string // "" for the environment, "-" for standard input
	file      string // of credentials; "": one token for all ad accounts
	timeout   time.Duration
	adopt     bool     // a job of another server goes on against this one
	sandbox   bool     // the command could do without a token, with --sandbox
	labels    []string // of the credentials that the job ran with so far
	some      bool     // of the credentials in the file some may be absent
}

func connectionOf(c *cli.Context) connection {
	o := connection{
		endpoint: c.String("endpoint"), version: c.String("api-version"), tokenFile: c.String("token-file"), file: c.String("credentials"),
		timeout: c.Duration("timeout"), adopt: c.Bool("new-endpoint"),
	}
	o.sandbox = hasOption(c, "sandbox")
	return o
}

// hasOption reports whether the command has an option.
func hasOption(c *cli.Context, name string) bool {
	return findFlag(c.Command, name) != nil
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
	if o.mode, err = choiceOf(c, "progress", reports.ProgressAuto, reports.ProgressBar, reports.ProgressPlain, reports.ProgressJSON, reports.ProgressNone); err != nil {
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
		return nil, usagef("name one or more, such as act_123; adferry "+c.Command.Name+" --help has examples", "%s needs an ad account", c.Command.Name)
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

// onJob is the action of a command that takes a job, and options that read reads.
func onJob[O any](read func(*cli.Context) (O, error), do func(c *cli.Context, o O, p place) error) cli.ActionFunc {
	return atPlace(func(c *cli.Context, p place) error {
		o, err := read(c)
		if err != nil {
			return err
		}
		return do(c, o, p)
	})
}

// atPlace is the action of a command that takes a job.
func atPlace(do func(c *cli.Context, p place) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		p, err := placeOf(c)
		if err != nil {
			return err
		}
		return do(c, p)
	}
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
