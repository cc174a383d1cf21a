package credentials_test

import (
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/credentials"
	"adferry/plan"
)

// Apps are asked for once, and of no token whose ad accounts have to wait.
func TestIdentify(t *testing.T) {
	labels := []string{"NORTH", "SOUTH"}
	apps := map[string]string{"NORTH": "1", "SOUTH": "2"}
	parked := func(account string, in time.Duration) func() jobs.LaneState {
		return func() jobs.LaneState {
			s := jobs.LaneState{ParkedUntil: time.Now().Add(in)}
			s.Account = plan.Account(account)
			return s
		}
	}
	tests := []struct {
		name  string
		known map[string]string
		lane  func() jobs.LaneState
		stops bool
		asked int // credentials
	}{
		{"nothing known", nil, parked("21", -time.Minute), false, 2},
		{"one known", map[string]string{"NORTH": "1"}, parked("21", -time.Minute), false, 1},
		{"all known", apps, parked("21", -time.Minute), false, 0},
		{"one waits", nil, parked("21", time.Minute), false, 1},
		{"all wait", nil, parked("", time.Minute), false, 0},
		{"one waits, which stops the run", nil, parked("21", time.Minute), true, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := sandbox.New(sandbox.Options{Access: map[string]sandbox.Token{northToken: {App: "1"}, southToken: {App: "2"}}})
				set := parsed(t, "account,token\n11,NORTH\n21,SOUTH\n", map[string]string{"NORTH": northToken, "SOUTH": southToken})
				c, err := credentials.NewClient(set, graph.Config{Transport: sandbox.Transport(server)})
				if err != nil {
					t.Fatal(err)
				}
				c.Identify(t.Context(), labels, credentials.Known{Apps: tt.known, Lanes: []jobs.LaneState{tt.lane()}, Stops: tt.stops})
				if got := server.Stats().Requests; got != tt.asked {
					t.Errorf("%d credentials were asked about, want %d", got, tt.asked)
				}
				for _, label := range labels {
					if app := c.Apps()[label]; app != "" && app != apps[label] || app == "" && tt.lane().ParkedUntil.Before(time.Now()) {
						t.Errorf("%s belongs to app %q, want %q", label, app, apps[label])
					}
				}
				before := len(c.Apps())
				c.Identify(t.Context(), labels, credentials.Known{})
				if got := server.Stats().Requests - tt.asked; got != len(labels)-before {
					t.Errorf("the second time %d credentials were asked about, and %d were known", got, before)
				}
			})
		})
	}
}
