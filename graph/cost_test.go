//go:build !race

package graph

import (
	"bytes"
	"io"
	"net/http"
	"testing"
)

// Decoding an answer allocates little for each of its entries: what they have that is kept, and
// what the call needs.
func TestAllocationsOfAnswers(t *testing.T) {
	const images = `{"images":{"` + hashA + `":{"hash":"` + hashA + `","url":"https:\/\/scontent.xx.fbcdn.net\/v\/1_n.png?_nc_cat=100"}}}`
	const usage = `{"222":[{"type":"ads_management","call_count":16,"total_cputime":2,"total_time":3,"estimated_time_to_regain_access":0,"ads_api_access_tier":"standard_access"}]}`
	part := entry(200, images, "Content-Type", "text/javascript; charset=UTF-8", "ETag", `"8c29"`, "Pragma", "no-cache", business, usage)
	calls, parts := make([]Call, MaxBatch), make([]string, MaxBatch)
	for i := range calls {
		calls[i], parts[i] = Copy("222", "111", hashA), part
	}
	batch, one := []byte(list(parts...)), []byte(images)
	header := http.Header{business: {usage}}
	for _, test := range []struct {
		name   string
		most   float64 // allocations for each call
		calls  int
		decode func()
	}{
		{"a batch of 50 copies", 6, MaxBatch, func() { parseBatch(calls, 200, header, batch) }},
		{"a copy", 22, 1, func() { interpret(&jsonReader{}, calls[0], 200, header, one) }},
	} {
		if got := testing.AllocsPerRun(20, test.decode) / float64(test.calls); got > test.most {
			t.Errorf("%s: got %.1f allocations for each call, want %.0f at most", test.name, got, test.most)
		} else {
			t.Logf("%s: %.1f allocations for each call", test.name, got)
		}
	}
}

// A request allocates its body and its answer's images; what its texts are put together in and read
// into is there already.
func TestAllocationsOfRequests(t *testing.T) {
	const images = `{"images":{"` + hashA + `":{"hash":"` + hashA + `"}}}`
	calls, parts := make([]Call, MaxBatch), make([]string, MaxBatch)
	for i := range calls {
		calls[i], parts[i] = Copy("222", "111", hashA), entry(200, images)
	}
	token, err := NewSecret("atokenofanordinarylength")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		most   float64 // allocations for each call
		calls  []Call
		answer string
	}{
		{"a batch of 50 copies", 12, calls, list(parts...)},
		{"a copy", 42, calls[:1], images},
	} {
		client, err := New(Config{Token: token, Transport: answering(test.answer)})
		if err != nil {
			t.Fatal(err)
		}
		got := testing.AllocsPerRun(20, func() {
			for _, r := range client.Do(t.Context(), test.calls) {
				if r.Err != nil {
					t.Fatal(r.Err)
				}
			}
		}) / float64(len(test.calls))
		if t.Logf("%s: %.1f allocations for each call", test.name, got); got > test.most {
			t.Errorf("%s: got %.1f allocations for each call, want %.0f at most", test.name, got, test.most)
		}
	}
}

// answering is a transport that answers every request with a text.
type answering string

func (a answering) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader([]byte(a)))}, nil
}
