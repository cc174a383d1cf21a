package reader_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/jobtest"
)

// The Reader waits out the same.
func TestReaderNotTheAPI(t *testing.T) {
	t.Parallel()
	for name, trouble := range jobtest.Troubles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, sandbox.Options{})
				shelve(w, 200, "11", "22")
				began := time.Now()
				for _, lasts := range []time.Duration{40 * time.Second, time.Hour} {
					w.Wire.API = jobtest.ClientOver(t, &jobtest.Between{Next: sandbox.Transport(w.Server), Answer: func(r *http.Request) (*http.Response, error) {
						if time.Since(began) > lasts {
							return nil, nil
						}
						return trouble(r)
					}})
					got, err := list(w, dispatch.Options{}, graph.Query{Limit: 50}, "11", "22")
					if lasts == time.Hour {
						jobtest.Is[*jobs.OfflineError](t, err)
						continue
					}
					if err != nil {
						t.Fatal(err)
					}
					complete(w, got, "11", "22")
					began = time.Now()
				}
			})
		})
	}
}
