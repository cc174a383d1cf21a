package sandbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
)

// byHashes asks for images of the source.
func byHashes(account string, more string, ns ...int) string {
	var quoted []string
	for _, n := range ns {
		quoted = append(quoted, fmt.Sprintf("%q", hash(n)))
	}
	return "/act_" + account + "/adimages?limit=100&hashes=[" + strings.Join(quoted, ",") + "]" + more
}

// What a read says that is untrue or cannot be understood.
func TestFaultsOfReads(t *testing.T) {
	const all = "&fields=hash,name,status,created_time,width,creatives,is_associated_creatives_in_adgroups"
	tests := []struct{ fault, query, want string }{
		{"null_rows", "", `{"data":[null]}`},
		{"empty_rows", "", `{"data":[{}]}`},
		{"unsuccessful", "", `{"success":false,"data":[]}`},
		{"id_rows", "", `{"data":[{"id":"111:` + hash(1) + `"},{"id":"111:` + hash(2) + `"}],`},
		{"foreign_rows", "", `{"data":[{"hash":"` + hash(1) + `","id":"1119:` + hash(1) + `"},`},
		{"no_use", all, `"width":600,"id":"111:` + hash(1) + `"},`},
		{"odd_use", all, `"creatives":7,"is_associated_creatives_in_adgroups":"perhaps"`},
		{"odd_types", all, `"name":123,"status":1,"created_time":` + fmt.Sprint(epoch) + `,"width":"600","creatives":[123],"is_associated_creatives_in_adgroups":false`},
		{"total_mismatch", "&summary=total_count", `{"data":[],"summary":{"total_count":2}}`},
		{"total_mismatch", "", `{"data":[{"hash":"` + hash(1) + `"`},
		{"capped", "", `{"data":[{"hash":"` + hash(1) + `","id":"111:` + hash(1) + `"}],`},
		{"unfiltered", "", hash(9)},
		{"partial", "", `{"data":[{"hash":"`},
	}
	for _, tt := range tests {
		t.Run(tt.fault, func(t *testing.T) {
			o := script(tt.fault, sandbox.Match{})
			if tt.fault == "capped" {
				o.Script[0].Fault.Above = 1
			}
			s := seeded(o, 0)
			for _, n := range []int{1, 2, 9} {
				s.AddImage(source, sandbox.Image{Hash: hash(n), Name: "a", Width: 600, Created: time.Unix(epoch, 0), Creatives: []string{"5"}})
			}
			r := get(t, s, byHashes(source, tt.query, 1, 2))
			if r.status != 200 || !strings.Contains(r.text, tt.want) {
				t.Errorf("got %d %s\nwant %s", r.status, r.text, tt.want)
			}
			if strings.Contains(r.text, `"next"`) || r.header.Get("X-Business-Use-Case-Usage") == "" {
				t.Errorf("got %s with usage %q, want no next page and a usage header", r.text, r.header.Get("X-Business-Use-Case-Usage"))
			}
			if n := len(r.hashes()); tt.fault == "partial" && n != 1 {
				t.Errorf("partial shows %d of 2 images, want one", n)
			}
			if tt.fault == "no_use" && strings.Contains(r.text, "creatives") {
				t.Errorf("no_use tells of use: %s", r.text)
			}
		})
	}
}

const epoch = 1_700_000_000

// Images that the account does not have are shown as another's that has them.
func TestForeignRowsOfAnother(t *testing.T) {
	r := get(t, seeded(script("foreign_rows", sandbox.Match{}), 2), byHashes(target, "", 2))
	if want := `{"data":[{"hash":"` + hash(2) + `","id":"111:` + hash(2) + `"}]`; !strings.HasPrefix(r.text, want) {
		t.Errorf("got %s\nwant %s", r.text, want)
	}
}

func TestReadVariants(t *testing.T) {
	s := seeded(sandbox.Options{Variants: sandbox.Variants{MaxHashes: 2, HidesUse: true}}, 5)
	r := get(t, s, byHashes(source, "&fields=hash,creatives,is_associated_creatives_in_adgroups", 1, 2, 3, 4))
	if got := len(r.hashes()); got != 2 || strings.Contains(r.text, `"next"`) || strings.Contains(r.text, "creatives") {
		t.Errorf("got %s, want two images, no next page and nothing of their use", r.text)
	}
	if got := len(get(t, s, "/act_111/adimages").hashes()); got != 5 {
		t.Errorf("a listing shows %d images, want all 5", got)
	}
}

// A stale read shows what there was, in listings and by hash, with and without
// rows for deleted images.
func TestStale(t *testing.T) {
	for _, keeps := range []bool{false, true} {
		t.Run(fmt.Sprint("keeps rows ", keeps), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := script("stale", sandbox.Match{Kind: sandbox.Read})
				o.Script[0].Fault.Age = 10 * time.Second
				o.Variants.DeleteKeepsRow = keeps
				s := seeded(o, 3)
				if got := len(get(t, s, "/act_111/adimages").hashes()); got != 3 {
					t.Errorf("at first the source shows %d images, want 3", got)
				}
				remove(t, s, hash(1))
				copyImage(t, s, hash(2))
				s.RemoveImage(source, hash(3))
				for _, tt := range []struct {
					after          time.Duration
					source, target int
				}{{9 * time.Second, 3, 0}, {2 * time.Second, 1, 1}} {
					time.Sleep(tt.after)
					for name, path := range map[string]string{"by hash": byHashes(source, "&fields=hash,status", 1, 2, 3), "listed": "/act_111/adimages?fields=hash,status"} {
						if got := strings.Count(get(t, s, path).text, "ACTIVE"); got != tt.source {
							t.Errorf("%s: the source shows %d images, want %d", name, got, tt.source)
						}
					}
					if got := len(get(t, s, byHashes(target, "", 2)).hashes()); got != tt.target {
						t.Errorf("the target shows %d images, want %d", got, tt.target)
					}
				}
			})
		})
	}
}

// partial never shows all and never shows none.
func TestPartial(t *testing.T) {
	s := seeded(sandbox.Options{Rates: map[string]float64{"partial": 1}}, 6)
	seen := map[int]bool{}
	for range 50 {
		seen[len(get(t, s, byHashes(source, "", 1, 2, 3, 4, 5, 6)).hashes())] = true
	}
	if seen[0] || seen[6] || len(seen) < 3 {
		t.Errorf("got answers with %v of 6 images, want from 1 to 5", seen)
	}
}

// Listings that do not end as they should, in pages of two of five images.
func TestFaultsOfListings(t *testing.T) {
	tests := []struct{ fault, pages, cursors string }{
		{"repeated_page", "12 12 34 34 5", "abcd"},
		{"same_cursor", "12 34 34 34 34 34 34 34", "aaaaaaa"},
		{"cursor_circle", "12 34 12 34 12 34 12 34", "abababa"},
		{"endless_paging", "12 34 5 45 45 45 45 45", "abcdefg"},
		{"endless_empty", "12 34 5     ", "abcdefg"},
	}
	for _, tt := range tests {
		t.Run(tt.fault, func(t *testing.T) {
			o := script(tt.fault, sandbox.Match{})
			o.Script[0].Fault.Above = 2
			s := seeded(o, 5)
			var pages, cursors []string
			names := "" // of the cursors, a letter for each that is new
			r := get(t, s, "/act_111/adimages")
			for {
				var page strings.Builder
				for _, h := range r.hashes() {
					page.WriteString(strings.TrimLeft(h, "0"))
				}
				pages = append(pages, page.String())
				links, _ := r.body["paging"].(map[string]any)
				if links["next"] == nil || len(pages) == 8 {
					break
				}
				c := cursor(t, r)
				if !slices.Contains(cursors, c) {
					cursors = append(cursors, c)
				}
				names += string(rune('a' + slices.Index(cursors, c)))
				r = follow(t, s, r, "next")
			}
			if got := strings.Join(pages, " "); got != tt.pages || names != tt.cursors {
				t.Errorf("got pages %q and cursors %s\nwant %q and %s", got, names, tt.pages, tt.cursors)
			}
			if got := len(get(t, s, byHashes(source, "", 1, 2, 3)).hashes()); got != 3 {
				t.Errorf("a read by hashes shows %d images, want 3", got)
			}
		})
	}
}
