package graph_test

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
)

func TestConnectionRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	c := client(t, graph.Config{Endpoint: "http://" + l.Addr().String()})
	for _, calls := range [][]graph.Call{{graph.Delete("1", hashA)}, {graph.Delete("1", hashA), graph.Delete("2", hashA)}} {
		for _, r := range c.Do(t.Context(), calls) {
			if r.Err == nil || r.Err.Class != graph.Unreachable || r.Err.Lost || r.Status != 0 {
				t.Errorf("got %+v, want unreachable and not lost", r.Err)
			}
		}
	}
}

// A server that cannot prove its name gets no request.
func TestCertificateRefused(t *testing.T) {
	var got atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { got.Add(1) }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	r := client(t, graph.Config{Endpoint: server.URL}).Do(t.Context(), []graph.Call{graph.Delete("1", hashA)})[0]
	if r.Err == nil || r.Err.Class != graph.Unreachable || r.Err.Lost || got.Load() != 0 {
		t.Errorf("got %+v and %d requests, want unreachable and none", r.Err, got.Load())
	}
}

func TestConnectionCut(t *testing.T) {
	for _, test := range []struct {
		name   string
		half   bool
		status int
		want   string
	}{
		{"before the answer", false, 0, "the connection failed: EOF"},
		{"in the answer", true, 200, "the answer was cut off: unexpected EOF"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if test.half {
					w.Header().Set("Content-Length", "100")
					fmt.Fprint(w, `{"success":`)
					_ = http.NewResponseController(w).Flush()
				}
				panic(http.ErrAbortHandler)
			}))
			defer server.Close()
			for _, call := range []graph.Call{graph.Delete("1", hashA), graph.Copy("2", "1", hashA)} {
				r := client(t, graph.Config{Endpoint: server.URL}).Do(t.Context(), []graph.Call{call})[0]
				if r.Err == nil || !r.Err.Lost || r.Err.Class != graph.Transient || r.Err.Message != test.want || r.Status != test.status {
					t.Errorf("%v: got %+v, HTTP %d, want %q", call.Action, r.Err, r.Status, test.want)
				}
			}
		})
	}
}

// Neither the place a redirect names nor the server itself gets another request.
func TestRedirectIsNotFollowed(t *testing.T) {
	var elsewhere, here atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, to := range []string{other.URL + "/v25.0/act_1/adimages", "/elsewhere", "://"} {
			here.Store(0)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				here.Add(1)
				w.Header().Set("Location", to)
				w.WriteHeader(status)
			}))
			c := client(t, graph.Config{Endpoint: server.URL})
			sets := [][]graph.Call{{graph.Read("1", graph.Query{})}, {graph.Copy("2", "1", hashA)}, {graph.Delete("1", hashA)}, {graph.Delete("1", hashA), graph.Delete("2", hashA)}}
			for _, calls := range sets {
				for _, r := range c.Do(t.Context(), calls) {
					if r.Err == nil || r.Err.Class != graph.Foreign || !r.Err.Lost {
						t.Errorf("HTTP %d to %s: got %v, want a foreign answer", status, to, r.Err)
					}
				}
			}
			server.Close()
			if here.Load() != int32(len(sets)) {
				t.Errorf("HTTP %d to %s: got %d requests, want %d", status, to, here.Load(), len(sets))
			}
		}
	}
	if got := elsewhere.Load(); got != 0 {
		t.Errorf("got %d requests to another host, want none", got)
	}
}

// More requests in flight than one connection pool carries, all at once.
func TestTransportManyInFlight(t *testing.T) {
	t.Parallel()
	const inFlight = 150
	var now, most atomic.Int32
	full := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if n := now.Add(1); n == inFlight {
			most.Store(n)
			close(full)
		}
		<-full
		fmt.Fprint(w, `{"success":true}`)
	}))
	defer server.Close()
	transport := graph.NewTransport()
	c := client(t, graph.Config{Endpoint: server.URL, Transport: transport})
	var done sync.WaitGroup
	for range inFlight {
		done.Go(func() {
			if r := c.Do(t.Context(), []graph.Call{graph.Delete("1", hashA)})[0]; r.Err != nil {
				t.Error(r.Err)
			}
		})
	}
	done.Wait()
	if most.Load() != inFlight {
		t.Errorf("got %d requests in flight, want %d", most.Load(), inFlight)
	}
	transport.(interface{ CloseIdleConnections() }).CloseIdleConnections()
}

// The other side of the wire, written by other hands, agrees with every call in
// every mode, and checks token and proof.
func TestAgainstSandbox(t *testing.T) {
	for _, appSecret := range []string{"", secretText} {
		for _, together := range []bool{false, true} {
			t.Run(fmt.Sprintf("app secret %v, batch %v", appSecret != "", together), func(t *testing.T) {
				server := sandbox.New(sandbox.Options{AppSecret: appSecret, Tokens: []string{tokenText}, Tier: sandbox.Limited, Variants: sandbox.Variants{Rehash: true}})
				server.AddAccount("222", sandbox.AccountOptions{})
				for i := range 3 {
					server.AddImage("111", sandbox.Image{Hash: fmt.Sprintf("%032x", i), Name: "shoe.jpg"})
				}
				c := client(t, graph.Config{Transport: sandbox.Transport(server), Endpoint: "https://graph.test", AppSecret: secret(t, appSecret)})
				do := func(calls ...graph.Call) []graph.Reply {
					t.Helper()
					var all []graph.Reply
					if together {
						all = c.Do(t.Context(), calls)
					} else {
						for _, call := range calls {
							all = append(all, c.Do(t.Context(), []graph.Call{call})...)
						}
					}
					for i, r := range all {
						if r.Err != nil || r.Status != 200 {
							t.Fatalf("%v: got %v, HTTP %d", calls[i].Action, r.Err, r.Status)
						}
						if u := r.Usage.Accounts[calls[i].Account]; !u.HasCalls || u.Tier != graph.TierLimited {
							t.Errorf("%v: got usage %+v, want that of the account", calls[i].Action, r.Usage)
						}
					}
					return all
				}
				hash := func(i int) string { return fmt.Sprintf("%032x", i) }

				wrote := do(graph.Copy("222", "111", hash(0)), graph.Copy("222", "111", hash(1)), graph.Delete("111", hash(2)))
				uploaded := c.Do(t.Context(), []graph.Call{graph.Upload("222", file("dot.gif", "GIF89a\x01\x00\x01\x00\x00\x00\x00,"))})[0]
				copied, sent := stored(t, wrote[0]), stored(t, uploaded)
				if copied == hash(0) || len(copied) != 32 || len(sent) != 32 {
					t.Errorf("got hashes %q and %q, want the target's own", copied, sent)
				}
				read := do(graph.ReadHashes("222", []string{copied, sent, hash(9)}, graph.FieldHash, graph.FieldStatus),
					graph.Read("111", graph.Query{Fields: []string{"hash"}, Limit: 1, Total: true}))
				if len(read[0].Images) != 2 || read[0].Images[0].Deleted() {
					t.Errorf("got %+v, want both images that are there", read[0].Images)
				}
				if r := read[1]; len(r.Images) != 1 || r.After == "" || r.Total != 2 {
					t.Errorf("got %d images, after %q, of %d, want 1 and a cursor, of 2", len(r.Images), r.After, r.Total)
				}
				last := do(graph.Read("111", graph.Query{Fields: []string{"hash"}, Limit: 1, After: read[1].After}), graph.Read("222", graph.Query{}))
				if r := last[0]; len(r.Images) != 1 || r.Images[0].Hash == read[1].Images[0].Hash || r.After != "" {
					t.Errorf("got %+v, after %q, want the other image and the end", r.Images, r.After)
				}
				if len(server.Log()) != 4 {
					t.Errorf("got %d effects, want 4", len(server.Log()))
				}
			})
		}
	}
}

// The sandbox plays each fault in its own words.
func TestFaultsOfSandbox(t *testing.T) {
	for _, test := range []struct {
		fault  string
		class  graph.Class
		effect int // calls that took effect
	}{
		{"80004/2446079", graph.ThrottledAccount, 0}, {"17/2446079", graph.ThrottledAccount, 0}, {"613/1487742", graph.ThrottledAccount, 0},
		{"4", graph.ThrottledApp, 0}, {"341", graph.ThrottledApp, 0}, {"200/4841013", graph.MaybeThrottled, 0},
		{"190/463", graph.RefusedRun, 0}, {"2635", graph.RefusedRun, 0}, {"200", graph.RefusedAccount, 0}, {"100/33", graph.RefusedAccount, 0}, {"100", graph.RefusedItem, 0},
		{"1", graph.Transient, 0}, {"2", graph.Transient, 0}, {"html_502", graph.Transient, 0}, {"empty_503", graph.Transient, 0}, {"error_empty", graph.Transient, 0},
		{"error_200", graph.Transient, 0}, {"cut", graph.Transient, 0}, {"cut_after", graph.Transient, 1}, {"truncated_after", graph.Transient, 1}, {"html_504_after", graph.Transient, 1},
	} {
		for n := 1; n <= 2; n++ {
			server := sandbox.New(sandbox.Options{Script: []sandbox.Rule{{Match: sandbox.Match{Kind: sandbox.Copy}, Fault: sandbox.Fault{Name: test.fault}}}})
			server.AddAccount("222", sandbox.AccountOptions{})
			server.AddImage("111", sandbox.Image{Hash: hashA})
			server.AddImage("111", sandbox.Image{Hash: hashB})
			c := client(t, graph.Config{Transport: sandbox.Transport(server), Endpoint: "https://graph.test"})
			calls := []graph.Call{graph.Copy("222", "111", hashA), graph.Copy("222", "111", hashB)}[:n]
			for _, r := range c.Do(t.Context(), calls) {
				if r.Err == nil || r.Err.Class != test.class || r.Err.Lost != (test.class == graph.Transient) {
					t.Errorf("%s, %d calls: got %v, %v, want %v", test.fault, n, r.Err, r.Err.Class, test.class)
				} else if strings.Contains(r.Err.Error(), "\n") {
					t.Errorf("%s: got several lines in %q", test.fault, r.Err)
				}
			}
			if got := len(server.Log()); got != n*test.effect {
				t.Errorf("%s, %d calls: got %d effects, want %d", test.fault, n, got, n*test.effect)
			}
		}
	}
}

// stored is the hash of the one image that the answer to a write names.
func stored(t *testing.T, r graph.Reply) string {
	t.Helper()
	if len(r.Stored) != 1 {
		t.Fatalf("got %+v, want one image", r.Stored)
	}
	return r.Stored[0].Hash
}

// A call that has to leave by a time is not sent after it: whoever does not finish the
// handshake gets nothing of it.
func TestLeavesInTime(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	token, _ := graph.NewSecret("a-token-of-some-length")
	c, err := graph.New(graph.Config{Endpoint: "https://" + silent.Addr().String(), Token: token, Transport: graph.NewTransport(), Timeout: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	call := graph.Delete("1", strings.Repeat("a", 32))
	call.ConnectBy = time.Now().Add(100 * time.Millisecond)
	for _, calls := range [][]graph.Call{{call}, {call, graph.Copy("2", "1", strings.Repeat("b", 32))}} {
		began := time.Now()
		for _, r := range c.Do(t.Context(), calls) {
			if r.Err == nil || r.Err.Class != graph.Unreachable || r.Err.Lost {
				t.Errorf("got %+v, want a call that was not sent", r.Err)
			}
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("it was waited for %v", took)
		}
	}
}
