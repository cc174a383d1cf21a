package storetest

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"adferry/jobs"
	"adferry/jobs/store"
	"adferry/plan"
)

// benchRows is how many copies the job of a benchmark has.
const benchRows = 20_000

// Copies is a manifest of as many copies as Bench settles.
func Copies() string {
	var b strings.Builder
	b.WriteString("operation,source_account,hash,target_account\n")
	for n := range benchRows {
		fmt.Fprintf(&b, "copy,11,%032x,%d\n", n, 22+n%8)
	}
	return b.String()
}

// Bench carries out the copies of a job as an engine does with batches of 50 and eight requests
// in flight: their intents in one commit, then their outcomes in another. It reports how many
// operations a second become durable; sent is how often something was sent to the database, if
// that is known.
func Bench(b *testing.B, job *store.Job, sent func() int64) {
	b.Helper()
	const batch, inFlight = 50, 8
	before := int64(0)
	if sent != nil {
		before = sent()
	}
	b.ResetTimer()
	for range b.N {
		next := make(chan plan.OpID, benchRows/batch)
		for id := plan.OpID(1); id <= benchRows; id += batch {
			next <- id
		}
		close(next)
		var all sync.WaitGroup
		for range inFlight {
			all.Go(func() {
				for first := range next {
					for _, s := range []jobs.State{jobs.Sent, jobs.Done} {
						var c jobs.Change
						for id := first; id < first+batch; id++ {
							c.Records = append(c.Records, jobs.Record{ID: id, Outcome: jobs.Outcome{State: s, Attempts: 1, Started: at(1), LastSent: at(1), TargetHash: imageA}})
						}
						if _, err := job.Commit(b.Context(), c); err != nil {
							b.Error(err)
							return
						}
					}
				}
			})
		}
		all.Wait()
	}
	operations := float64(b.N) * benchRows
	b.ReportMetric(operations/b.Elapsed().Seconds(), "operations/s")
	if sent != nil {
		b.ReportMetric(float64(sent()-before)/operations, "round-trips/operation")
	}
}
