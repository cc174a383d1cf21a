package lab_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/jobs/dispatch"
)

// labBaseline is how a simple client waits after a throttle: how long before
// the given try, and how many tries there are.
type labBaseline struct {
	tries int
	wait  func(try int) time.Duration
}

var (
	// What the scripts do that people write over an SDK.
	backoffClient = labBaseline{10, func(try int) time.Duration { return time.Second << try }}
	pauseClient   = labBaseline{1 << 30, func(int) time.Duration { return time.Minute }}
)

// send sends a call until it succeeds, and reports whether it did.
func (b labBaseline) send(client dispatch.API, c graph.Call, until time.Time) bool {
	for try := range b.tries {
		if time.Now().After(until) {
			break
		}
		reply := client.Do(context.Background(), []graph.Call{c})[0]
		if reply.Err == nil || !reply.Err.Class.Throttled() {
			return reply.Err == nil
		}
		time.Sleep(b.wait(try))
	}
	return false
}

// labPatience is how many times the ideal a baseline is watched: where calls
// extend a block, one that comes again each minute never gets through.
const labPatience = 10

// labBase runs a baseline: as many requests at once, one write each, no reading.
func labBase(t *testing.T, m model, b labBaseline) (r measured) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := labServer(m)
		client := labClient(t, m, s)
		type item struct{ target, hash string }
		work := make(chan item)
		done := make(chan struct{})
		began := time.Now()
		for range 80 {
			go func() {
				defer func() { done <- struct{}{} }()
				for i := range work {
					send := func(c graph.Call) bool { return b.send(client, c, began.Add(labPatience*m.ideal)) }
					if send(graph.Copy(i.target, "11"+i.target, i.hash)) && m.moves {
						send(graph.Delete("11"+i.target, i.hash))
					}
				}
			}()
		}
		for target, n := range m.targets {
			for i := range n {
				work <- item{target, labImage(target, i)}
			}
		}
		close(work)
		for range 80 {
			<-done
		}
		r = labResult(m, s, began)
	})
	return r
}
