package graph

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// A batch answers for each of its calls, whatever comes back.
func TestParseBatch(t *testing.T) {
	const done, unsure = "done", "lost"
	ok := entry(200, `{"success":true}`)
	for _, test := range []struct {
		name   string
		status int
		body   string
		want   string // what came of the three calls
	}{
		{"all done", 200, list(ok, ok, ok), "done done done"},
		{"some refused", 200, list(ok, entry(400, `{"error":{"message":"m","code":100}}`), entry(400, `{"error":{"message":"m","code":80004}}`)), "done refused_item throttled_account"},
		{"null", 200, list(ok, "null", ok), "done lost done"},
		{"an empty object", 200, list("{}", ok, ok), "lost done done"},
		{"960", 200, list(ok, entry(500, `{"error":{"message":"Request aborted.","type":"FacebookApiException","code":960}}`), ok), "done lost done"},
		{"960 with HTTP 400", 200, list(ok, ok, entry(400, `{"error":{"code":960}}`)), "done done lost"},
		{"a body of null", 200, list(`{"code":200,"body":null}`, ok, ok), "lost done done"},
		{"a body that is no string", 200, list(`{"code":200,"body":{"success":true}}`, ok, ok), "lost done done"},
		{"two bodies, one of which is no string", 200, list(`{"code":200,"body":[],"body":"{\"success\":true}"}`, `{"code":200,"body":"{\"success\":true}","body":null}`, ok), "lost lost done"},
		{"two codes, of which the last counts", 200, list(`{"code":500,"code":200,"body":"{\"success\":true}"}`, ok, ok), "done done done"},
		{"names in other letters", 200, list(`{"Code":200,"BODY":"{\"Success\":true}"}`, entry(200, `{"Error":{"message":"m","code":100}}`), ok), "done refused_item done"},
		{"something after the list", 200, list(ok, ok, ok) + "]", "lost lost lost"},
		{"no JSON in an entry that is not needed", 200, list(`{"code":200,"body":"{\"success\":true}","x":tru}`, ok, ok), "lost lost lost"},
		{"a body that ends too early", 200, list(entry(200, `{"success":true`), entry(200, `{"success":true}}`), ok), "lost lost done"},
		{"an entry that is no object", 200, list("5", `"x"`, "[]"), "lost lost lost"},
		{"a code that is missing", 200, list(`{"body":"{\"success\":true}"}`, ok, ok), "lost done done"},
		{"a code as a string", 200, list(`{"code":"200","body":"{\"success\":true}"}`, ok, ok), "done done done"},
		{"a code beyond every number", 200, list(`{"code":1e300,"body":"{\"success\":true}"}`, ok, ok), "lost done done"},
		{"headers left out", 200, list(`{"code":200,"body":"{\"success\":true}"}`, ok, ok), "done done done"},
		{"headers of another shape", 200, list(`{"code":200,"headers":{"a":"b"},"body":"{\"success\":true}"}`, `{"code":200,"headers":[null,5,{"name":"X-App-Usage","value":7}],"body":"{\"success\":true}"}`, ok), "done done done"},
		{"fewer entries", 200, list(ok, ok), "lost lost lost"},
		{"more entries", 200, list(ok, ok, ok, "null"), "lost lost lost"},
		{"no entries", 200, "[]", "lost lost lost"},
		{"white space before", 200, " \n" + list(ok, ok, ok), "done done done"},
		{"too many calls", 200, `{"error":{"message":"Too many requests in batch message. Maximum batch size is 50","type":"GraphBatchException"}}`, "refused_item refused_item refused_item"},
		{"a refused token", 400, `{"error":{"message":"m","type":"OAuthException","code":190,"error_subcode":463}}`, "refused_run refused_run refused_run"},
		{"a throttled app", 403, `{"error":{"message":"m","code":4}}`, "throttled_app throttled_app throttled_app"},
		{"failed as a whole", 500, `{"error":{"message":"An unknown error has occurred.","type":"OAuthException","code":1}}`, "lost lost lost"},
		{"HTML", 502, "<html>", "lost lost lost"},
		{"nothing", 200, "", "lost lost lost"},
		{"truncated", 200, list(ok, ok, ok)[:90], "lost lost lost"},
		{"an object without an error", 200, `{"success":true}`, "lost lost lost"},
		{"null as a whole", 200, "null", "lost lost lost"},
	} {
		t.Run(test.name, func(t *testing.T) {
			calls := []Call{Delete("1", hashA), Delete("2", hashA), Delete("3", hashA)}
			var got []string
			for _, r := range parseBatch(calls, test.status, http.Header{}, []byte(test.body)) {
				switch {
				case r.Err == nil:
					got = append(got, done)
				case r.Err.Lost && r.Err.Class == Transient:
					got = append(got, unsure)
				default:
					got = append(got, r.Err.Class.String())
				}
			}
			if got := strings.Join(got, " "); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestParseBatchUsage(t *testing.T) {
	outer := http.Header{}
	outer.Set(appUsage, `{"call_count":55}`)
	outer.Set(business, `{"1":[{"call_count":1}],"9":[{"call_count":9}]}`)
	own := entry(200, `{"success":true}`, business, `{"1":[{"call_count":70}]}`)
	score := entry(400, `{"error":{"code":17}}`, adHeader, `{"acc_id_util_pct":100}`)
	got := parseBatch([]Call{Delete("1", hashA), Delete("2", hashA), Delete("3", hashA)}, 200, outer, []byte(list(own, score, "null")))
	for i, want := range []struct {
		calls, score float64 // of the call's own account
		status       int
	}{{70, 0, 200}, {0, 100, 400}, {0, 0, 0}} {
		r := got[i]
		account := r.Usage.Accounts[fmt.Sprint(i+1)]
		if account.Calls != want.calls || account.Score != want.score || r.Status != want.status {
			t.Errorf("call %d: got %+v, HTTP %d, want %+v", i, account, r.Status, want)
		}
		if r.Usage.App != 55 || r.Usage.Accounts["9"].Calls != 9 {
			t.Errorf("call %d: got %+v, want what the envelope's headers said, too", i, r.Usage)
		}
	}
}

// Each call owns its error: one may be changed without the others.
func TestParseBatchErrorsAreApart(t *testing.T) {
	got := parseBatch(make([]Call, 2), 502, nil, []byte("<html>"))
	got[0].Err.Message = "changed"
	if got[1].Err.Message == "changed" {
		t.Error("got one error for two calls")
	}
}

func BenchmarkBatch50(b *testing.B) {
	calls, entries := make([]Call, MaxBatch), make([]string, MaxBatch)
	for i := range calls {
		hash := fmt.Sprintf("%032x", i)
		calls[i] = Copy("222", "111", hash)
		entries[i] = entry(200, `{"images":{"`+hash+`":{"hash":"`+hash+`","url":"https:\/\/scontent.xx.fbcdn.net\/v\/t45.1600-4\/1_n.png?_nc_cat=100"}}}`,
			"Content-Type", "text/javascript; charset=UTF-8", "Facebook-API-Version", "v25.0", "ETag", `"8c29"`,
			"Cache-Control", "private, no-cache, no-store, must-revalidate", "Pragma", "no-cache", "Vary", "Origin",
			business, `{"222":[{"type":"ads_management","call_count":16,"total_cputime":2,"total_time":3,"estimated_time_to_regain_access":0,"ads_api_access_tier":"standard_access"}]}`)
	}
	body := []byte(list(entries...))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		for _, r := range parseBatch(calls, 200, http.Header{}, body) {
			if r.Err != nil {
				b.Fatal(r.Err)
			}
		}
	}
}

func list(entries ...string) string { return "[" + strings.Join(entries, ",") + "]" }

// entry is one entry of a batch answer with headers as pairs.
func entry(code int, body string, header ...string) string {
	type field struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	fields := []field{}
	for i := 0; i < len(header); i += 2 {
		fields = append(fields, field{header[i], header[i+1]})
	}
	var out bytes.Buffer
	_ = json.NewEncoder(&out).Encode(map[string]any{"code": code, "headers": fields, "body": body})
	return strings.TrimSpace(out.String())
}
