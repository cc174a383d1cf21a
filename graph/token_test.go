package graph_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
)

// The token that is inspected is a parameter of the call; it must be in no URL.
func TestInspectToken(t *testing.T) {
	server := sandbox.New(sandbox.Options{Access: map[string]sandbox.Token{"the-north-token": {App: "7", Expires: time.Now().Add(time.Hour)}}})
	over := &recorder{next: sandbox.Transport(server)}
	inspect := func(token string) graph.Reply {
		c, err := graph.New(graph.Config{Transport: over, Token: secret(t, token)})
		if err != nil {
			t.Fatal(err)
		}
		return c.Do(t.Context(), []graph.Call{graph.InspectToken()})[0]
	}
	r := inspect("the-north-token")
	if r.Err != nil || r.Token == nil || r.Token.App != "7" || !r.Token.Valid || !slices.Contains(r.Token.Scopes, "ads_management") {
		t.Fatalf("got %+v, %v", r.Token, r.Err)
	}
	if left := time.Until(r.Token.Expires); left < 50*time.Minute || left > time.Hour {
		t.Errorf("ends in %v, want about an hour", left)
	}
	if r := inspect("another-token"); graph.ClassOf(r.Err) != graph.RefusedRun {
		t.Errorf("an unknown token got %v, want a refusal", r.Err)
	}
	for _, request := range over.sent {
		if strings.Contains(request.url, "token=") || strings.Contains(request.url, "north") {
			t.Errorf("the URL %s has the token", request.url)
		}
	}
}

func TestInspectTokenAnswers(t *testing.T) {
	tests := []struct {
		name, body string
		fails      bool
		token      graph.Token
	}{
		{"never ends", `{"data":{"app_id":"7","is_valid":true,"expires_at":0,"scopes":["ads_read"]}}`, false, graph.Token{App: "7", Valid: true, Scopes: []string{"ads_read"}}},
		{"numbers", `{"data":{"app_id":7,"is_valid":true,"expires_at":"1900000000"}}`, false, graph.Token{App: "7", Valid: true, Expires: time.Unix(1900000000, 0)}},
		{"data ends first", `{"data":{"is_valid":true,"expires_at":2000000000,"data_access_expires_at":1900000000}}`, false, graph.Token{Valid: true, Expires: time.Unix(1900000000, 0)}},
		{"invalid", `{"data":{"is_valid":false,"error":{"code":190}}}`, false, graph.Token{}},
		{"no permission", `{"data":{"is_valid":true,"scopes":[]}}`, false, graph.Token{Valid: true, Scopes: []string{}}},
		{"odd permissions", `{"data":{"is_valid":true,"scopes":["ads_read",{}],"app_id":null}}`, false, graph.Token{Valid: true}},
		{"ends in milliseconds", `{"data":{"is_valid":true,"expires_at":1900000000000}}`, false, graph.Token{Valid: true}},
		{"the last counts", `{"data":{},"data":{"is_valid":false,"is_valid":true}}`, false, graph.Token{Valid: true}},
		{"says nothing", `{"data":{}}`, true, graph.Token{}},
		{"says nothing at last", `{"data":{"is_valid":true},"data":{}}`, true, graph.Token{}},
		{"valid in words", `{"data":{"is_valid":"true"}}`, true, graph.Token{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := clientOver(t, wire(func(*http.Request) (*http.Response, error) {
				return answer(200, `[{"code":200,"body":`+strconv.Quote(tt.body)+`}]`), nil
			}))
			r := c.Do(t.Context(), []graph.Call{graph.InspectToken()})[0]
			if tt.fails {
				if r.Err == nil || r.Token != nil {
					t.Errorf("got %+v, %v, want an error", r.Token, r.Err)
				}
				return
			}
			if r.Err != nil || r.Token.App != tt.token.App || r.Token.Valid != tt.token.Valid || !r.Token.Expires.Equal(tt.token.Expires) || !slices.Equal(r.Token.Scopes, tt.token.Scopes) || (r.Token.Scopes == nil) != (tt.token.Scopes == nil) {
				t.Errorf("got %+v, %v, want %+v", r.Token, r.Err, tt.token)
			}
		})
	}
}

// The texts of an answer show no secret of the other credentials either.
func TestRedact(t *testing.T) {
	const other = "EAABthesouthtoken0123456789"
	body := ""
	c, err := graph.New(graph.Config{Token: secret(t, tokenText), Redact: graph.Redactor(secret(t, other)), Transport: wire(func(*http.Request) (*http.Response, error) {
		return answer(200, body), nil
	})})
	if err != nil {
		t.Fatal(err)
	}
	body = `{"error":{"code":100,"message":"unexpected ` + url.QueryEscape(other) + `"}}`
	if r := c.Do(t.Context(), []graph.Call{graph.WhoAmI()})[0]; r.Err == nil || strings.Contains(r.Err.Error(), other) {
		t.Errorf("got %v, want an error without the other token", r.Err)
	}
	body = `[{"code":200,"body":` + strconv.Quote(`{"data":{"is_valid":true,"app_id":"`+other+`","scopes":["`+other+`"]}}`) + `}]`
	if r := c.Do(t.Context(), []graph.Call{graph.InspectToken()})[0]; r.Token == nil || strings.Contains(fmt.Sprint(r.Token), other) {
		t.Errorf("got %+v, want a token without the other token", r.Token)
	}
}

func clientOver(t *testing.T, transport http.RoundTripper) *graph.Client {
	t.Helper()
	c, err := graph.New(graph.Config{Transport: transport, Token: secret(t, tokenText)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
