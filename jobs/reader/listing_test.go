package reader_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs/dispatch"
	"adferry/jobs/jobtest"
	"adferry/jobs/reader"
)

// Pages that repeat are listed to their end, each image once. Pages without an end and
// answers that are none to the question fail their ad account alone, unless they come
// right in time.
func TestListDistrustsPages(t *testing.T) {
	t.Parallel()
	const noEnd, endless = "its list of images has no end: the next page is one that was already read", "its list of images has no end: 3 pages in a row have no new image"
	for _, test := range []struct {
		fault string
		times int // 0: always
		want  string
	}{
		{"repeated_page", 0, ""},
		{"same_cursor", 2, ""},
		{"same_cursor", 0, noEnd},
		{"cursor_circle", 0, noEnd},
		{"endless_paging", 0, endless},
		{"endless_empty", 0, endless},
		{"null_rows", 3, ""},
		{"null_rows", 0, "the answer has entries that name no image"},
		{"empty_rows", 0, "the answer has entries that name no image"},
		{"unsuccessful", 3, ""},
		{"unsuccessful", 0, "neither success nor an error"},
		{"foreign_rows", 3, ""},
		{"foreign_rows", 0, "the answer shows an image of another ad account"},
		{"id_rows", 0, ""},
		{"odd_types", 0, ""},
		{"no_use", 0, ""},
		{"odd_use", 0, ""},
	} {
		t.Run(fmt.Sprint(test.fault, " ", test.times), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				strike := sandbox.Match{Account: "11", Kind: sandbox.Read}
				if test.times > 0 {
					strike.Nth, strike.Count = 2, test.times
				}
				w := jobtest.NewWorld(t, sandbox.Options{
					Variants: sandbox.Variants{MaxPage: 20},
					Script:   []sandbox.Rule{{Match: strike, Fault: sandbox.Fault{Name: test.fault}}},
				})
				shelve(w, 70, "11", "22")
				got, err := list(w, dispatch.Options{}, graph.Query{}, "11", "22")
				complete(w, got, "22")
				if test.want == "" {
					if err != nil {
						t.Fatal(err)
					}
					complete(w, got, "11")
					return
				}
				if failed := jobtest.Is[*reader.AccountError](t, err); failed.Account != "11" || !strings.Contains(failed.Error(), test.want) || failed.Endless != strings.Contains(test.want, "no end") {
					t.Errorf("got %v, endless %v, want %q of 11", failed, failed.Endless, test.want)
				}
				shown := map[string]bool{}
				for _, h := range got["11"] {
					if shown[h] {
						t.Errorf("%s came twice", h)
					}
					shown[h] = true
				}
				if n := w.Server.Stats().Requests; n > 30 {
					t.Errorf("got %d requests for two times four pages", n)
				}
			})
		})
	}
}
