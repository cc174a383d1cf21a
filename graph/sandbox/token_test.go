package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
)

// with makes one request with the given token.
func with(t *testing.T, s http.Handler, token, method, path, form string) reply {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(form))
	if form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return do(t, s, req)
}

// businesses is a server with a source of one business and a target of another.
func businesses(o sandbox.Options) *sandbox.Server {
	o.Access = map[string]sandbox.Token{
		"north": {Accounts: []string{"act_" + source}, App: "1"},
		"south": {Accounts: []string{target}, App: "2"},
		"both":  {App: "1"},
		"look":  {Scopes: []string{"ads_read"}},
	}
	return seeded(o, 2)
}

func TestTokenAccess(t *testing.T) {
	tests := []struct {
		name, token, method, path, form, code string
	}{
		{"own account", "north", "GET", "/act_111/adimages", "", ""},
		{"another's account", "south", "GET", "/act_111/adimages", "", "200"},
		{"another's account's node", "south", "GET", "/act_111", "", "200"},
		{"deletion in another's account", "south", "DELETE", "/act_111/adimages?hash=" + hash(1), "", "200"},
		{"copy from another's account", "south", "POST", "/act_222/adimages", copyFrom(source, hash(1)).Encode(), "200"},
		{"copy into another's account", "north", "POST", "/act_222/adimages", copyFrom(source, hash(1)).Encode(), "200"},
		{"copy with all", "both", "POST", "/act_222/adimages", copyFrom(source, hash(1)).Encode(), ""},
		{"read without ads_management", "look", "GET", "/act_111/adimages", "", ""},
		{"write without ads_management", "look", "DELETE", "/act_111/adimages?hash=" + hash(1), "", "100/33"},
		{"unknown token", "east", "GET", "/act_111/adimages", "", "190"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if r := with(t, businesses(sandbox.Options{}), tt.token, tt.method, tt.path, tt.form); r.code() != tt.code {
				t.Errorf("got %s, want code %q", r.text, tt.code)
			}
		})
	}
}

// Stats count what a token asked of ad accounts that it may not use; the source of a copy is
// none of those, because only the target is asked.
func TestTokenOutside(t *testing.T) {
	s := businesses(sandbox.Options{})
	with(t, s, "south", "GET", "/act_222/adimages", "")
	with(t, s, "south", "POST", "/act_222/adimages", copyFrom(source, hash(1)).Encode())
	if got := s.Stats().Outside; got != 0 {
		t.Fatalf("%d calls outside, want none", got)
	}
	with(t, s, "south", "GET", "/act_111/adimages", "")
	batch := url.Values{"batch": {`[{"method":"GET","relative_url":"act_222/adimages"},{"method":"GET","relative_url":"act_111/adimages"}]`}}.Encode()
	with(t, s, "north", "POST", "/", batch)
	if got := s.Stats().Outside; got != 2 {
		t.Errorf("%d calls outside, want 2", got)
	}
	s.Expire("north")
	with(t, s, "north", "GET", "/act_222/adimages", "")
	with(t, s, "north", "POST", "/", batch)
	if got := s.Stats().Outside; got != 4 {
		t.Errorf("%d calls outside with a token that ended, want 4", got)
	}
}

func TestTokenList(t *testing.T) {
	r := with(t, businesses(sandbox.Options{}), "north", "GET", "/me/adaccounts", "")
	if !strings.Contains(r.text, "act_111") || strings.Contains(r.text, "act_222") {
		t.Errorf("got %s, want act_111 alone", r.text)
	}
}

func TestTokenEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := businesses(sandbox.Options{})
		ends := time.Now().Add(time.Hour)
		s.AddToken("north", sandbox.Token{Accounts: []string{source}, App: "1", Expires: ends})
		r := with(t, s, "north", "GET", "/debug_token?input_token=north", "")
		data, _ := r.body["data"].(map[string]any)
		if data["expires_at"] != float64(ends.Unix()) || data["app_id"] != "1" {
			t.Errorf("got %s, want app 1 and an end in an hour", r.text)
		}
		time.Sleep(time.Hour)
		if r := with(t, s, "north", "GET", "/act_111/adimages", ""); r.code() != "190/463" {
			t.Errorf("after its end got %s, want 190/463", r.text)
		}
		if r := with(t, s, "both", "GET", "/act_111/adimages", ""); r.code() != "" {
			t.Errorf("another token got %s", r.text)
		}
		s.AddToken("north", sandbox.Token{Accounts: []string{source}})
		if r := with(t, s, "north", "GET", "/act_111/adimages", ""); r.code() != "" {
			t.Errorf("renewed, it got %s", r.text)
		}
	})
}

func TestTokenSecret(t *testing.T) {
	s := seeded(sandbox.Options{}, 1)
	s.AddToken("north", sandbox.Token{Secret: "shh"})
	if r := with(t, s, "north", "GET", "/act_111/adimages", ""); !strings.Contains(r.text, "appsecret_proof") {
		t.Errorf("got %s, want a demand for the proof", r.text)
	}
	if r := with(t, s, "south", "GET", "/act_111/adimages", ""); r.code() != "" {
		t.Errorf("another token got %s", r.text)
	}
}

// The usage and the blocks of an app are those of its tokens alone.
func TestAppsOfTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := businesses(sandbox.Options{Apps: map[string]sandbox.App{"1": {HourlyCalls: 10}}})
		for range 10 {
			with(t, s, "north", "GET", "/act_111/adimages", "")
		}
		if r := with(t, s, "both", "GET", "/act_222/adimages", ""); r.code() != "4" || !strings.Contains(r.header.Get("X-App-Usage"), "100") {
			t.Errorf("a token of the same app got %s and %q, want code 4 and its usage", r.text, r.header.Get("X-App-Usage"))
		}
		if r := with(t, s, "south", "GET", "/act_222/adimages", ""); r.code() != "" || r.header.Get("X-App-Usage") != "" {
			t.Errorf("a token of another app got %s and %q", r.text, r.header.Get("X-App-Usage"))
		}
	})
}

func TestParseTokens(t *testing.T) {
	now := time.Now()
	access, apps, err := sandbox.ParseTokens(strings.NewReader(`{"a": {"accounts": ["act_1"], "app": "7", "app_calls": 5, "expires_in": "1m"}, "b": {}}`), now)
	if err != nil || apps["7"].HourlyCalls != 5 || !access["a"].Expires.Equal(now.Add(time.Minute)) || access["b"].Accounts != nil {
		t.Errorf("got %v, %v, %v", access, apps, err)
	}
	for _, text := range []string{`[]`, `{}`, `{"a": {}} {}`, `{"a": {"accounts": ["x"]}}`, `{"a": {"accounts": [1]}}`, `{"a": {"acounts": []}}`, `{"a": {"expires_in": "soon"}}`, `{"a": {"app": "1", "app_calls": 1}, "b": {"app": "1", "app_calls": 2}}`} {
		if _, _, err := sandbox.ParseTokens(strings.NewReader(text), now); err == nil || strings.Contains(err.Error(), "struct") {
			t.Errorf("%s: got error %v", text, err)
		}
	}
}
