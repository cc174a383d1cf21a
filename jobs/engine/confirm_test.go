package engine_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
)

// Images that the API says it deleted are looked at again in bulk, after pauses
// that grow, and no worker waits meanwhile: with a single one, the copies of
// another account are long done by then.
func TestDeletesAreReadBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{
			Latency: sandbox.Latency{Min: 100 * time.Millisecond},
			Script:  []sandbox.Rule{{Match: sandbox.Match{Kind: sandbox.Delete}, Fault: sandbox.Fault{Name: "lie"}}},
		})
		w.Has("11")
		w.Has("33")
		w.Has("44")
		const n = 45
		var rows, want []string
		for i := range n {
			w.Has("11", fmt.Sprint(i))
			w.Has("33", fmt.Sprint(i))
			rows = append(rows, fmt.Sprintf("delete 11 %d -", i), fmt.Sprintf("copy 33 %d 44", i))
			want = append(want, "failed delete_unconfirmed", "done")
		}
		w.Manifest(rows...)
		var mu sync.Mutex
		var deleted, copied time.Time // the last of them
		looks := map[string][]time.Time{}
		bulks := 0
		w.Wire.Before = func(calls []graph.Call) {
			mu.Lock()
			defer mu.Unlock()
			for _, c := range calls {
				switch {
				case c.Action == graph.ActionDelete:
					deleted = time.Now()
				case c.Action == graph.ActionCopy:
					copied = time.Now()
				case c.Account == "11" && !deleted.IsZero():
					bulks++
					for _, h := range c.Query.Hashes {
						looks[h] = append(looks[h], time.Now())
					}
				}
			}
		}
		w.Finish(engine.Options{Workers: 1})
		w.Expect(want...)
		if len(looks) != n {
			t.Fatalf("%d images were looked at again, want %d", len(looks), n)
		}
		for h, times := range looks {
			for i, last := 0, deleted; i < len(times); i++ {
				pause := times[i].Sub(last)
				if i > 0 && pause < times[i-1].Sub(deleted)/2 {
					t.Errorf("%s: look %d came %v after the one before", h, i+1, pause)
				}
				last = times[i]
			}
			if last := times[len(times)-1].Sub(deleted); len(times) < 3 || last < 40*time.Second {
				t.Errorf("%s: got %d looks, the last %v after the deletion", h, len(times), last)
			}
		}
		if all := n * len(looks[string(jobtest.Hash("0"))]); 5*bulks > all {
			t.Errorf("%d looks took %d reads: they are not in bulk", all, bulks)
		}
		if took := copied.Sub(deleted); took > 10*time.Second {
			t.Errorf("the last copy left %v after the last deletion: the looks held it up", took)
		}
	})
}
