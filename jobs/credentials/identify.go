package credentials

import (
	"cmp"
	"context"
	"slices"
	"time"

	"adferry/jobs"
	"adferry/plan"
)

// Known is what a job knows of its credentials before it goes on. The zero value is nothing.
type Known struct {
	Apps  map[string]string // ids of their apps, by label, as far as the API told them
	Lanes []jobs.LaneState  // of the ad accounts; that without one is the app's
	Stops bool              // the run stops at the first throttle, and so at one that still holds
}

// Identify has the API tell the apps of the credentials with these labels, as far as they are
// not known: calls, two for each, that are not worth a throttle. So nothing is asked with a
// credential of which an ad account has to wait; until a later run it is taken to have an app
// of its own. Call it before other goroutines use the client.
func (c *Client) Identify(ctx context.Context, labels []string, k Known) {
	var waiting []string
	for _, l := range k.Lanes {
		switch {
		case !l.ParkedUntil.After(time.Now()):
		case l.Account == "" || k.Stops:
			waiting = labels
		default:
			waiting = append(waiting, c.set.Labels([]plan.Account{l.Account})...)
		}
	}
	var ask []string
	for _, label := range labels {
		if app := cmp.Or(c.apps[label], k.Apps[label]); app != "" {
			c.apps[label] = app
		} else if !slices.Contains(waiting, label) {
			ask = append(ask, label)
		}
	}
	c.Inspect(ctx, ask)
}

// Apps are the ids of the credentials' apps, by label, as far as they are known.
func (c *Client) Apps() map[string]string {
	apps := map[string]string{}
	for label, app := range c.apps {
		if app != "" {
			apps[label] = app
		}
	}
	return apps
}
