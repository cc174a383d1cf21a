package credentials

import (
	"context"
	"slices"
	"time"

	"adferry/graph"
)

// Finding is what the API told of a credential.
type Finding struct {
	Label   string
	App     string       // id of its app; "": not told
	Ends    time.Time    // when the token ends; zero: never, or not told
	Scopes  []string     // its permissions; nil: not told
	Refused *graph.Error // the token cannot be used
	Silent  *graph.Error // why not everything was told
}

// MayWrite reports whether the token has the permission that writes need, as far as is told.
func (f Finding) MayWrite() bool {
	return f.Scopes == nil || slices.Contains(f.Scopes, "ads_management")
}

// MayRead reports whether the token has a permission that reads need, as far as is told.
func (f Finding) MayRead() bool { return f.MayWrite() || slices.Contains(f.Scopes, "ads_read") }

// InspectCalls is how many calls Inspect makes for each credential.
const InspectCalls = 2

// Inspect asks the API about the credentials with these labels: who they belong to (GET /me)
// and what it knows of them (GET /debug_token), two calls in one request for each. The client
// remembers their apps. Call it before other goroutines use the client.
func (c *Client) Inspect(ctx context.Context, labels []string) []Finding {
	var findings []Finding
	for _, one := range c.set.all {
		if !slices.Contains(labels, one.Label) {
			continue
		}
		who, token := graph.WhoAmI(), graph.InspectToken()
		replies := c.send(ctx, one, []graph.Call{who, token})
		f := found(one.Label, replies[0], replies[1])
		c.apps[one.Label] = f.App
		findings = append(findings, f)
	}
	return findings
}

// found is what the answers to WhoAmI and InspectToken tell.
func found(label string, who, token graph.Reply) Finding {
	f := Finding{Label: label}
	for _, r := range []graph.Reply{who, token} {
		switch {
		case r.Err == nil:
		case r.Err.Class == graph.RefusedRun:
			f.Refused = r.Err
		case f.Silent == nil:
			f.Silent = r.Err
		}
	}
	if t := token.Token; t != nil {
		f.App, f.Ends, f.Scopes = t.App, t.Expires, t.Scopes
		if !t.Valid && f.Refused == nil {
			f.Refused = &graph.Error{Class: graph.RefusedRun, Code: 190, Message: "the token is not valid any more"}
		}
	}
	return f
}
