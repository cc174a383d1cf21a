package engine_test

import (
	"net"
	"net/http"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
)

// Every wait is told: when it begins, with its end and why, when a call tries whether it is
// over, and when it is.
func TestWaitsAreTold(t *testing.T) {
	t.Parallel()
	refused := func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	}
	for _, test := range []struct {
		name   string
		fault  sandbox.Fault
		answer func(*http.Request) (*http.Response, error)
		want   []string
	}{
		{"an account's limit", sandbox.Fault{Name: "80004/2446079", Hold: time.Minute}, nil, []string{"parked 22", "probing 22", "resumed 22"}},
		{"the app's limit", sandbox.Fault{Name: "4", Hold: time.Minute}, nil, []string{"parked app", "probing app", "resumed app"}},
		{"no network", sandbox.Fault{}, refused, []string{"unreachable", "reachable"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var o sandbox.Options
				if test.fault.Name != "" {
					o.Script = []sandbox.Rule{{Match: sandbox.Match{Account: "22", Kind: sandbox.Copy, Nth: 3}, Fault: test.fault}}
				}
				w := jobtest.NewWorld(t, o)
				began := time.Now()
				w.Wire.API = jobtest.ClientOver(t, &jobtest.Between{Next: sandbox.Transport(w.Server), Answer: func(r *http.Request) (*http.Response, error) {
					if test.answer != nil && time.Since(began) < 20*time.Second {
						return test.answer(r)
					}
					return nil, nil
				}})
				w.Has("11", "a", "b", "c", "d")
				w.Has("22")
				w.Manifest("copy 11 a 22", "copy 11 b 22", "copy 11 c 22", "copy 11 d 22")
				if err := w.Run(engine.Options{BatchSize: 1, Workers: 1}); err != nil {
					t.Fatal(err)
				}
				if got := toldWaits(t, w.Events); !slices.Equal(got, test.want) {
					t.Errorf("got %v told, want %v", got, test.want)
				}
			})
		})
	}
}

// toldWaits names the events about waits; repeated ones count once.
func toldWaits(t *testing.T, events []jobs.Event) (told []string) {
	t.Helper()
	for _, e := range events {
		if !e.Kind.AboutWaits() {
			continue
		}
		name := string(e.Kind)
		switch e.Kind {
		case jobs.EventUnreachable, jobs.EventReachable:
		default:
			who := string(e.Account)
			if who == "" {
				who = "app"
			}
			name += " " + who
		}
		begins := e.Kind == jobs.EventParked || e.Kind == jobs.EventUnreachable
		if begins && (e.Text == "" || e.Until.IsZero()) {
			t.Errorf("got %+v, want why and until when", e)
		}
		told = append(told, name)
	}
	return slices.Compact(told)
}
