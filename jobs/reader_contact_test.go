package jobs_test

import (
	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// The Reader waits out the same.
func TestReaderNotTheAPI(t *testing.T) {
	for name, trouble := range troubles {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{})
				shelve(w, 200, "11", "22")
				began := time.Now()
				for _, lasts := range []time.Duration{40 * time.Second, time.Hour} {
					w.api.API = clientOver(t, &between{next: sandbox.Transport(w.server), answer: func(r *http.Request) (*http.Response, error) {
						if time.Since(began) > lasts {
							return nil, nil
						}
						return trouble(r)
					}})
					got, err := list(w, jobs.DispatchOptions{}, graph.Query{Limit: 50}, "11", "22")
					if lasts == time.Hour {
						is[*jobs.OfflineError](t, err)
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
