package quota_test

import (
	"fmt"
	"time"

	"adferry/graph"
	"adferry/jobs/quota"
)

// A lane of Limited access sends twenty writes at once, and then waits until
// they are forgotten for sure. A throttle closes it; a probe opens it again.
func Example() {
	var lane quota.Lane
	rules := quota.Rules{Mode: quota.Limited}
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

	sent := 0
	for ; !lane.Next(now, quota.Write, rules).After(now); sent++ {
		lane = lane.Spend(now, quota.Write, rules)
	}
	wait := lane.Next(now, quota.Write, rules).Sub(now)
	fmt.Println(sent, "writes, then wait", wait.Round(time.Minute))

	throttle := &graph.Error{Class: graph.ThrottledAccount, Code: 17, Subcode: 2446079}
	lane = lane.Throttled(now, now, throttle, graph.AccountUsage{Tier: graph.TierLimited, Regain: 7 * time.Minute})
	now = lane.Next(now, quota.Write, rules)
	fmt.Println("throttled until", now.Format(time.TimeOnly))

	lane = lane.Spend(now, quota.Write, rules)
	fmt.Println("probe on its way, others wait:", lane.Next(now, quota.Write, rules).Equal(quota.Never))
	lane = lane.Passed(now.Add(time.Second), now.Add(time.Second), quota.Write)
	fmt.Println("open:", !lane.Block.Probing())
	// Output:
	// 20 writes, then wait 5m0s
	// throttled until 12:07:00
	// probe on its way, others wait: true
	// open: true
}
