package store

import (
	"strings"
	"time"
)

// timeLayout sorts in time order.
const timeLayout = "20060102-150405Z"

// RunName is the name of the job of a schedule's run at a time: cleanup-20261124-080719Z.
func RunName(schedule string, at time.Time) string {
	return schedule + "-" + at.UTC().Format(timeLayout)
}

// IsRun reports whether a job has the name of a run of the schedule.
func IsRun(schedule, name string) bool {
	moment, ok := strings.CutPrefix(name, schedule+"-")
	_, err := time.Parse(timeLayout, moment)
	return ok && err == nil
}
