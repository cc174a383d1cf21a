package reports

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"adferry/jobs"
)

// WorkerLine is a line about what a worker does.
func WorkerLine(now time.Time, what string) string {
	return now.Local().Format(time.TimeOnly) + " " + OneLine(what)
}

// laneTable writes who has which ad account of a job that workers carry out: those that nobody has
// first.
func laneTable(b *strings.Builder, s jobs.Summary, o TextOptions) {
	lanes := slices.Clone(s.Lanes)
	slices.SortStableFunc(lanes, func(x, y jobs.LaneHold) int {
		return cmp.Compare(pick(x.Worker == "", 0, 1), pick(y.Worker == "", 0, 1))
	})
	t := newTable()
	t.add("ad account", "worker", "waits")
	for _, l := range lanes[:min(len(lanes), textAccounts)] {
		t.add(accountName(l.Account), cmp.Or(OneLine(l.Worker), "none"), laneWait(l, o.Now))
	}
	t.fit(o.width(), 3).write(b)
	moreAccounts(b, len(lanes)-textAccounts)
}

func laneWait(l jobs.LaneHold, now time.Time) string {
	why := OneLine(l.Waits)
	if why == "" || l.Until == nil {
		return why
	}
	return "until " + clock(*l.Until, now) + ": " + why
}

// holders is how many workers have ad accounts of a job.
func holders(s jobs.Summary) int {
	var names []string
	for _, l := range s.Lanes {
		if l.Worker != "" && !slices.Contains(names, l.Worker) {
			names = append(names, l.Worker)
		}
	}
	return len(names)
}

// workersTable has a line for each worker of a database.
func workersTable(workers []jobs.WorkerState, all []jobs.Summary, now time.Time) *table {
	lanes := map[string]int{}
	for _, s := range all {
		for _, l := range s.Lanes {
			lanes[l.Worker]++
		}
	}
	t := newTable(1)
	t.add("worker", "ad accounts", "since", "host", "credentials")
	for _, w := range workers {
		names := strings.Join(w.Credentials, ", ")
		t.add(OneLine(w.Name), count(lanes[w.Name]), clock(w.StartedAt, now), OneLine(w.Host), cmp.Or(OneLine(names), "one token"))
	}
	return t
}
