package sandbox_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"adferry/graph/sandbox"
)

func TestListPages(t *testing.T) {
	s := seeded(sandbox.Options{}, 60)
	var got []string
	path := "/v25.0/act_111/adimages"
	pages := 0
	for after := ""; ; {
		r := get(t, s, path+"?fields=hash&after="+after)
		got = append(got, r.hashes()...)
		pages++
		links := r.body["paging"].(map[string]any)
		after = links["cursors"].(map[string]any)["after"].(string)
		if links["next"] == nil {
			break
		}
		if !strings.Contains(links["next"].(string), "limit=25") {
			t.Errorf("next = %v, want the default limit in it", links["next"])
		}
	}
	if len(got) != 60 || !slices.IsSorted(got) || pages != 3 {
		t.Errorf("got %d hashes on %d pages, sorted %v; want 60 on 3, sorted", len(got), pages, slices.IsSorted(got))
	}
}

func TestListBackwards(t *testing.T) {
	s := seeded(sandbox.Options{}, 7)
	first := get(t, s, "/v25.0/act_111/adimages?limit=3")
	second := follow(t, s, first, "next")
	third := follow(t, s, second, "next")
	if got, want := third.hashes(), []string{hash(7)}; !slices.Equal(got, want) {
		t.Fatalf("third page %v, want %v", got, want)
	}
	back := follow(t, s, third, "previous")
	if got, want := back.hashes(), second.hashes(); !slices.Equal(got, want) {
		t.Errorf("previous of the third page %v, want %v", got, want)
	}
	if links := first.body["paging"].(map[string]any); links["previous"] != nil {
		t.Errorf("the first page has a previous one: %v", links["previous"])
	}
}

func TestListWhileWriting(t *testing.T) {
	s := seeded(sandbox.Options{}, 40)
	first := get(t, s, "/v25.0/act_111/adimages?limit=10")
	for i := 11; i <= 35; i++ {
		remove(t, s, hash(i))
	}
	s.AddImage(source, sandbox.Image{Hash: hash(36)}) // put in anew
	s.AddImage(source, sandbox.Image{Hash: hash(50)})
	rest := follow(t, s, first, "next")
	want := []string{hash(36), hash(37), hash(38), hash(39), hash(40), hash(50)}
	if got := rest.hashes(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestListPageMost(t *testing.T) {
	s := seeded(sandbox.Options{Variants: sandbox.Variants{MaxPage: 2}}, 3)
	first := get(t, s, "/v25.0/act_111/adimages?limit=50")
	if got, want := first.hashes(), []string{hash(1), hash(2)}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := follow(t, s, first, "next").hashes(), []string{hash(3)}; !slices.Equal(got, want) {
		t.Errorf("the next page: got %v, want %v", got, want)
	}
}

func TestListFilters(t *testing.T) {
	s := seeded(sandbox.Options{}, 30)
	s.AddImage(source, sandbox.Image{Hash: hash(100), Name: "big shoe.jpg", Width: 2000, Height: 1000})
	tests := []struct {
		name, query string
		want        []string
	}{
		{"hashes as a JSON array", "hashes=" + url.QueryEscape(`["`+hash(2)+`","`+hash(1)+`","`+hash(99)+`"]`), []string{hash(1), hash(2)}},
		{"hashes PHP style", "hashes%5B%5D=" + hash(3) + "&hashes[1]=" + hash(4), []string{hash(3), hash(4)}},
		{"hashes unescaped", `hashes=["` + hash(5) + `"]`, []string{hash(5)}},
		{"the same hash twice", `hashes=["` + hash(5) + `","` + hash(5) + `"]`, []string{hash(5)}},
		{"hashes are paged too", `limit=1&hashes=["` + hash(5) + `","` + hash(6) + `"]`, []string{hash(5)}},
		{"name", "name=shoe", []string{hash(100)}},
		{"minwidth", "minwidth=601", []string{hash(100)}},
		{"minheight", "minheight=401", []string{hash(100)}},
		{"nothing", "minheight=4010", nil},
		{"no pages of nothing", "limit=0", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := rawGet(t, s, "/v25.0/act_111/adimages", tt.query)
			if got := r.hashes(); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestListFields(t *testing.T) {
	s := seeded(sandbox.Options{}, 0)
	s.AddImage(source, sandbox.Image{Hash: hash(1), Name: "é.png", Width: 2, Height: 3, Creatives: []string{"7"}, Associated: true})
	tests := []struct{ name, fields, want string }{
		{"default", "", `{"hash":"` + hash(1) + `","id":"111:` + hash(1) + `"}`},
		{"order of the caller, id last", "status,name", `{"status":"ACTIVE","name":"é.png","id":"111:` + hash(1) + `"}`},
		{"use", "creatives,is_associated_creatives_in_adgroups", `{"creatives":["7"],"is_associated_creatives_in_adgroups":true,"id":"111:` + hash(1) + `"}`},
		{"size", "id,width,original_height", `{"id":"111:` + hash(1) + `","width":2,"original_height":3}`},
		{"slashes are escaped", "url", `{"url":"http:\/\/graph.test\/_image\/111\/` + hash(1) + `","id":"111:` + hash(1) + `"}`},
		{"a field inside a field", "owner_business{id},hash", `{"hash":"` + hash(1) + `","id":"111:` + hash(1) + `"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := get(t, s, "/v25.0/act_111/adimages?fields="+tt.fields)
			got, _, _ := strings.Cut(strings.TrimPrefix(r.text, `{"data":[`), `],"paging"`)
			if got != tt.want {
				t.Errorf("got %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestListRefuses(t *testing.T) {
	s := seeded(sandbox.Options{Variants: sandbox.Variants{ReduceAbove: 100, StaleCursorFails: true}}, 3)
	stale := cursor(t, get(t, s, "/v25.0/act_111/adimages?limit=1"))
	remove(t, s, hash(1))
	tests := []struct{ name, query, code, words string }{
		{"unknown field", "fields=hash,colour", "100", "(#100) Tried accessing nonexisting field (colour) on node type (AdImage)"},
		{"limit", "limit=many", "100", "limit"},
		{"hashes", "hashes=abc", "100", "hashes"},
		{"cursor", "after=QVFI", "100", "after"},
		{"business", "business_id=x", "100", "business_id"},
		{"date_format", "date_format=U", "100", "date_format"},
		{"too much", "limit=101", "1", "Please reduce the amount of data"},
		{"stale cursor", "after=" + stale, "100", "no longer exists"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := get(t, s, "/v25.0/act_111/adimages?"+tt.query)
			if r.code() != tt.code || !strings.Contains(r.message(), tt.words) {
				t.Errorf("got %s %q, want %s with %q", r.code(), r.message(), tt.code, tt.words)
			}
		})
	}
}

func TestSummaryCounts(t *testing.T) {
	s := seeded(sandbox.Options{}, 30)
	r := get(t, s, "/v25.0/act_111/adimages?limit=1&minwidth=600&summary=total_count")
	if got := fmt.Sprint(r.body["summary"]); got != "map[total_count:30]" {
		t.Errorf("summary = %v, want a total_count of 30", got)
	}
}

// The next link holds the token exactly when the caller put it into the URL.
func TestNextHoldsToken(t *testing.T) {
	s := seeded(sandbox.Options{}, 3)
	for _, inURL := range []bool{true, false} {
		query := "limit=1"
		if inURL {
			query += "&access_token=secret"
		}
		req, _ := http.NewRequestWithContext(t.Context(), "GET", "http://graph.test/v25.0/act_111/adimages?"+query, nil)
		if !inURL {
			req.Header.Set("Authorization", "Bearer secret")
		}
		r := do(t, s, req)
		next := r.body["paging"].(map[string]any)["next"].(string)
		if got := strings.Contains(next, "access_token=secret"); got != inURL {
			t.Errorf("token in URL %v: next = %s", inURL, next)
		}
	}
}

func TestDownload(t *testing.T) {
	s := seeded(sandbox.Options{}, 1)
	resp, err := sandbox.Transport(s).RoundTrip(request(t, "GET", "http://graph.test/_image/111/"+hash(1)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "image/png" || len(data) == 0 {
		t.Errorf("got %d %s, %d bytes; want a PNG", resp.StatusCode, resp.Header.Get("Content-Type"), len(data))
	}
	if st := s.Stats(); st.Requests != 0 || st.Downloads != 1 {
		t.Errorf("got %d requests and %d downloads, want 0 and 1", st.Requests, st.Downloads)
	}
}

// follow asks for a page that a link leads to.
func follow(t *testing.T, s http.Handler, r reply, link string) reply {
	t.Helper()
	links, _ := r.body["paging"].(map[string]any)
	next, ok := links[link].(string)
	if !ok {
		t.Fatalf("no %s link in %s", link, r.text)
	}
	u, err := url.Parse(next)
	if err != nil {
		t.Fatal(err)
	}
	return get(t, s, u.RequestURI())
}

func cursor(t *testing.T, r reply) string {
	t.Helper()
	return r.body["paging"].(map[string]any)["cursors"].(map[string]any)["after"].(string)
}

// rawGet sends a query that no library would build.
func rawGet(t *testing.T, s http.Handler, path, query string) reply {
	t.Helper()
	req := request(t, "GET", "http://graph.test"+path)
	req.URL.RawQuery = query
	return do(t, s, req)
}

func request(t *testing.T, method, address string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer token")
	return req
}
