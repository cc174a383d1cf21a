package cli

import (
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"adferry/graph"
	"adferry/jobs/engine"
)

// The headings of options in help, in this order.
const (
	groupImages     = "Which images"
	groupJob        = "Job"
	groupPace       = "Pace"
	groupSafety     = "Safety"
	groupShown      = "What is shown"
	groupConnection = "Connection"
	groupServer     = "Server"
	groupFaults     = "Faults"
)

var groups = []string{groupImages, groupJob, groupPace, groupSafety, groupShown, groupConnection, groupServer, groupFaults}

// groupOf has the heading of each option of the commands that have many.
var groupOf = map[string]string{
	"hash": groupImages, "name": groupImages, "min-width": groupImages, "min-height": groupImages,
	"business-id": groupImages, "biz-tag-id": groupImages,
	"unused": groupImages, "older-than": groupImages, "min-age": groupImages, "keep": groupImages,

	"target": groupJob, "operation": groupJob, "output": groupJob, "from-job": groupJob, "left-out": groupJob, "restart": groupJob,
	"job": groupJob, "database": groupJob, "remove": groupJob, "to": groupJob, "jobs": groupJob, "keep-jobs": groupJob, "on-denied": groupJob, "schedules": groupJob,

	"yes": groupSafety, "dry-run": groupSafety, "check": groupSafety, "max-delete": groupSafety,
	"max-failures": groupSafety, "backup": groupSafety,

	"workers": groupPace, "batch-size": groupPace, "max-rate": groupPace, "quota": groupPace, "quota-share": groupPace,
	"on-throttle": groupPace, "max-wait": groupPace, "max-duration": groupPace, "max-attempts": groupPace,
	"retry-base": groupPace, "retry-max": groupPace, "page-size": groupPace,

	"json": groupShown, "watch": groupShown, "fields": groupShown, "format": groupShown, "count": groupShown, "quiet": groupShown,
	"progress": groupShown, "log-level": groupShown, "log-format": groupShown, "log-file": groupShown, "metrics": groupShown,

	"token-file": groupConnection, "credentials": groupConnection, "endpoint": groupConnection, "api-version": groupConnection,
	"listen": groupServer, "manifest": groupServer, "tier": groupServer, "score": groupServer, "tokens": groupServer,
	"latency": groupServer, "seed": groupServer, "faults": groupFaults, "script": groupFaults,

	"timeout": groupConnection, "new-endpoint": groupConnection, "sandbox": groupConnection,
}

// env names the environment variable of an option.
func env(name string) []string {
	return []string{"ADFERRY_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))}
}

func boolFlag(name, usage string) cli.Flag {
	return &cli.BoolFlag{Name: name, Usage: usage, EnvVars: env(name)}
}

func stringFlag(name, value, placeholder, usage string) cli.Flag {
	return &cli.StringFlag{Name: name, Value: value, Usage: valued(placeholder, usage), EnvVars: env(name)}
}

func intFlag(name string, value int, usage string) cli.Flag {
	return &cli.IntFlag{Name: name, Value: value, Usage: usage, EnvVars: env(name)}
}

func durationFlag(name string, value time.Duration, usage string) cli.Flag {
	return &cli.DurationFlag{Name: name, Value: value, Usage: usage, EnvVars: env(name)}
}

// limitFlag is a time that ends something; 0 is no limit.
func limitFlag(name, usage string) cli.Flag {
	return &cli.DurationFlag{Name: name, Usage: usage, EnvVars: env(name), DefaultText: "no limit"}
}

// valued is the usage of an option behind the placeholder of its value, which describeOption takes
// from there.
func valued(placeholder, usage string) string { return "`" + placeholder + "`" + usage }

// connectionFlags choose the server and the token.
func connectionFlags() []cli.Flag {
	return []cli.Flag{
		stringFlag("token-file", "", "FILE", "read the access token from FILE, - for standard input"),
		stringFlag("credentials", "", "FILE", "read and write each ad account with its own token: a CSV file with the columns account, token and app_secret, where token and app_secret are names of environment variables, or file:PATH"),
		stringFlag("endpoint", graph.DefaultEndpoint, "URL", "the Graph API; plain http on loopback only"),
		stringFlag("api-version", graph.DefaultVersion, "VERSION", "the API version"),
		durationFlag("timeout", graph.DefaultTimeout, "how long one HTTP request may take"),
	}
}

// jobRunFlags are the options of commands that run a job that exists.
func jobRunFlags() []cli.Flag { return append(append(jobFlags(), outputFlag()), runFlags()...) }

// runFlags are the options of commands that run a job.
func runFlags() []cli.Flag {
	defaults := engine.Options{}.WithDefaults()
	return append([]cli.Flag{
		intFlag("workers", defaults.Workers, "HTTP requests in flight"),
		intFlag("batch-size", defaults.BatchSize, "operations in one HTTP request, 1 to 50"),
		stringFlag("max-rate", "", "R", "send at most R writes a second to each ad account; 0, the default, is no limit"),
		stringFlag("quota", "auto", "auto|full|limited|off", "start from the documented budgets of the access tier that the API reports, of the named one, or from none"),
		stringFlag("quota-share", "", "P%", "use at most this share of what an ad account and the app allow, as far as the limits are documented or headers show them; default: all"),
		stringFlag("on-throttle", "wait", "wait|stop", "wait out throttles, or stop with exit code 3"),
		limitFlag("max-wait", "stop with exit code 3 instead of waiting longer than this at a stretch"),
		limitFlag("max-duration", "stop with exit code 3 after this long"),
		stringFlag("max-delete", "", "N|P%", "refuse to start when the job deletes more images than this, or a greater share of its rows"),
		stringFlag("backup", "", "DIR", "back up every image to DIR before it is deleted, or do not delete it; the job remembers this"),
		stringFlag("on-denied", "", "fail|upload", "if copying between two ad accounts is refused: fail (the default), or download the image and upload it; the job remembers this"),
		boolFlag("new-endpoint", "go on against another server than before; the job remembers the new one"),
		boolFlag("dry-run", "show what would be done; send nothing"),
		stringFlag("max-failures", "", "N|P%", "stop with exit code 5 when more copies, uploads and deletions fail than this, or a greater share of the job's; by default half of those that ended, once they are 1,000"),
		intFlag("max-attempts", defaults.Attempts, "how often a copy, upload or deletion is tried when it fails for a reason that may pass"),
		durationFlag("retry-base", defaults.RetryBase, "first pause after such a failure; it doubles each time, with jitter"),
		durationFlag("retry-max", defaults.RetryMax, "longest pause between tries"),
		stringFlag("progress", "auto", "auto|bar|plain|json|none", "how progress is shown on standard error"),
		boolFlag("quiet", "show no progress and no notices, only results and errors"),
		stringFlag("log-level", "off", "off|error|warn|info|debug", "log what happens to standard error"),
		stringFlag("log-format", "text", "text|json", "form of the log"),
		stringFlag("log-file", "", "FILE", "log to the end of FILE instead of standard error; without --log-level, at level info"),
		stringFlag("metrics", "", "ADDR", "serve Prometheus metrics at http://ADDR/metrics while the job runs; port 0 picks a free one"),
		boolFlag("sandbox", "run against an embedded sandbox seeded from the manifest; nothing leaves this machine"),
	}, connectionFlags()...)
}

// findFlag finds an option of a command; nil if it has none of that name.
func findFlag(c *cli.Command, name string) cli.Flag {
	i := slices.IndexFunc(c.Flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), name) })
	if i < 0 {
		return nil
	}
	return c.Flags[i]
}

// readFlags are the options of commands that only read: those of runFlags that apply
// to them.
func readFlags() []cli.Flag {
	names := []string{"quiet", "workers", "quota", "quota-share", "on-throttle", "max-wait", "max-duration", "retry-base", "retry-max", "log-level", "log-format", "log-file"}
	flags := slices.DeleteFunc(runFlags(), func(f cli.Flag) bool { return !slices.Contains(names, f.Names()[0]) })
	return append(flags, connectionFlags()...)
}
