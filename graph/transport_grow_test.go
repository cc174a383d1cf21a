package graph

import "testing"

// A pool takes as many requests as one HTTP/2 connection; room that comes free is
// used before another pool is made.
func TestTransportsGrow(t *testing.T) {
	var ts transports
	var in []*connPool
	for range 2*perTransport + 1 {
		in = append(in, ts.acquire())
	}
	if len(ts.pools) != 3 || in[perTransport-1] != in[0] || in[perTransport] == in[0] {
		t.Fatalf("got %d pools for %d requests in flight, want three", len(ts.pools), len(in))
	}
	ts.release(in[0])
	if l := ts.acquire(); l != in[0] || len(ts.pools) != 3 {
		t.Error("got another pool while the first one had room")
	}
}
