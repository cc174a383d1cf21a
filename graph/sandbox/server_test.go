package sandbox_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
)

func TestNodes(t *testing.T) {
	s := seeded(sandbox.Options{}, 1)
	s.AddAccount("333", sandbox.AccountOptions{Name: "Closed", Disabled: "200/4841013"})
	s.AddAccount("444", sandbox.AccountOptions{Denied: "200"})
	tests := []struct {
		name, path string
		status     int
		want       string // in the body
	}{
		{"me", "/v25.0/me", 200, `"id":"100000000000001"`},
		{"account", "/v25.0/act_111", 200, `{"account_id":"111","account_status":1,"id":"act_111","name":"Source"}`},
		{"account fields", "/act_333?fields=account_status", 200, `{"account_status":2,"id":"act_333"}`},
		{"account field", "/act_333?fields=x", 400, `nonexisting field (x) on node type (AdAccount)`},
		{"denied account", "/v25.0/act_444", 400, `"code":200`},
		{"unknown account", "/v25.0/act_5", 400, `Object with ID 'act_5' does not exist`},
		{"unknown edge", "/v25.0/act_111/ads", 400, `"code":2500`},
		{"accounts", "/v25.0/me/adaccounts?limit=2&fields=name", 200, `{"data":[{"id":"act_111","name":"Source"},{"id":"act_222","name":"Target"}],"paging":{`},
		{"image by id", "/v25.0/111:" + hash(1), 400, `(#803) Some of the aliases`},
		{"ids", "/?ids=1,2", 500, `"message":"The ids query parameter is deprecated in v26.0+","type":"OAuthException","code":100`},
		{"root", "/", 400, `"code":2500`},
		{"elsewhere", "/v25.0/12345", 400, `"code":100,"error_subcode":33`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := get(t, s, tt.path)
			if r.status != tt.status || !strings.Contains(r.text, tt.want) {
				t.Errorf("got %d %s\nwant %d with %s", r.status, r.text, tt.status, tt.want)
			}
		})
	}
	next := follow(t, s, get(t, s, "/v25.0/me/adaccounts?limit=2&fields=name"), "next")
	if !strings.HasPrefix(next.text, `{"data":[{"id":"act_333"`) || strings.Contains(next.text, "next") {
		t.Errorf("second page of accounts: %s", next.text)
	}
	if usage := next.header.Get("X-Business-Use-Case-Usage"); strings.Count(usage, "ads_management") != 3 {
		t.Errorf("usage of me/adaccounts is %s, want one entry for each of 3 accounts", usage)
	}
}

func TestHeaders(t *testing.T) {
	s := seeded(sandbox.Options{Variants: sandbox.Variants{ServedVersion: "v26.0"}}, 1)
	r := get(t, s, "/v25.0/act_111/adimages")
	if got := r.header.Get("facebook-api-version"); got != "v26.0" {
		t.Errorf("facebook-api-version = %q, want v26.0", got)
	}
	if got := r.header.Get("X-Ad-Api-Version-Warning"); !strings.Contains(got, "auto-upgraded to v26.0 as v25.0") {
		t.Errorf("x-ad-api-version-warning = %q", got)
	}
	if r.header.Get("X-Fb-Trace-Id") == "" || !strings.HasPrefix(r.header.Get("Content-Type"), "text/javascript") {
		t.Errorf("headers %v, want a trace id and text/javascript", r.header)
	}
}

func TestTokens(t *testing.T) {
	s := seeded(sandbox.Options{Tokens: []string{"good", "old"}}, 1)
	s.Expire("old")
	tests := []struct {
		name, header, query string
		code, challenge     string
	}{
		{"bearer", "Bearer good", "", "", ""},
		{"query", "", "access_token=good", "", ""},
		{"none", "", "", "2500", "invalid_request"},
		{"other", "Bearer other", "", "190", "invalid_token"},
		{"expired", "Bearer old", "", "190/463", "invalid_token"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := httptest.NewRequestWithContext(t.Context(), "GET", "/v25.0/me?"+tt.query, nil)
			if tt.header != "" {
				req.Header.Set("Authorization", tt.header)
			}
			r := do(t, s, req)
			if r.code() != tt.code || !strings.Contains(r.header.Get("Www-Authenticate"), tt.challenge) {
				t.Errorf("got %s and %q, want code %q and %q", r.text, r.header.Get("Www-Authenticate"), tt.code, tt.challenge)
			}
		})
	}
	t.Run("form", func(t *testing.T) {
		req := httptest.NewRequestWithContext(t.Context(), "POST", "/act_222/adimages",
			strings.NewReader(copyFrom(source, hash(1)).Encode()+"&access_token=good"))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if r := do(t, s, req); r.status != 200 {
			t.Errorf("got %d %s", r.status, r.text)
		}
	})
	t.Run("debug", func(t *testing.T) {
		for token, want := range map[string]string{"good": `"is_valid":true`, "old": `"subcode":463`} {
			req := httptest.NewRequestWithContext(t.Context(), "GET", "/debug_token?access_token=good&input_token="+token, nil)
			if r := do(t, s, req); !strings.Contains(r.text, want) {
				t.Errorf("debug_token of %s: got %s, want %s", token, r.text, want)
			}
		}
	})
}

func TestAppSecretProof(t *testing.T) {
	sign := func(message string) string {
		mac := hmac.New(sha256.New, []byte("shh"))
		mac.Write([]byte(message))
		return hex.EncodeToString(mac.Sum(nil))
	}
	at := func(d time.Duration) string { return fmt.Sprint(time.Now().Add(d).Unix()) }
	fresh, stale := at(-time.Minute), at(-6*time.Minute)
	s := seeded(sandbox.Options{AppSecret: "shh"}, 1)
	tests := []struct{ name, query, message string }{
		{"missing", "", "API calls from the server require an appsecret_proof argument"},
		{"wrong", "appsecret_proof=00", "Invalid appsecret_proof provided in the API argument"},
		{"right", "appsecret_proof=" + sign("token"), ""},
		{"with time", "appsecret_time=" + fresh + "&appsecret_proof=" + sign("token|"+fresh), ""},
		{"too old", "appsecret_time=" + stale + "&appsecret_proof=" + sign("token|"+stale), "Invalid appsecret_proof provided in the API argument"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := get(t, s, "/v25.0/act_111/adimages?"+tt.query)
			if r.message() != tt.message {
				t.Errorf("got %q, want %q", r.message(), tt.message)
			}
		})
	}
	batch := url.Values{"batch": {`[{"method":"GET","relative_url":"act_111/adimages"}]`}, "appsecret_proof": {sign("token")}}
	if r := post(t, s, "/", batch); !strings.Contains(r.text, `"code":200`) {
		t.Errorf("batch with a proof at its top: %s", r.text)
	}
}

func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := seeded(sandbox.Options{Latency: sandbox.Latency{Min: 100 * time.Millisecond, Max: 300 * time.Millisecond}}, 1)
		distinct := map[time.Duration]bool{}
		for range 20 {
			began := time.Now()
			get(t, s, "/v25.0/act_111/adimages")
			took := time.Since(began)
			distinct[took] = true
			if took < 100*time.Millisecond || took > 300*time.Millisecond {
				t.Errorf("took %v, want 100 to 300 ms", took)
			}
		}
		if len(distinct) < 10 {
			t.Errorf("only %d different latencies in 20 requests", len(distinct))
		}
	})
}

func TestConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := seeded(sandbox.Options{Latency: sandbox.Latency{Min: time.Second}}, 64)
		began := time.Now()
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Go(func() { copyImage(t, s, hash(i+1)) })
		}
		wg.Wait()
		if took := time.Since(began); took != time.Second {
			t.Errorf("64 requests side by side took %v, want a second", took)
		}
		st := s.Stats()
		if st.Requests != 64 || st.MaxConcurrent != 64 || st.Calls[sandbox.Copy] != 64 || st.Accounts[target].Calls[sandbox.Copy] != 64 {
			t.Errorf("stats %+v, want 64 everywhere", st)
		}
		if got := len(s.Images(target)); got != 64 {
			t.Errorf("target holds %d images, want 64", got)
		}
	})
}

// The same server answers over a socket.
func TestOverSocket(t *testing.T) {
	s := seeded(sandbox.Options{Script: []sandbox.Rule{
		{Match: sandbox.Match{Kind: sandbox.Copy, Nth: 2}, Fault: sandbox.Fault{Name: "cut_after"}},
	}}, 2)
	server := httptest.NewServer(s)
	defer server.Close()
	send := func(h string) error {
		form := copyFrom(source, h)
		form.Set("access_token", "x")
		resp, err := http.PostForm(server.URL+"/v25.0/act_222/adimages", form)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	if err := send(hash(1)); err != nil {
		t.Errorf("first copy: %v", err)
	}
	if err := send(hash(2)); err == nil {
		t.Error("the second connection was not cut")
	}
	if got, want := statuses(s.Images(target)), "1=ACTIVE 2=ACTIVE"; got != want {
		t.Errorf("target holds %q, want %q", got, want)
	}
}

func TestOptionsValidate(t *testing.T) {
	bad := sandbox.Options{Rates: map[string]float64{"cot": 0.1, "cut": 2}, Limits: sandbox.Limits{Scale: -1},
		Variants: sandbox.Variants{SourceDenied: "denied", BatchLimitStatus: 7}}
	err := bad.Validate()
	if err == nil {
		t.Fatal("got no error")
	}
	for _, want := range []string{`unknown fault "cot"`, "not 2", "not -1", `"denied" is not an error code`, "HTTP status 7"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not tell %q", err, want)
		}
	}
}
