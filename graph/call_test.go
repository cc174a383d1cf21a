package graph_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"adferry/graph"
)

const hashA, hashB = "d8fc613662fb5ef6cf5fb9d1fe779315", "a9e27630331b8ca2ebac1bb8619c98eb"

// wanted is a request, or an operation of a batch, as it has to be.
type wanted struct {
	method, path string
	query, form  url.Values
}

// everyCall has each action, with values that need escaping.
var everyCall = []struct {
	name string
	call graph.Call
	want wanted
}{
	{"read", graph.Read("222", graph.Query{}), wanted{"GET", "v25.0/act_222/adimages", url.Values{}, nil}},
	{"read, all parameters",
		graph.Read("222", graph.Query{Fields: []string{"hash", "name"}, Hashes: []string{hashA, hashB}, Name: "a&b=ü.jpg", MinWidth: 600, MinHeight: 300,
			BusinessID: "55", BizTagID: "66", Limit: 100, After: "QVFI=+/", Total: true}),
		wanted{"GET", "v25.0/act_222/adimages", url.Values{"fields": {"hash,name"}, "hashes": {`["` + hashA + `","` + hashB + `"]`}, "name": {"a&b=ü.jpg"},
			"minwidth": {"600"}, "minheight": {"300"}, "business_id": {"55"}, "biz_tag_id": {"66"}, "limit": {"100"}, "after": {"QVFI=+/"}, "summary": {"total_count"}}, nil}},
	{"read of hashes", graph.ReadHashes("222", []string{hashA}, graph.FieldHash, graph.FieldStatus),
		wanted{"GET", "v25.0/act_222/adimages", url.Values{"fields": {"hash,status"}, "hashes": {`["` + hashA + `"]`}, "limit": {"1"}}, nil}},
	{"copy", graph.Copy("222", "111", hashA),
		wanted{"POST", "v25.0/act_222/adimages", url.Values{}, url.Values{"copy_from": {`{"source_account_id":"111","hash":"` + hashA + `"}`}}}},
	{"delete", graph.Delete("111", hashA), wanted{"DELETE", "v25.0/act_111/adimages", url.Values{"hash": {hashA}}, nil}},
	{"upload", graph.Upload("222", file("schöne Schuhe.png", "\x89PNG\r>\xfc")),
		wanted{"POST", "v25.0/act_222/adimages", url.Values{}, url.Values{"bytes": {"iVBORw0+/A=="}, "name": {"schöne Schuhe.png"}}}},
	{"upload without a name", graph.Upload("222", file("", "\x00")), wanted{"POST", "v25.0/act_222/adimages", url.Values{}, url.Values{"bytes": {"AA=="}}}},
}

func TestWireSingle(t *testing.T) {
	for _, test := range everyCall {
		t.Run(test.name, func(t *testing.T) {
			rec := &recorder{}
			client(t, graph.Config{Transport: rec, UserAgent: "adferry/test"}).Do(t.Context(), []graph.Call{test.call})
			got := rec.only(t)
			checkSent(t, got, "https://graph.facebook.com/", test.want)
			want := http.Header{"Authorization": {"Bearer " + tokenText}, "Accept": {"application/json"}, "User-Agent": {"adferry/test"}}
			if test.want.form != nil {
				want.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			checkHeader(t, got.header, want)
		})
	}
}

// With an app secret the proof is a parameter, so what has no form of its own
// goes as a batch of one.
func TestWireSingleWithProof(t *testing.T) {
	for _, test := range everyCall {
		t.Run(test.name, func(t *testing.T) {
			rec := &recorder{}
			client(t, graph.Config{Transport: rec, AppSecret: secret(t, secretText)}).Do(t.Context(), []graph.Call{test.call})
			got := rec.only(t)
			if test.want.form == nil {
				checkBatch(t, got, proofText, []wanted{test.want})
				return
			}
			want := test.want
			want.form = url.Values{"appsecret_proof": {proofText}}
			for name, value := range test.want.form {
				want.form[name] = value
			}
			checkSent(t, got, "https://graph.facebook.com/", want)
			if got := got.header.Get("Authorization"); got != "Bearer "+tokenText {
				t.Errorf("got Authorization %q", got)
			}
		})
	}
}

func TestWireBatch(t *testing.T) {
	for _, proof := range []string{"", proofText} {
		rec := &recorder{}
		config := graph.Config{Transport: rec, UserAgent: "adferry/test"}
		if proof != "" {
			config.AppSecret = secret(t, secretText)
		}
		var calls []graph.Call
		var want []wanted
		for _, c := range everyCall {
			if c.call.Action != graph.ActionUpload {
				calls, want = append(calls, c.call), append(want, c.want)
			}
		}
		if got := client(t, config).Do(t.Context(), calls); len(got) != len(calls) {
			t.Errorf("got %d replies to %d calls", len(got), len(calls))
		}
		got := rec.only(t)
		checkBatch(t, got, proof, want)
		checkHeader(t, got.header, http.Header{"Accept": {"application/json"}, "User-Agent": {"adferry/test"},
			"Content-Type": {"application/x-www-form-urlencoded"}})
	}
}

func TestWireVersionAndEndpoint(t *testing.T) {
	rec := &recorder{}
	c := client(t, graph.Config{Transport: rec, Endpoint: "http://127.0.0.1:8080/", Version: "v26.0"})
	c.Do(t.Context(), []graph.Call{graph.Read("1", graph.Query{})})
	c.Do(t.Context(), []graph.Call{graph.Read("1", graph.Query{}), graph.Read("2", graph.Query{})})
	var got []string
	for _, r := range rec.sent {
		got = append(got, r.url)
	}
	if want := "http://127.0.0.1:8080/v26.0/act_1/adimages http://127.0.0.1:8080/v26.0/"; strings.Join(got, " ") != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if !strings.Contains(rec.sent[1].form.Get("batch"), `"v26.0/act_2/adimages"`) {
		t.Errorf("got %s, want the version in each part", rec.sent[1].form.Get("batch"))
	}
}

// An account id cannot lead a call to another node.
func TestWireEscapesAccount(t *testing.T) {
	rec := &recorder{}
	c := client(t, graph.Config{Transport: rec})
	c.Do(t.Context(), []graph.Call{graph.Read("1/../me?x=y#z", graph.Query{})})
	if got, want := rec.only(t).url, "https://graph.facebook.com/v25.0/act_1%2F..%2Fme%3Fx=y%23z/adimages"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestDoNothing(t *testing.T) {
	rec := &recorder{}
	if got := client(t, graph.Config{Transport: rec}).Do(context.Background(), nil); got != nil || len(rec.sent) != 0 {
		t.Errorf("got %v and %d requests, want neither", got, len(rec.sent))
	}
}

func TestActionText(t *testing.T) {
	for action, want := range map[graph.Action]struct {
		name  string
		write bool
	}{graph.ActionUnknown: {"unknown", false}, graph.ActionRead: {"read", false}, graph.ActionCopy: {"copy", true},
		graph.ActionDelete: {"delete", true}, graph.ActionUpload: {"upload", true}} {
		if action.String() != want.name || action.Write() != want.write {
			t.Errorf("got %v, writes %v, want %+v", action, action.Write(), want)
		}
	}
}

func checkSent(t *testing.T, got sent, base string, want wanted) {
	t.Helper()
	u, err := url.Parse(got.url)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	u.RawQuery = ""
	if got.method != want.method || u.String() != base+want.path {
		t.Errorf("got %s %s, want %s %s", got.method, u, want.method, base+want.path)
	}
	checkValues(t, "query", query, want.query)
	checkValues(t, "form", got.form, want.form)
}

func checkBatch(t *testing.T, got sent, proof string, want []wanted) {
	t.Helper()
	var parts []map[string]string
	if err := json.Unmarshal([]byte(got.form.Get("batch")), &parts); err != nil || len(parts) != len(want) {
		t.Fatalf("got a batch of %d, %v, want %d", len(parts), err, len(want))
	}
	form := url.Values{"access_token": {tokenText}, "batch": got.form["batch"]}
	if proof != "" {
		form.Set("appsecret_proof", proof)
	}
	checkSent(t, got, "https://graph.facebook.com/", wanted{"POST", "v25.0/", url.Values{}, form})
	if got := got.header.Get("Authorization"); got != "" {
		t.Errorf("got Authorization %q, want the token in the form alone", got)
	}
	for i, p := range parts {
		body, err := url.ParseQuery(p["body"])
		if err != nil {
			t.Error(err)
		}
		if want[i].form == nil {
			want[i].form = url.Values{}
		}
		checkSent(t, sent{method: p["method"], url: p["relative_url"], form: body}, "", want[i])
		delete(p, "method")
		delete(p, "relative_url")
		delete(p, "body")
		if len(p) > 0 {
			t.Errorf("got more keys %v in part %d", p, i)
		}
	}
}

func checkValues(t *testing.T, what string, got, want url.Values) {
	t.Helper()
	if got.Encode() != want.Encode() {
		t.Errorf("got %s %v, want %v", what, got, want)
	}
}

func checkHeader(t *testing.T, got, want http.Header) {
	t.Helper()
	for name := range got {
		if got.Get(name) != want.Get(name) {
			t.Errorf("got %s %q, want %q", name, got.Get(name), want.Get(name))
		}
	}
	for name := range want {
		if got.Get(name) == "" {
			t.Errorf("got no %s, want %q", name, want.Get(name))
		}
	}
}
