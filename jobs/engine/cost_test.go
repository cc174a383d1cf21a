package engine_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"adferry/graph/sandbox"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
)

// What a job sends is bounded by what it has to do: each write once, and reads of up to fifty
// images at a time, before a write and, for a deletion, after it. They share HTTP requests.
func TestRequestsOfJobs(t *testing.T) {
	t.Parallel()
	const rows = 1000
	for _, test := range []struct {
		verb     string
		accounts int
		calls    int // at most
		requests int // at most
	}{
		{"copy", 1, rows + 2*rows/50, 45},
		{"copy", 10, rows + 2*rows/50, 95},
		{"move", 1, 2*rows + 6*rows/50, 115},
	} {
		t.Run(fmt.Sprintf("%s, %d pairs of accounts", test.verb, test.accounts), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, sandbox.Options{})
				var manifest []string
				for i := range rows {
					from, to, name := fmt.Sprint(100+i%test.accounts), fmt.Sprint(200+i%test.accounts), fmt.Sprint("image", i)
					w.Has(from, name)
					w.Has(to)
					manifest = append(manifest, fmt.Sprintf("%s %s %s %s", test.verb, from, name, to))
				}
				w.Manifest(manifest...)
				if err := w.Run(engine.Options{BatchSize: 50, Workers: 4}); err != nil {
					t.Fatal(err)
				}
				s := w.Summary()
				t.Logf("%d calls in %d requests", s.API.Calls, s.API.HTTPRequests)
				if s.Totals.Done != rows || s.API.Calls > test.calls || s.API.HTTPRequests > test.requests {
					t.Errorf("got %d rows done with %d calls in %d requests, want all with %d and %d at most", s.Totals.Done, s.API.Calls, s.API.HTTPRequests, test.calls, test.requests)
				}
			})
		})
	}
}
