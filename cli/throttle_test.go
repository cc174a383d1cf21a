package cli

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"adferry/graph/sandbox"
	"adferry/plan"
)

// blockedTarget is a trial in which the first copy into one ad account is
// throttled, and the API names a wait of twenty minutes.
func blockedTarget(t *testing.T) *trial {
	return newTrial(t, 400, sandbox.Options{Script: []sandbox.Rule{{
		Match: sandbox.Match{Account: target(1), Kind: sandbox.Copy, Nth: 1},
		Fault: sandbox.Fault{Name: "80004/2446079", Regain: 20 * time.Minute, Hold: 20 * time.Minute},
	}}})
}

// What stops a run that would have to wait: exit code 3, a line that says who
// waits until when, and status says so, too, and why.
func TestThrottledStops(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, want string
		flags      []string
	}{
		{"on-throttle", `act_` + target(1) + ` is throttled until 20\d\d-\S+Z`, []string{"--on-throttle", "stop"}},
		{"max-wait", `act_` + target(1) + ` is throttled until 20\d\d-\S+Z`, []string{"--max-wait", "1m"}},
		{"max-duration", `the time that --max-duration allows is over`, []string{"--max-duration", "5s"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := blockedTarget(t)
			began := time.Now()
			code, _, stderr := r.run(t, append([]string{"run", r.manifest, "--job", r.job, "--yes"}, test.flags...)...)
			if code != exitStopped {
				t.Fatalf("got exit code %d, want %d\n%s", code, exitStopped, stderr)
			}
			if !regexp.MustCompile(test.want).MatchString(stderr) || !strings.Contains(stderr, "adferry resume") {
				t.Errorf("got %q, want %s and what to do", stderr, test.want)
			}
			if took := time.Since(began); took > time.Minute {
				t.Errorf("it took %v to stop", took)
			}
			a := readSummary(t, r.job).Accounts[plan.Account(target(1))]
			if a.ParkedUntil == nil || time.Until(*a.ParkedUntil) < 15*time.Minute || a.Throttles == 0 {
				t.Errorf("got a wait until %v and %d throttles, want twenty minutes after one", a.ParkedUntil, a.Throttles)
			}
			_, out, _ := r.run(t, "status", r.job)
			if want := regexp.MustCompile(`(?s)` + target(1) + `.*waits until .*too\s+many\s+calls`); !want.MatchString(out) {
				t.Errorf("status does not say until when and why it waits:\n%s", out)
			}
			// A later process keeps to the time that this one left.
			before := r.server.Stats().Accounts[target(1)]
			if code, _, stderr := r.run(t, "resume", r.job, "--max-wait", "1m"); code != exitStopped {
				t.Errorf("resume: got exit code %d, want %d\n%s", code, exitStopped, stderr)
			}
			if after := r.server.Stats().Accounts[target(1)]; after.Calls[sandbox.Copy] != before.Calls[sandbox.Copy] || after.WhileBlocked != before.WhileBlocked {
				t.Errorf("calls were sent before the park time: %+v, then %+v", before, after)
			}
		})
	}
}

// --max-rate bounds the writes of each ad account, whatever the quota allows.
func TestMaxRateOfBinary(t *testing.T) {
	t.Parallel()
	r := newTrial(t, 140, sandbox.Options{})
	began := time.Now()
	code, _, stderr := r.run(t, "run", r.manifest, "--job", filepath.Join(r.dir, "job"), "--yes", "--max-rate", "10")
	took := time.Since(began)
	if code != exitFailures {
		t.Fatalf("got exit code %d, want %d\n%s", code, exitFailures, stderr)
	}
	most := 0
	for _, a := range r.server.Stats().Accounts {
		most = max(most, a.Calls[sandbox.Copy]+a.Calls[sandbox.Delete])
	}
	if least := time.Duration(most-1) * time.Second / 10; took < least {
		t.Errorf("%d writes to one ad account took %v, want %v at least", most, took, least)
	}
}
