package cleanup

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
	_ "time/tzdata" // a container may have no time zones

	cron "github.com/netresearch/go-cron"

	"adferry/graph"
	"adferry/jobs"
	"adferry/plan"
)

// Scheduled is a cleanup that a cron expression repeats: a row of a file of schedules.
type Scheduled struct {
	Name     string // of the schedule; its jobs are named for it and for when they were due
	Accounts []plan.Account
	Policy   Policy     // without its keep lists, which are read each time
	Limit    jobs.Limit // see Request
	Keep     []string   // paths of keep lists
	Backup   string     // folder; "": none
	KeepJobs int        // finished jobs that stay; 0: all

	when cron.Schedule
	zone *time.Location
}

// Next is when the cleanup is due for the first time after t.
func (s Scheduled) Next(t time.Time) time.Time { return s.when.Next(t.In(s.zone)) }

// Due is when the cleanup was last due, not more than within before now; ok is false if it was not.
func (s Scheduled) Due(now time.Time, within time.Duration) (due time.Time, ok bool) {
	for t := s.Next(now.Add(-within)); !t.IsZero() && !t.After(now); t = s.Next(t) {
		due, ok = t.UTC(), true
	}
	return due, ok
}

// Request is what is asked for at one time that the cleanup is due. It reads the keep lists.
func (s Scheduled) Request(endpoint string) (*Request, error) {
	r := &Request{Endpoint: endpoint, Accounts: s.Accounts, Policy: s.Policy, Limit: s.Limit}
	for _, path := range s.Keep {
		if err := addKeepFile(r, path); err != nil {
			return nil, fmt.Errorf("keep list %s: %w", path, err)
		}
	}
	return r, nil
}

func addKeepFile(r *Request, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return graph.WithoutPath(err)
	}
	defer f.Close()
	return r.AddKeepList(path, f)
}

// parseCron reads a cron expression: minute, hour, day of the month, month, day of the week; or
// @hourly, @daily, @weekly, @monthly, @yearly. An interval (@every 5m) is refused, because it is due
// at other times for each process.
func parseCron(text string) (cron.Schedule, error) {
	if strings.Contains(text, "TZ=") {
		return nil, errors.New("it names a time zone, which the column timezone does")
	}
	when, err := cron.ParseStandard(text)
	if err != nil {
		return nil, err
	}
	if _, fixed := when.(cron.ConstantDelaySchedule); fixed {
		return nil, errors.New("@every is an interval: write when it is due, such as 0 3 * * *")
	}
	if when.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() { // a leap year
		return nil, errors.New("it is never due")
	}
	return when, nil
}
