package sandbox

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func FuzzBatch(f *testing.F) {
	f.Add(`[{"method":"POST","relative_url":"v25.0/act_222/adimages","body":"copy_from=%7B%22source_account_id%22%3A%22111%22%2C%22hash%22%3A%22a%22%7D"}]`)
	f.Add(`[{"method":"DELETE","relative_url":"act_111/adimages?hash=a"},null,{}]`)
	f.Add(`[{"method":"GET","relative_url":"act_111/adimages?fields=id,,{&limit=-1&hashes=[1]"}]`)
	f.Add(`[{"method":"POST","relative_url":"act_111/adimages","body":"bytes=iVBORw0KGgo"}]`)
	s := New(Options{AutoAccounts: true, Seed: 1, Rates: map[string]float64{"null": 0.1, "1": 0.1}})
	s.AddImage("111", Image{Hash: "a"})
	f.Fuzz(func(t *testing.T, batch string) {
		body := url.Values{"access_token": {"t"}, "batch": {batch}}.Encode()
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Body.Len() == 0 {
			t.Errorf("batch %q got an empty answer", batch)
		}
	})
}

func FuzzCopyFrom(f *testing.F) {
	f.Add(`{"source_account_id":"111","hash":"a"}`)
	f.Add(`{"source_account_id":111,"hash":"a"}`)
	f.Add(`{"source_account_id":"act_111","hash":"a"}`)
	f.Add(`{"source_account_id":null}`)
	f.Fuzz(func(t *testing.T, text string) {
		source, failed := parseCopyFrom(text)
		if failed == nil && (!isDigits(source.account) || source.hash == "") {
			t.Errorf("%q was read as %+v", text, source)
		}
	})
}

func FuzzRequest(f *testing.F) {
	f.Add("POST", "v25.0/act_222/adimages", "hashes[]=1&fields=id", "application/json", `{"copy_from":{"hash":1}}`)
	f.Add("POST", "act_222/adimages", "", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n\r\nGIF89a\r\n--x--")
	f.Add("GET", "_image/1/2", "a=%zz&after=%00", "", "")
	s := New(Options{AutoAccounts: true})
	f.Fuzz(func(t *testing.T, method, path, query, contentType, body string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Method, r.URL.Path, r.URL.RawQuery = method, "/"+path, query
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Authorization", "Bearer t")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code < 200 || w.Code > 599 {
			t.Errorf("%s %s?%s got HTTP %d", method, path, query, w.Code)
		}
	})
}

func FuzzScript(f *testing.F) {
	f.Add(`[{"match":{"kind":"copy","nth":3,"after":"1s"},"fault":{"name":"cut_after","hold":"1m"}}]`)
	f.Add(`[{"fault":"960"}]`)
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := ParseScript(strings.NewReader(text))
		if err == nil {
			New(Options{Script: rules}) // must not panic
		}
	})
}
