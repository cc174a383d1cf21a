package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
)

const (
	day     = 24 * time.Hour
	mostAge = 36500 * day // no ad image is a hundred years old, and a time.Duration ends at 292
)

// parseAge reads an age in days (180d), in what Go takes for a duration (36h), or
// in both (1d12h). A bare number is refused: it could be days or seconds.
func parseAge(s string) (time.Duration, error) {
	var age time.Duration
	rest := s
	if days, clock, ok := strings.Cut(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16) // a time.Duration holds that many
		if err != nil {
			return 0, fmt.Errorf("%q is no age, such as 180d or 36h", s)
		}
		age, rest = time.Duration(n)*day, clock
	}
	if rest != "" {
		clock, err := time.ParseDuration(rest)
		if err != nil || clock < 0 {
			return 0, fmt.Errorf("%q is no age, such as 180d or 36h", s)
		}
		age += min(clock, mostAge)
	}
	if s == "" || age > mostAge {
		return 0, fmt.Errorf("%q is no age up to a hundred years, such as 180d or 36h", s)
	}
	return age, nil
}

// ageOf reads an option that holds an age; missing stands for one that is not given,
// or that an environment variable leaves empty.
func ageOf(c *cli.Context, name string, missing time.Duration) (time.Duration, error) {
	if c.String(name) == "" {
		return missing, nil
	}
	d, err := parseAge(c.String(name))
	if err != nil {
		return 0, usagef("", "--%s: %w", name, err)
	}
	return d, nil
}

// days spells an age as parseAge reads it.
func days(d time.Duration) string {
	if d > 0 && d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	return d.String()
}
