package dispatch

import (
	"context"

	"adferry/graph"
)

// API is the Graph API as the engine needs it: one round trip for a few calls,
// a reply for each. *graph.Client is one.
type API interface {
	Do(ctx context.Context, calls []graph.Call) []graph.Reply
}
