package graph

import (
	"net/http"
	"slices"
	"testing"
	"time"
	"unicode/utf8"
)

func FuzzReply(f *testing.F) {
	for _, body := range []string{
		`{"data":[{"id":"10152335766987003:` + hashA + `","hash":"` + hashA + `"}],"paging":{"cursors":{"after":"QVFI"},"next":"https:\/\/x\/?after=QVFI"},"summary":{"total_count":1}}`,
		`{"data":{"` + hashA + `":{"name":"a"}}}`,
		`{"data":[],"paging":{"next":"?after=%"}}`,
		`{"images":{"` + hashA + `":{"hash":"` + hashB + `","url":"https:\/\/x"}}}`,
		`{"images":{"a":null,"b":{}}}`,
		`{"success":true}`,
		`{"data":{"app_id":7,"is_valid":true,"expires_at":"1900000000","data_access_expires_at":0,"scopes":["ads_read",{}]}}`,
		`{"error":{"message":"m","type":"OAuthException","code":80004,"error_subcode":2446079,"fbtrace_id":"A"}}`,
		`{"error":{"message":"appsecret_proof","code":"100","is_transient":true,"error_data":"{}"}}`,
		`{"error":{"type":"GraphBatchException"}}`,
		`{"error":{"code":-1e400}}`, `{"error":{}}`, `{"error":"x"}`, `<html>`, ``, `true`, "\xff",
	} {
		f.Add([]byte(body), uint16(200), uint8(0))
		f.Add([]byte(body), uint16(400), uint8(1))
		f.Add([]byte(body), uint16(500), uint8(2))
		f.Add([]byte(body), uint16(200), uint8(3))
		f.Add([]byte(body), uint16(200), uint8(5))
	}
	f.Fuzz(func(t *testing.T, body []byte, status uint16, action uint8) {
		call := Call{Action: actions[int(action)%len(actions)], Account: "1", Hash: hashA, File: File{Name: "a"}}
		checkReply(t, call, finished(interpret(&jsonReader{}, call, int(status), http.Header{}, body)))
	})
}

var actions = []Action{ActionRead, ActionCopy, ActionDelete, ActionUpload, ActionWhoAmI, ActionInspectToken}

func FuzzBatch(f *testing.F) {
	ok := entry(200, `{"success":true}`, business, `{"1":[{"call_count":"5"}]}`)
	for _, body := range []string{
		list(ok, ok), list(ok), list("null", "{}"), list(entry(500, `{"error":{"code":960}}`), ok),
		list(`{"code":200,"headers":{},"body":null}`, `{"code":"x","headers":[1],"body":"{"}`),
		`{"error":{"message":"m","code":190}}`, `{"error":{"type":"GraphBatchException"}}`, `[`, ``, `null`,
	} {
		f.Add([]byte(body), uint16(200), uint8(2))
		f.Add([]byte(body), uint16(500), uint8(50))
	}
	f.Fuzz(func(t *testing.T, body []byte, status uint16, n uint8) {
		calls := make([]Call, n%(MaxBatch+1))
		for i := range calls {
			calls[i] = Call{Action: actions[i%4], Account: "1", Hash: hashA}
		}
		replies := parseBatch(calls, int(status), http.Header{}, body)
		if len(replies) != len(calls) {
			t.Fatalf("got %d replies to %d calls", len(replies), len(calls))
		}
		for i, r := range replies {
			checkReply(t, calls[i], finished(r))
		}
	})
}

func FuzzUsage(f *testing.F) {
	for _, value := range []string{
		`{"679927437761688":[{"type":"ads_management","call_count":0,"total_cputime":0,"total_time":0,"estimated_time_to_regain_access":0,"ads_api_access_tier":"development_access"}]}`,
		`{"1":[{"call_count":"118"},{"type":"pages"}],"1":[{"total_time":1e99}],"act_2":{}}`,
		`{"acc_id_util_pct":9.67,"reset_time_duration":100,"ads_api_access_tier":"standard_access"}`,
		`{"acc_id_util_pct":"75.5"}`, `{"call_count":28,"total_time":25,"total_cputime":25}`,
		`{"call_count":-1,"total_time":"Infinity","total_cputime":"0x1p-2"}`, `[]`, `{`, ``, `{"1":[null,5,[]]}`,
	} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		header := http.Header{business: {value}, adHeader: {value}, appUsage: {value}}
		call := Delete("1", hashA)
		r := interpret(&jsonReader{}, call, 200, header, []byte(`{"success":true}`))
		if r.Err != nil {
			t.Fatalf("got %v, want no header to fail a call", r.Err)
		}
		checkReply(t, call, r)
	})
}

// checkReply holds what is true of every reply.
func checkReply(t *testing.T, call Call, r Reply) {
	t.Helper()
	if !(r.Usage.App >= 0 && r.Usage.App <= 1000) {
		t.Errorf("got %v%% of the app's limit", r.Usage.App)
	}
	for id, u := range r.Usage.Accounts {
		if !(u.Calls >= 0 && u.Calls <= 1000 && u.Score >= 0 && u.Score <= 1000) || u.Regain < 0 || u.Regain > 48*time.Hour || u.Reset < 0 || u.Reset > 48*time.Hour || u.Tier > TierFull {
			t.Errorf("got %+v for %q", u, id)
		}
	}
	if r.Total < 0 {
		t.Errorf("got a total of %d", r.Total)
	}
	e := r.Err
	if e == nil {
		stored := call.Action == ActionCopy || call.Action == ActionUpload
		if stored != (len(r.Stored) > 0) || !stored && call.Action != ActionRead && len(r.Images) > 0 {
			t.Errorf("got %+v of a %v", r.Stored, call.Action)
		}
		if (call.Action == ActionInspectToken) != (r.Token != nil) {
			t.Errorf("got token %+v of a %v", r.Token, call.Action)
		}
		for _, i := range r.Images {
			if !IsHash(i.Hash) {
				t.Errorf("got an image of hash %q", i.Hash)
			}
		}
		if r.Empty && (len(r.Images) > 0 || r.Nameless > 0 || r.After != "" || r.Total > 0) {
			t.Errorf("got an empty list with %+v", r)
		}
		return
	}
	if e.RetryAfter < 0 || e.RetryAfter > 48*time.Hour {
		t.Errorf("got a wait of %v", e.RetryAfter)
	}
	if !slices.Contains(classes, e.Class) || e.Class == Unreachable {
		t.Errorf("got class %v of an answer", e.Class)
	}
	if e.Lost != (e.Class == Transient || e.Class == Foreign) {
		t.Errorf("got lost %v with %v", e.Lost, e.Class)
	}
	if len(r.Stored) > 0 || r.After != "" || len(r.Images) > 0 {
		t.Errorf("got %+v, %q, %d images beside an error", r.Stored, r.After, len(r.Images))
	}
	if text := e.Error(); text == "" || !utf8.ValidString(text) {
		t.Errorf("got %q", text)
	}
}
