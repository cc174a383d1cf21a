package engine_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
)

// What keeps the API away fails no row: it is waited out, from the first call on or in
// the middle of the run, and where it lasts the run stops and can go on later.
func TestNotTheAPI(t *testing.T) {
	t.Parallel()
	for name, trouble := range jobtest.Troubles {
		for _, from := range []time.Duration{0, 8 * time.Second} {
			for _, lasts := range []time.Duration{40 * time.Second, time.Hour} {
				t.Run(name+" from "+from.String()+" for "+lasts.String(), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						w := jobtest.NewWorld(t, sandbox.Options{Latency: sandbox.Latency{Min: 200 * time.Millisecond, Max: 2 * time.Second}})
						rows := jobtest.Fill(w, 120)
						w.Manifest(rows...)
						began := time.Now()
						b := &jobtest.Between{Next: sandbox.Transport(w.Server), Answer: func(r *http.Request) (*http.Response, error) {
							if at := time.Since(began); at < from || at > from+lasts {
								return nil, nil
							}
							return trouble(r)
						}}
						w.Wire.API = jobtest.ClientOver(t, b)
						err := w.Run(engine.Options{Workers: 4, BatchSize: 3})
						if lasts == time.Hour {
							jobtest.Is[*jobs.OfflineError](t, err)
							if took := time.Since(began); took > 15*time.Minute {
								t.Errorf("it took %v to give up", took)
							}
							if n := b.Asked.Load() - int64(w.Server.Stats().Requests); n > 80 {
								t.Errorf("%d requests were sent in vain", n)
							}
							time.Sleep(lasts)
							err = w.Run(engine.Options{Workers: 4, BatchSize: 3})
						}
						if err != nil {
							t.Fatal(err)
						}
						if s := w.Summary(); s.Totals.Done != len(rows) {
							t.Errorf("got %+v, reasons %v, want all done", s.Totals, s.Reasons)
						}
						w.Once()
					})
				})
			}
		}
	}
}

// A call that got no connection is none.
func TestUnreachableIsNoCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Latency: sandbox.Latency{Min: 500 * time.Millisecond}})
		rows := jobtest.Fill(w, 240)
		w.Manifest(rows...)
		var open atomic.Int64
		sent := atomic.Int64{}
		b := &jobtest.Between{Next: sandbox.Transport(w.Server), Answer: func(r *http.Request) (*http.Response, error) {
			if open.Add(1) > 3 { // no more connections than that
				open.Add(-1)
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.EMFILE}
			}
			sent.Add(1)
			time.AfterFunc(500*time.Millisecond, func() { open.Add(-1) })
			return nil, nil
		}}
		w.Wire.API = jobtest.ClientOver(t, b)
		w.Finish(engine.Options{Workers: 40, BatchSize: 1})
		s := w.Summary()
		if s.Totals.Done != len(rows) || s.API.HTTPRequests != int(sent.Load()) || s.API.Calls != int(sent.Load()) {
			t.Errorf("got %+v and %+v, want all done and %d requests", s.Totals, s.API, sent.Load())
		}
		if n := b.Asked.Load() - sent.Load(); n > 60*sent.Load() {
			t.Errorf("%d connections were tried for %d requests", n, sent.Load())
		}
	})
}

// One call that somebody else answers for ever keeps no other row, and is left for
// later: nobody knows what became of it.
func TestForeignForOneImage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("11", "a", "b", "c")
		w.Has("22")
		w.Manifest("copy 11 a 22", "copy 11 b 22", "copy 11 c 22")
		w.Wire.API = jobtest.ClientOver(t, &jobtest.Between{Next: sandbox.Transport(w.Server), Answer: func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodPost && r.Body != nil && !strings.HasSuffix(r.URL.Path, "/v25.0/") {
				body, _ := io.ReadAll(r.Body)
				if strings.Contains(string(body), string(jobtest.Hash("b"))) {
					return jobtest.Page(403), nil
				}
				r.Body = io.NopCloser(strings.NewReader(string(body)))
			}
			return nil, nil
		}})
		err := jobtest.Is[*jobs.OfflineError](t, w.Run(engine.Options{BatchSize: 1}))
		if !strings.Contains(err.Error(), "the answer from graph.facebook.com is not the API's") {
			t.Errorf("got %v, want to be told who answers", err)
		}
		w.Expect("done", "unknown", "done")
	})
}

// An image whose calls alone end without a word of the API uses up its attempts: the
// API is there, as the neutral question shows.
func TestSilentForOneImage(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"html_504", "cut", "empty_503"} {
		synctest.Test(t, func(t *testing.T) {
			w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{{Match: sandbox.Match{Kind: sandbox.Copy, Hash: string(jobtest.Hash("b"))}, Fault: sandbox.Fault{Name: fault}}}})
			w.Has("11", "a", "b", "c")
			w.Has("22")
			w.Manifest("copy 11 a 22", "copy 11 b 22", "copy 11 c 22")
			w.Finish(engine.Options{BatchSize: 1})
			w.Expect("done", "failed gave_up", "done")
		})
	}
}

// A server that does not know the neutral question is still there.
func TestContactWithoutNeutralQuestion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Latency: sandbox.Latency{Min: 200 * time.Millisecond}})
		rows := jobtest.Fill(w, 60)
		w.Manifest(rows...)
		began := time.Now()
		w.Wire.API = jobtest.ClientOver(t, &jobtest.Between{Next: sandbox.Transport(w.Server), Answer: func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/me") || time.Since(began) < 20*time.Second {
				return jobtest.Page(404), nil
			}
			return nil, nil
		}})
		w.Finish(engine.Options{})
		if s := w.Summary(); s.Totals.Done != len(rows) {
			t.Errorf("got %+v, want all done", s.Totals)
		}
	})
}
