package sandbox_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
)

func TestTransportStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &http.Client{Transport: sandbox.Transport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-A", "1")
			_, _ = io.WriteString(w, "first ")
			time.Sleep(time.Minute)
			w.Header().Set("X-B", "too late")
			_, _ = io.Copy(w, r.Body)
		}))}
		began := time.Now()
		resp, err := client.Post("https://graph.test/a%20b?c=d", "text/plain", strings.NewReader("echo"))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != 200 || resp.Header.Get("X-A") != "1" || time.Since(began) != 0 {
			t.Errorf("got %d %v after %v, want the header at once", resp.StatusCode, resp.Header, time.Since(began))
		}
		first := make([]byte, 6)
		if _, err := io.ReadFull(resp.Body, first); err != nil || time.Since(began) != 0 {
			t.Errorf("first part: %v after %v, want it at once", err, time.Since(began))
		}
		rest, err := io.ReadAll(resp.Body)
		if err != nil || string(rest) != "echo" || time.Since(began) != time.Minute {
			t.Errorf("rest: %q, %v after %v; want echo after a minute", rest, err, time.Since(began))
		}
		if got := resp.Header.Get("X-B"); got != "" {
			t.Errorf("a header set after the first write came through: %q", got)
		}
	})
}

// A client that leaves ends the handler's context, whether it waits for the
// header, reads the body, or closes it.
func TestTransportClientLeaves(t *testing.T) {
	leave := map[string]func(*testing.T, http.RoundTripper){
		"before the header": func(t *testing.T, rt http.RoundTripper) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			req, _ := http.NewRequestWithContext(ctx, "GET", "http://graph.test/silent", nil)
			if _, err := rt.RoundTrip(req); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want a deadline", err)
			}
		},
		"in the body": func(t *testing.T, rt http.RoundTripper) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			req, _ := http.NewRequestWithContext(ctx, "GET", "http://graph.test/talks", nil)
			resp, err := rt.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if _, err := io.ReadAll(resp.Body); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want a deadline", err)
			}
		},
		"closing the body": func(t *testing.T, rt http.RoundTripper) {
			req, _ := http.NewRequestWithContext(t.Context(), "GET", "http://graph.test/talks", nil)
			resp, err := rt.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
		},
	}
	for name, leave := range leave {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				noticed := false
				leave(t, sandbox.Transport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/talks" {
						_, _ = io.WriteString(w, "")
					}
					<-r.Context().Done()
					noticed = true
				})))
				synctest.Wait()
				if !noticed {
					t.Error("the handler was not told")
				}
			})
		})
	}
}

func TestTransportCut(t *testing.T) {
	rt := sandbox.Transport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/late" {
			_, _ = io.WriteString(w, "half")
		}
		panic(http.ErrAbortHandler)
	}))
	if _, err := rt.RoundTrip(request(t, "GET", "http://graph.test/early")); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("before the header: got %v, want io.ErrUnexpectedEOF", err)
	}
	resp, err := rt.RoundTrip(request(t, "GET", "http://graph.test/late"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var got bytes.Buffer
	if _, err := got.ReadFrom(resp.Body); !errors.Is(err, io.ErrUnexpectedEOF) || got.String() != "half" {
		t.Errorf("in the body: got %q, %v; want half and io.ErrUnexpectedEOF", got.String(), err)
	}
}

// An effect happens although the client left while the answer was on its way,
// or before the call was even looked at.
func TestEffectOutlivesClient(t *testing.T) {
	for _, patience := range []time.Duration{100 * time.Millisecond, 900 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			s := seeded(sandbox.Options{Latency: sandbox.Latency{Min: time.Second}}, 1)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			req := request(t, "POST", "http://graph.test/act_222/adimages").WithContext(ctx)
			req.URL.RawQuery = copyFrom(source, hash(1)).Encode()
			if r := do(t, s, req); r.err == nil {
				t.Errorf("got %s, want an error", r.text)
			}
			synctest.Wait()
			if len(s.Log()) != 1 {
				t.Errorf("patience %v: the copy did not happen", patience)
			}
		})
	}
}
