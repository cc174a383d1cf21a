package cli

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"adferry/graph/sandbox"
)

// What the API says for people, its title and its message, is in every report
// beside the technical words, the codes and the trace id.
func TestAPIWordsReachReports(t *testing.T) {
	t.Parallel()
	const title, words, technical = "Bild nicht verfügbar", "Wähle ein anderes Bild, das <dir> gehört.", "(#100) Invalid parameter"
	r := newTrial(t, 40, sandbox.Options{})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.Method != http.MethodPost { // a copy, one in a request
			r.server.ServeHTTP(w, q)
			return
		}
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error":{"message":%q,"type":"OAuthException","code":100,"error_subcode":1487212,
			"error_user_title":%q,"error_user_msg":%q,"fbtrace_id":"AbC-trace"}}`, technical, title, words)
	}))
	t.Cleanup(web.Close)
	r.url = web.URL
	code, out, stderr := r.run(t, "run", r.manifest, "--job", r.job, "--yes", "--batch-size", "1", "--log-level", "warn")
	if code != exitFailures {
		t.Fatalf("got exit code %d, want %d\n%s%s", code, exitFailures, out, stderr)
	}
	for _, name := range []string{"results.csv", "failed.csv"} {
		table := readCSV(t, filepath.Join(r.job, name))
		column := func(row []string, name string) string { return row[slices.Index(table[0], name)] }
		found := 0
		for _, row := range table[1:] {
			if column(row, "reason") != "invalid" {
				continue
			}
			found++
			for c, want := range map[string]string{
				"error_code": "100", "error_subcode": "1487212", "fbtrace_id": "AbC-trace", "error_message": title + ": " + words + ": " + technical,
			} {
				if got := column(row, c); got != want {
					t.Errorf("%s: got %s %q, want %q", name, c, got, want)
				}
			}
		}
		if found < 10 {
			t.Errorf("%s: only %d rows failed for it: the test is void", name, found)
		}
	}
	page := string(readFile(t, filepath.Join(r.job, "report.html")))
	for _, want := range []string{title, html.EscapeString(words), technical} {
		if !strings.Contains(page, want) {
			t.Errorf("report.html does not show %q", want)
		}
	}
	if !strings.Contains(stderr, title) || !strings.Contains(stderr, words) {
		t.Errorf("the log does not show the words\n%.500s", stderr)
	}
}
