package graph

import "time"

// Token is what the API knows of an access token.
// https://developers.facebook.com/docs/graph-api/reference/debug_token
type Token struct {
	App     string    // id of the app that the token belongs to
	Valid   bool      // it can be used
	Expires time.Time // when it ends; zero: never, or the API does not tell
	Scopes  []string  // the permissions that it was given; nil: the API does not tell
}

// readToken reads what the API knows of a token: of one that cannot be used, less. Without
// is_valid nothing is known.
func (a *answer) readToken(j *jsonReader) {
	var t Token
	var told bool
	var ends, dataEnds number
	for name := range j.members() {
		switch string(name) {
		case "app_id":
			t.App = j.lenientText()
		case "is_valid":
			t.Valid, told = j.bool()
		case "expires_at":
			ends = j.number()
		case "data_access_expires_at": // after that it gives out no data
			dataEnds = j.number()
		case "scopes":
			t.Scopes = j.scopes()
		}
	}
	t.Expires = earlier(moment(ends), moment(dataEnds))
	if a.token = nil; told {
		a.token = &t
	}
}

// scopes reads a list of permissions; nil if it is something else.
func (j *jsonReader) scopes() []string {
	if j.kind() != '[' {
		j.skip()
		return nil
	}
	scopes, understood := []string{}, true
	for range j.elements() {
		scope, ok := j.string()
		scopes, understood = append(scopes, scope), understood && ok
	}
	if !understood {
		return nil
	}
	return scopes
}

// lastMoment is the end of the year 9999, in seconds: what comes after it is no date.
const lastMoment = 253402300799

// moment is a Unix time in seconds; zero if it is none.
func moment(at number) time.Time {
	if at <= 0 || at > lastMoment {
		return time.Time{}
	}
	return time.Unix(int64(at), 0)
}

// earlier is the earlier of two moments, of which each may be missing.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
