package sandbox_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"adferry/graph/sandbox"
)

func million(s *sandbox.Server) {
	for i := range 1_000_000 {
		s.AddImage(source, sandbox.Image{Hash: hash(i * 7919), Name: fmt.Sprintf("picture-%d.jpg", i), Width: 1200, Height: 628})
	}
}

// BenchmarkMillion reports what a million images hold in memory.
func BenchmarkMillion(b *testing.B) {
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		s := sandbox.New(sandbox.Options{})
		million(s)
		serve(s, "GET", "/act_111/adimages", "") // the first page sorts
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
		runtime.KeepAlive(s)
	}
}

// BenchmarkPage lists a page of 100 in the middle of a million images.
func BenchmarkPage(b *testing.B) {
	s := sandbox.New(sandbox.Options{Limits: sandbox.Limits{HourlyCalls: -1}})
	s.AddAccount(target, sandbox.AccountOptions{})
	million(s)
	path := "/act_111/adimages?limit=100&fields=hash,status,name,created_time"
	serve(s, "GET", path, "") // sorts
	path += "&after=" + base64.RawURLEncoding.EncodeToString([]byte(source+":"+hash(500_000*7919)))
	for b.Loop() {
		if w := serve(s, "GET", path, ""); w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}

func BenchmarkCopy(b *testing.B) {
	s := seeded(sandbox.Options{Limits: sandbox.Limits{HourlyCalls: -1}}, 1)
	body := copyFrom(source, hash(1)).Encode()
	for b.Loop() {
		if w := serve(s, "POST", "/act_222/adimages", body); w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}

func BenchmarkBatch50(b *testing.B) {
	s := seeded(sandbox.Options{Limits: sandbox.Limits{HourlyCalls: -1}}, 50)
	var entries []string
	for i := range 50 {
		entries = append(entries, entryText(i+1))
	}
	body := url.Values{"batch": {"[" + strings.Join(entries, ",") + "]"}}.Encode()
	for b.Loop() {
		if w := serve(s, "POST", "/", body); w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}

func serve(s http.Handler, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "Bearer token")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}
