package graph

import (
	"encoding/json"
	"strings"
	"time"
)

// Token is what the API knows of an access token.
// https://developers.facebook.com/docs/graph-api/reference/debug_token
type Token struct {
	App     string    // id of the app that the token belongs to
	Valid   bool      // it can be used
	Expires time.Time // when it ends; zero: never, or the API does not tell
	Scopes  []string  // the permissions that it was given
}

// parseToken reads the answer to InspectToken. Of a token that cannot be used it tells less.
func parseToken(body []byte, r *Reply) *Error {
	var answer struct {
		Data *struct {
			App         json.RawMessage `json:"app_id"`
			Valid       *bool           `json:"is_valid"`
			Expires     json.RawMessage `json:"expires_at"`
			DataExpires json.RawMessage `json:"data_access_expires_at"`
			Scopes      []string        `json:"scopes"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Data == nil || answer.Data.Valid == nil {
		return unreadable(r.Status, body, "the answer to GET /debug_token does not say whether the token is valid")
	}
	d := answer.Data
	r.Token = &Token{App: strings.Trim(string(d.App), `"`), Valid: *d.Valid, Scopes: d.Scopes}
	for _, end := range []json.RawMessage{d.Expires, d.DataExpires} { // after the second no data is given out
		if at := int64(parseNumber(end)); at > 0 && (r.Token.Expires.IsZero() || time.Unix(at, 0).Before(r.Token.Expires)) {
			r.Token.Expires = time.Unix(at, 0)
		}
	}
	return nil
}
