package campaign

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"
)

// A Name names a campaign.
type Name string

const (
	Worlds  Name = "worlds"  // jobs/simulation: whole lives of jobs, drawn from seeds
	Workers Name = "workers" // jobs/simulation: jobs that several workers carry out, in the same worlds
	Fleets  Name = "fleets"  // cli: workers that are killed, stopped and go on
	Cuts    Name = "cuts"    // jobs/store/postgres: the connection is lost at any statement
	Undone  Name = "undone"  // jobs/undo: jobs cut off anywhere, and undone
	Detours Name = "detours" // jobs/engine: processes that end in the middle of an upload
	Crashes Name = "crashes" // cli: processes that kill themselves at a point of an operation's life
	Kills   Name = "kills"   // cli: processes that are killed at any moment
	Disks   Name = "disks"   // cli: each disk operation of a process fails
	SDK     Name = "sdk"     // cli: installing Meta's SDK for Node.js, which is kept in the user's cache
)

// budgets are how long each campaign tries cases, on a clock that runs while other tests
// do, too.
var budgets = map[Name]time.Duration{
	Worlds:  2 * time.Second,
	Workers: 2 * time.Second,
	Fleets:  1 * time.Second,
	Cuts:    1500 * time.Millisecond,
	Undone:  1500 * time.Millisecond,
	Detours: 1500 * time.Millisecond,
	Crashes: 2 * time.Second,
	Kills:   2 * time.Second,
	Disks:   2 * time.Second,
	SDK:     20 * time.Second,
}

// variable multiplies all budgets, or lifts them.
const variable, unlimited = "ADFERRY_TEST_BUDGET", "unlimited"

// A Campaign counts the cases of a test and its time, which begins with the first case.
type Campaign struct {
	budget time.Duration // 0: none

	mu      sync.Mutex
	began   time.Time
	tried   int
	omitted int
}

// Start begins a campaign of t, which logs at its end what was left out.
func Start(t *testing.T, name Name) *Campaign {
	t.Helper()
	budget, err := budgetOf(name, os.Getenv(variable))
	if err != nil {
		t.Fatal(err)
	}
	c := &Campaign{budget: budget}
	t.Cleanup(func() {
		if c.omitted > 0 {
			t.Logf("campaign %s: %d cases in %v, and %d left out; %s=%s tries them all", name, c.tried, budget, c.omitted, variable, unlimited)
		}
	})
	return c
}

func budgetOf(name Name, text string) (time.Duration, error) {
	budget, known := budgets[name]
	if !known {
		return 0, fmt.Errorf("campaign %q has no budget", name)
	}
	switch text {
	case "":
		return budget, nil
	case unlimited:
		return 0, nil
	}
	times, err := strconv.ParseFloat(text, 64)
	if err != nil || !(times > 0 && times <= 1e6) {
		return 0, fmt.Errorf("%s must be a number of times, such as 10, or %s, not %q", variable, unlimited, text)
	}
	return time.Duration(times * float64(budget)), nil
}

// Budget is how long the campaign may take; 0 is no limit.
func (c *Campaign) Budget() time.Duration { return c.budget }

// Next reports whether there is time for another case.
func (c *Campaign) Next() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if c.began.IsZero() {
		c.began = now
	}
	if c.budget > 0 && now.Sub(c.began) >= c.budget {
		c.omitted++
		return false
	}
	c.tried++
	return true
}

// Case skips the test of one case if there is no time left for it.
func (c *Campaign) Case(t *testing.T) {
	t.Helper()
	if !c.Next() {
		t.SkipNow()
	}
}
