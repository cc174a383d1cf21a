package graph

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

const (
	hashA = "d8fc613662fb5ef6cf5fb9d1fe779315"
	hashB = "a9e27630331b8ca2ebac1bb8619c98eb"
	hashC = "0123456789abcdef0123456789abcdef"
)

func TestInterpretRead(t *testing.T) {
	const big = "10152335766987003" // beyond 2^53
	for _, test := range []struct {
		name   string
		cursor string // that the read asked for
		body   string
		hashes []string
		after  string
		total  int
		empty  bool   // proves that there is none
		want   string // start of the error
	}{
		{"recorded in 2017", "", `{"data":[{"id":"` + big + `:` + hashA + `","hash":"` + hashA + `","account_id":"` + big + `","name":"13006112.jpg","permalink_url":"https:\/\/www.facebook.com\/ads\/image\/?d=AQL","original_width":570}],"paging":{"cursors":{"before":"MTAx","after":"MTAx"}}}`,
			[]string{hashA}, "", 0, false, ""},
		{"with a following page", "", `{"data":[{"hash":"` + hashA + `"}],"paging":{"cursors":{"after":"QVFI"},"next":"https:\/\/graph.facebook.com\/v22.0\/act_1\/adimages?access_token=T&limit=25&after=QVFI"}}`,
			[]string{hashA}, "QVFI", 0, false, ""},
		{"an empty page with a next", "QVFH", `{"data":[],"paging":{"cursors":{"after":"QVFI"},"next":"https://x/?after=QVFI"}}`, nil, "QVFI", 0, false, ""},
		{"cursors without a next", "", `{"data":[{"hash":"` + hashA + `"}],"paging":{"cursors":{"after":"QVFI"}}}`, []string{hashA}, "", 0, false, ""},
		{"a next without cursors", "", `{"data":[],"paging":{"next":"https://x/?limit=25&after=QV%3D%3D"}}`, nil, "QV==", 0, false, ""},
		{"a next without any cursor", "", `{"data":[{"hash":"` + hashA + `"}],"paging":{"next":"https://x/?offset=25"}}`, nil, "", 0, false, "the list of images has a next page but no cursor"},
		{"a next that is no URL", "", `{"data":[],"paging":{"next":"\u0000%"}}`, nil, "", 0, false, "the list of images has a next page but no cursor"},
		{"a next that leads in a circle", "QVFI", `{"data":[{"hash":"` + hashA + `"}],"paging":{"cursors":{"after":"QVFI"},"next":"https://x/?after=QVFI"}}`, []string{hashA}, "QVFI", 0, false, ""},
		{"empty", "", `{"data":[]}`, nil, "", 0, true, ""},
		{"total count", "", `{"data":[],"summary":{"total_count":1234567}}`, nil, "", 1234567, false, ""},
		{"total count as a string", "", `{"data":[],"summary":{"total_count":"12"}}`, nil, "", 12, false, ""},
		{"a total count of nonsense", "", `{"data":[],"summary":{"total_count":-1e300}}`, nil, "", 0, true, ""},
		{"upper-case hash", "", `{"data":[{"hash":"` + strings.ToUpper(hashA) + `"}]}`, []string{hashA}, "", 0, false, ""},
		{"keyed by hash", "", `{"data":{"` + hashA + `":{"name":"a"},"` + hashB + `":{"hash":"` + hashB + `"}}}`, []string{hashB, hashA}, "", 0, false, ""},
		{"keyed, one key twice", "", `{"data":{"` + hashA + `":{"hash":"` + hashC + `"},"` + hashA + `":{"hash":"` + hashB + `"}}}`, []string{hashB}, "", 0, false, ""},
		{"two lists, of which the last counts", "", `{"data":[{"hash":"` + hashA + `"}],"data":[{"hash":"` + hashB + `"}]}`, []string{hashB}, "", 0, false, ""},
		{"an empty list and then none", "", `{"data":[],"data":null}`, nil, "", 0, false, "the answer has no list of images: "},
		{"paging of another shape", "", `{"data":[],"paging":[]}`, nil, "", 0, false, "the list of images cannot be parsed: "},
		{"cursors of another shape", "", `{"data":[],"paging":{"cursors":5}}`, nil, "", 0, false, "the list of images cannot be parsed: "},
		{"a summary of another shape", "", `{"data":[],"summary":5}`, nil, "", 0, false, "the list of images cannot be parsed: "},
		{"paging and summary that are null", "", `{"data":[],"paging":null,"summary":null}`, nil, "", 0, true, ""},
		{"something after the answer", "", `{"data":[]}{}`, nil, "", 0, false, "the answer is not a JSON object: "},
		{"keyed, of other values", "", `{"data":{"` + hashA + `":5}}`, []string{hashA}, "", 0, false, ""},
		{"no list", "", `{"success":true}`, nil, "", 0, false, "the answer has no list of images: "},
		{"success false", "", `{"success":false}`, nil, "", 0, false, "the API reported neither success nor an error: "},
		{"success false beside an empty list", "", `{"success":false,"data":[]}`, nil, "", 0, false, "the API reported neither success nor an error: "},
		{"a keyed list without any", "", `{"data":{}}`, nil, "", 0, false, ""},
		{"entries that name nothing", "", `{"data":[null,{},{"hash":"0123"}]}`, nil, "", 0, false, ""},
		{"an id alone", "", `{"data":[{"id":"1:` + hashA + `"}]}`, []string{hashA}, "", 0, false, ""},
		{"empty, and a count that says otherwise", "", `{"data":[],"summary":{"total_count":5}}`, nil, "", 5, false, ""},
		{"a list that is null", "", `{"data":null}`, nil, "", 0, false, "the answer has no list of images: "},
		{"a list of numbers", "", `{"data":[{"hash":"` + hashA + `"},1]}`, []string{hashA}, "", 0, false, ""},
		{"nothing", "", ``, nil, "", 0, false, "the answer is not a JSON object: it is empty"},
		{"truncated", "", `{"data":[{"hash":"d8f`, nil, "", 0, false, "the answer is not a JSON object: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := finished(interpret(&jsonReader{}, Read("1", Query{After: test.cursor}), 200, nil, []byte(test.body)))
			checkLost(t, got, test.want)
			var hashes []string
			for _, image := range got.Images {
				hashes = append(hashes, image.Hash)
			}
			if !slices.Equal(hashes, test.hashes) || got.After != test.after || got.Total != test.total || got.Empty != test.empty {
				t.Errorf("got %v, after %q, total %d, empty %v, want %+v", hashes, got.After, got.Total, got.Empty, test)
			}
		})
	}
}

func TestInterpretImage(t *testing.T) {
	got := interpret(&jsonReader{}, Read("1", Query{}), 200, nil, []byte(`{"data":[
		{"id":"10152335766987003:`+hashA+`","hash":"`+hashA+`","name":"shoe \u00e9.jpg","status":"ACTIVE","url":"https:\/\/x\/y.png","created_time":"2017-04-25T17:34:09-0700","creatives":["23843093140510049"]},
		{"hash":"`+hashB+`","status":"deleted","is_associated_creatives_in_adgroups":true,"owner_business":{"id":"5"}},
		{"hash":"`+hashC+`","status":"INTERNAL","creatives":[]}]}`))
	if got.Err != nil || len(got.Images) != 3 {
		t.Fatalf("got %d images, %v", len(got.Images), got.Err)
	}
	first := got.Images[0]
	if first.ID != "10152335766987003:"+hashA || first.Name != "shoe é.jpg" || first.URL != "https://x/y.png" || first.Created != "2017-04-25T17:34:09-0700" {
		t.Errorf("got %+v", first)
	}
	for i, want := range []struct {
		deleted bool
		use     Use
	}{{false, Used}, {true, Used}, {false, Unused}} {
		if image := got.Images[i]; image.Deleted() != want.deleted || image.Use() != want.use || image.StatusUnknown {
			t.Errorf("image %d: got %+v, want %+v", i, image, want)
		}
	}
}

// A field of another type than documented hides nothing but itself, and use that is
// not told, or told in a way that is not understood, is not known.
func TestOddFields(t *testing.T) {
	for _, test := range []struct {
		fields string
		use    Use
		odd    bool // the status
	}{
		{`"name":5,"original_width":"800","created_time":1700000000`, UseUnknown, false},
		{`"creatives":[123]`, Used, false},
		{`"creatives":[null]`, Used, false},
		{`"creatives":[]`, Unused, false},
		{`"creatives":null`, UseUnknown, false},
		{`"creatives":{"data":[]}`, UseUnknown, false},
		{`"creatives":"","is_associated_creatives_in_adgroups":false`, UseUnknown, false},
		{`"is_associated_creatives_in_adgroups":false`, Unused, false},
		{`"is_associated_creatives_in_adgroups":"false"`, UseUnknown, false},
		{`"is_associated_creatives_in_adgroups":0,"creatives":[]`, UseUnknown, false},
		{`"is_associated_creatives_in_adgroups":0,"creatives":["5"]`, Used, false},
		{`"is_associated_creatives_in_adgroups":null`, UseUnknown, false},
		{`"status":1`, UseUnknown, true},
		{`"status":null`, UseUnknown, true},
		{`"status":"ARCHIVED"`, UseUnknown, true},
		{`"status":"deleted"`, UseUnknown, false},
		{`"id":5,"account_id":7,"url":{},"updated_time":[],"permalink_url":false`, UseUnknown, false},
	} {
		got := interpret(&jsonReader{}, Read("1", Query{}), 200, nil, []byte(`{"data":[{"hash":"`+hashA+`",`+test.fields+`},{"hash":"`+hashB+`"}]}`))
		if got.Err != nil || len(got.Images) != 2 || got.Nameless != 0 {
			t.Fatalf("%s: got %+v", test.fields, got)
		}
		if i := got.Images[0]; i.Use() != test.use || i.StatusUnknown != test.odd {
			t.Errorf("%s: got use %v and %+v, want %v, %v", test.fields, i.Use(), i, test.use, test.odd)
		}
	}
}

// An image comes with its own JSON when that is asked for: with fields that nobody
// knows, and numbers beyond 2^53.
func TestInterpretRaw(t *testing.T) {
	const one, two = `{"hash":"` + hashA + `","new_field":[12345678901234567890,{"a":null}],"name":"\u00e9"}`, `{"name":"b"}`
	for _, body := range []string{
		`{"data":[` + one + `, {"hash":"` + hashB + `"}],"summary":{"total_count":0}}`,
		`{"data":{"` + hashB + `":` + two + `,"` + hashA + `":` + one + `}}`,
	} {
		got := interpret(&jsonReader{}, Read("1", Query{Raw: true}), 200, nil, []byte(body))
		at := slices.IndexFunc(got.Images, func(i Image) bool { return i.Hash == hashA })
		if at < 0 || len(got.Images) != 2 || string(got.Images[at].Raw) != one || got.Images[at].Name != "é" {
			t.Errorf("got %+v, want two images and %s", got.Images, one)
		}
		if want := strings.Contains(body, "summary"); got.HasTotal != want {
			t.Errorf("got summed %v, want %v", got.HasTotal, want)
		}
	}
	if got := interpret(&jsonReader{}, Read("1", Query{}), 200, nil, []byte(`{"data":[`+one+`]}`)); got.Images[0].Raw != nil {
		t.Errorf("got %s without having asked", got.Images[0].Raw)
	}
}

func TestInterpretWrite(t *testing.T) {
	copied, uploaded, deleted := Copy("2", "1", hashA), Upload("2", File{Name: "shoe.jpg"}), Delete("2", hashA)
	for _, test := range []struct {
		name   string
		call   Call
		body   string
		stored []Stored
		want   string // start of the error
	}{
		{"copy, keyed by the source hash", copied, `{"images":{"` + hashA + `":{"hash":"` + strings.ToUpper(hashB) + `","url":"https:\/\/x"}}}`, []Stored{{hashA, hashB}}, ""},
		{"copy, several entries", copied, `{"images":{"x":{"hash":"` + hashC + `"},"` + hashA + `":{"hash":"` + hashB + `"}}}`, []Stored{{hashA, hashB}, {"x", hashC}}, ""},
		{"copy, no entry", copied, `{"images":{}}`, nil, "the answer to the write names no image: "},
		{"copy, entries without a hash", copied, `{"images":{"a":{},"b":null,"c":5,"d":{"hash":"0123"},"e":{"hash":"=1+1"}}}`, []Stored{{"a", ""}, {"b", ""}, {"c", ""}, {"d", ""}, {"e", ""}}, ""},
		{"copy, a list", copied, `{"images":[]}`, nil, "the answer to the write cannot be parsed: "},
		{"copy, success false", copied, `{"success":false}`, nil, "the API reported neither success nor an error: "},
		{"copy, truncated", copied, `{"images":{"` + hashA, nil, "the answer is not a JSON object: "},
		{"upload, keyed by bytes", uploaded, `{"images":{"bytes":{"hash":"` + hashA + `","height":600,"url_256_height":"260"}}}`, []Stored{{"bytes", hashA}}, ""},
		{"delete", deleted, `{"success":true}`, nil, ""},
		{"delete, success false", deleted, `{"success":false}`, nil, "the API reported neither success nor an error: "},
		{"delete, success as a string", deleted, `{"success":"true"}`, nil, "the API reported neither success nor an error: "},
		{"delete, nothing said", deleted, `{}`, nil, "the answer to the delete does not report success: "},
		{"delete, an answer of long ago", deleted, `true`, nil, "the answer is not a JSON object: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := finished(interpret(&jsonReader{}, test.call, 200, nil, []byte(test.body)))
			checkLost(t, got, test.want)
			if !slices.Equal(got.Stored, test.stored) {
				t.Errorf("got %+v, want %+v", got.Stored, test.stored)
			}
		})
	}
}

func TestInterpretHeaders(t *testing.T) {
	header := http.Header{}
	header.Set("facebook-api-version", "v26.0")
	header.Set("x-ad-api-version-warning", "The call has been auto-upgraded to v26.0 as v25.0 will be deprecated.")
	header.Set(business, `{"2":[{"call_count":5}]}`)
	for _, body := range []string{`{"success":true}`, `{"error":{"code":80004}}`, `<html>`} {
		got := interpret(&jsonReader{}, Delete("2", hashA), 400, header, []byte(body))
		if got.Notice == "" || got.Status != 400 || got.Usage.Accounts["2"].Calls != 5 {
			t.Errorf("%s: got %+v, want what the headers said", body, got)
		}
	}
}

// checkLost wants an error that starts so and leaves open what happened, or
// none.
func checkLost(t *testing.T, r Reply, want string) {
	t.Helper()
	switch {
	case want == "" && r.Err != nil:
		t.Errorf("got %v, want no error", r.Err)
	case want == "":
	case r.Err == nil || !strings.HasPrefix(r.Err.Message, want):
		t.Errorf("got %v, want %q", r.Err, want)
	case r.Err.Class != Transient || !r.Err.Lost:
		t.Errorf("got %v, lost %v, want a lost answer", r.Err.Class, r.Err.Lost)
	}
}
