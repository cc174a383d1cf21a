package cleanup

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"adferry/jobs"
	"adferry/plan"
)

// scheduleColumns are the columns of a file of schedules. The first ones have to be there.
var scheduleColumns = []string{"schedule", "cron", "accounts", "yes", "timezone", "unused", "older_than", "name", "keep", "min_age", "max_delete", "backup", "keep_jobs"}

const columnsNeeded = 4

// scheduleName leaves room for the time in the name of a job.
var scheduleName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,79}$`)

// mostSchedules bounds a file of schedules, in bytes.
const mostSchedules = 1 << 20

// ParseSchedules reads a file of schedules, described in the package documentation. dir is the
// folder that paths of keep lists are relative to. The error names each line that is wrong.
func ParseSchedules(name, dir string, r io.Reader) ([]Scheduled, error) {
	raw, err := io.ReadAll(io.LimitReader(r, mostSchedules+1))
	switch {
	case err != nil:
		return nil, err
	case len(raw) > mostSchedules:
		return nil, fmt.Errorf("%s has more than 1 MiB: is it the wrong file?", name)
	}
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff"))))
	in.TrimLeadingSpace = true
	header, err := in.Read()
	if err == nil {
		err = checkHeader(header)
	}
	if err != nil {
		return nil, fmt.Errorf("%s line 1: %w; its first line is such as schedule,cron,accounts,unused,yes", name, err)
	}
	var all []Scheduled
	var problems []error
	lines := map[string]int{}
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", name, err)) // with its line
			break
		}
		line, _ := in.FieldPos(0)
		s, err := parseSchedule(header, row, dir)
		if first := lines[s.Name]; err == nil && first > 0 {
			err = fmt.Errorf("line %d has a schedule %s already", first, s.Name)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s line %d: %w", name, line, err))
			continue
		}
		lines[s.Name] = line
		all = append(all, s)
	}
	if len(all) == 0 && len(problems) == 0 {
		problems = append(problems, fmt.Errorf("%s has no schedule", name))
	}
	return all, errors.Join(problems...)
}

// checkHeader makes the names of the columns lower-case, and refuses wrong ones.
func checkHeader(header []string) error {
	for i, cell := range header {
		header[i] = strings.ToLower(strings.TrimSpace(cell))
		switch {
		case !slices.Contains(scheduleColumns, header[i]):
			return fmt.Errorf("the column %q is not one of %s", cell, strings.Join(scheduleColumns, ", "))
		case slices.Contains(header[:i], header[i]):
			return fmt.Errorf("the column %s comes twice", header[i])
		}
	}
	for _, name := range scheduleColumns[:columnsNeeded] {
		if !slices.Contains(header, name) {
			return fmt.Errorf("there is no column %s", name)
		}
	}
	return nil
}

// parseSchedule reads a row. Its values mean what the options of cleanup with these names do.
func parseSchedule(header, row []string, dir string) (s Scheduled, err error) {
	cells := map[string]string{}
	for i, name := range header {
		cells[name] = strings.TrimSpace(row[i])
	}
	fail := func(column string, why error) {
		if err == nil && why != nil {
			err = fmt.Errorf("%s: %w", column, why)
		}
	}
	if s.Name = cells["schedule"]; !scheduleName.MatchString(s.Name) {
		fail("schedule", fmt.Errorf("%q is no name: use letters, digits, dots, dashes and underscores, 80 at most", s.Name))
	}
	var why error
	s.when, why = parseCron(cells["cron"])
	fail("cron", why)
	s.zone, why = time.LoadLocation(cells["timezone"]) // "" is UTC
	if why != nil || strings.EqualFold(cells["timezone"], "local") {
		fail("timezone", fmt.Errorf("%q is not known: write such as Europe/Berlin, or leave it empty for UTC", cells["timezone"]))
	}
	s.Accounts, why = accountsIn(cells["accounts"])
	fail("accounts", why)
	s.Policy.Unused, why = yesIn(cells["unused"])
	fail("unused", why)
	if cells["older_than"] != "" {
		s.Policy.OlderThan, why = ParseAge(cells["older_than"])
		fail("older_than", why)
	}
	s.Policy.Name, s.Policy.MinAge, s.Limit = cells["name"], DefaultMinAge, DefaultLimit
	switch age := cells["min_age"]; age {
	case "":
	case "0":
		s.Policy.MinAge = 0
	default:
		s.Policy.MinAge, why = ParseAge(age)
		fail("min_age", why)
	}
	if cells["max_delete"] != "" {
		s.Limit, why = jobs.ParseLimit(cells["max_delete"])
		fail("max_delete", why)
	}
	switch why := s.Policy.Check(); {
	case errors.Is(why, ErrNothing):
		fail("policy", errors.New("it selects nothing: give at least one of unused, older_than and name"))
	default:
		fail("policy", why)
	}
	for path := range strings.FieldsSeq(cells["keep"]) {
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		s.Keep = append(s.Keep, path)
	}
	if s.Backup = cells["backup"]; s.Backup != "" && !filepath.IsAbs(s.Backup) {
		fail("backup", fmt.Errorf("%s is relative: write the path that the folder has on every machine", s.Backup))
	}
	if text := cells["keep_jobs"]; text != "" {
		if s.KeepJobs, why = strconv.Atoi(text); why != nil || s.KeepJobs < 0 {
			fail("keep_jobs", fmt.Errorf("must be a number, such as 30, not %q", text))
		}
	}
	if agreed, why := yesIn(cells["yes"]); why != nil || !agreed {
		fail("yes", errors.New("the deletions are not agreed to: write yes"))
	}
	return s, err
}

// accountsIn are the ad accounts of a cell, with spaces between them, each once.
func accountsIn(cell string) (all []plan.Account, err error) {
	for text := range strings.FieldsSeq(cell) {
		a, err := plan.ParseAccount(text)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("it names no ad account")
	}
	return all, nil
}

// yesIn reads a cell that holds yes, or nothing for no.
func yesIn(cell string) (bool, error) {
	switch strings.ToLower(cell) {
	case "yes":
		return true, nil
	case "", "no":
		return false, nil
	}
	return false, fmt.Errorf("must be yes or empty, not %q", cell)
}
