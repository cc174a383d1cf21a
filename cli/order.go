package cli

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"adferry/jobs"
	"adferry/jobs/cleanup"
	"adferry/plan"
)

// order is what a call of cleanup asks for.
type order struct {
	accounts  []plan.Account // as named, each once
	policy    cleanup.Policy
	limit     jobs.Share // of deletions; a percentage is of each ad account
	dir, root string
	keepJobs  int
	dryRun    bool
	terms     terms
}

// defaultPercent of an ad account's images may go at once: a policy that selects
// more is more often a mistake than meant.
const (
	defaultPercent = 20
	defaultLimit   = "20%"
	defaultMinAge  = 24 * time.Hour
)

func cleanupOrder(c *cli.Context) (*order, error) {
	o := &order{dir: c.String("job"), root: c.String("jobs"), keepJobs: c.Int("keep-jobs"), dryRun: c.Bool("dry-run")}
	var err error
	if o.accounts, err = accountsOf(c); err != nil {
		return nil, err
	}
	// What a script's unset variable leaves of these would let more go than meant.
	for _, name := range []string{"older-than", "name", "keep"} {
		if leftEmpty(c, name) {
			return nil, usagef("give it a value, or leave it out", "--%s is empty", name)
		}
	}
	if o.policy.OlderThan, err = ageOf(c, "older-than", 0); err != nil {
		return nil, err
	}
	if c.String("min-age") != "0" {
		if o.policy.MinAge, err = ageOf(c, "min-age", defaultMinAge); err != nil {
			return nil, err
		}
	}
	o.policy.Unused, o.policy.Name = c.Bool("unused"), c.String("name")
	if err := o.policy.Check(); errors.Is(err, cleanup.ErrNothing) {
		return nil, usagef("--unused, --older-than 180d and --name 'tmp-*' select", "%w", err)
	} else if err != nil {
		return nil, usagef("", "--name %q: %w", o.policy.Name, err)
	}
	if o.limit, err = share(c, "max-delete"); err != nil {
		return nil, err
	}
	if !o.limit.Set { // an empty value is no guard that is off
		o.limit = jobs.Share{Percent: defaultPercent, Set: true}
	}
	if err := cmp.Or(noFile("job", o.dir), noFile("jobs", o.root)); err != nil {
		return nil, err
	}
	switch {
	case o.dir != "" && o.root != "":
		return nil, usagef("--job names the folder of one job, --jobs a folder of dated ones", "--job and --jobs exclude each other")
	case o.dir == "" && o.root == "" && !o.dryRun:
		return nil, usagef("name a folder with --job DIR; for a timer, --jobs ROOT makes dated ones", "the job has no folder")
	case holdsJob(o.root) && o.root != "":
		return nil, usagef("name the folder above it, or another one", "--jobs: %s is the folder of a job", o.root)
	case o.keepJobs < 0:
		return nil, usagef("", "--keep-jobs must be 0 or more, not %d", o.keepJobs)
	case o.keepJobs > 0 && o.root == "":
		return nil, usagef("--jobs ROOT makes the folders that it prunes", "--keep-jobs needs --jobs")
	case c.Bool("sandbox"):
		return nil, usagef("serve one with adferry sandbox, and set ADFERRY_ENDPOINT", "cleanup has no manifest to seed an embedded sandbox from")
	}
	o.terms = terms{
		Version: termsVersion, Endpoint: c.String("endpoint"), Accounts: slices.Sorted(slices.Values(o.accounts)),
		Unused: o.policy.Unused, OlderThan: cleanup.FormatAge(o.policy.OlderThan), Name: o.policy.Name, MinAge: cleanup.FormatAge(o.policy.MinAge),
		MaxDelete: cmp.Or(c.String("max-delete"), defaultLimit),
	}
	for _, path := range keepFiles(c) {
		if err := o.keep(path); err != nil {
			return nil, usagef("nothing was listed or deleted", "--keep %s: %w", path, err)
		}
	}
	return o, nil
}

// ageOf reads an option that holds an age; missing stands for one that is not given,
// or that an environment variable leaves empty.
func ageOf(c *cli.Context, name string, missing time.Duration) (time.Duration, error) {
	if c.String(name) == "" {
		return missing, nil
	}
	age, err := cleanup.ParseAge(c.String(name))
	if err != nil {
		hint := ""
		if name == "min-age" {
			hint = "--min-age 0 asks for no age"
		}
		return 0, usagef(hint, "--%s: %w", name, err)
	}
	return age, nil
}

// keepFiles are the keep lists. The environment variable holds one a line: a name may
// have any other character in it.
func keepFiles(c *cli.Context) (paths []string) {
	for _, value := range c.StringSlice("keep") {
		for path := range strings.Lines(value) {
			if path = strings.TrimRight(path, "\r\n"); path != "" {
				paths = append(paths, path)
			}
		}
	}
	return paths
}

// leftEmpty reports whether an option was given without a value.
func leftEmpty(c *cli.Context, name string) bool {
	return c.IsSet(name) && (c.String(name) == "" && len(c.StringSlice(name)) == 0 || slices.Contains(c.StringSlice(name), ""))
}

// keep reads a keep list.
func (o *order) keep(path string) error {
	f, err := openList(path)
	if err != nil {
		return bare(err) // the path is told already
	}
	defer f.Close()
	if o.policy.Keep == nil {
		o.policy.Keep = &cleanup.KeepSet{}
	}
	h := sha256.New()
	if err := o.policy.Keep.Read(io.TeeReader(f, h)); err != nil {
		return err
	}
	o.terms.Keep = append(o.terms.Keep, keepList{absolute(path), hex.EncodeToString(h.Sum(nil))})
	return nil
}
