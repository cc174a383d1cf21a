package lab_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/credentials"
	"adferry/jobs/dispatch"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/jobs/preflight"
	"adferry/jobs/quota"
	"adferry/jobs/store"
	"adferry/plan"
)

// measured is what a client made of a model.
type measured struct {
	took     time.Duration
	calls    int
	rejected int
	peak     float64 // the highest level of a limit of a target, in percent
	lost     int     // images that are not where they should be at the end

	others    time.Duration // when the last copy came into an account that is not blocked
	small     int           // copies into those
	requests  int           // over HTTP
	predicted time.Duration // by the plan
	refused   []string      // the calls rejected, ours only
	wrong     []string      // calls that were sent while parked, ours only
}

// labServer makes the model's server with its images in account 11.
func labServer(m model) *sandbox.Server {
	o := m.options
	o.Latency = sandbox.Latency{Min: labLatency}
	if m.twoApps {
		o.Access, o.Apps = m.access(), map[string]sandbox.App{"2": {}}
	}
	s := sandbox.New(o)
	unlimited := sandbox.Limits{HourlyCalls: -1}
	for target, n := range m.targets {
		var own *sandbox.Limits
		if l, ok := m.accounts[target]; ok {
			own = &l
		}
		s.AddAccount(target, sandbox.AccountOptions{Limits: own})
		if source := "11" + target; m.moves {
			s.AddAccount(source, sandbox.AccountOptions{})
		} else {
			s.AddAccount(source, sandbox.AccountOptions{Limits: &unlimited})
		}
		for i := range n {
			s.AddImage("11"+target, sandbox.Image{Hash: labImage(target, i)})
		}
	}
	return s
}

// labRun plays a model in virtual time.
func labRun(t *testing.T, m model) (r measured) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := labServer(m)
		r = labPlay(t, m, s, labClient(t, m, s))
	})
	return r
}

// labPlay runs the whole engine on a model's server.
func labPlay(t *testing.T, m model, s *sandbox.Server, client dispatch.API) (r measured) {
	t.Helper()
	var b strings.Builder
	verb := map[bool]string{false: "copy", true: "move"}[m.moves]
	b.WriteString("operation,source_account,hash,target_account\n")
	for target, n := range m.targets {
		for i := range n {
			fmt.Fprintf(&b, "%s,11%s,%s,%s\n", verb, target, labImage(target, i), target)
		}
	}
	var forecast preflight.Forecast
	job, _, err := store.Create(context.Background(), t.TempDir(), store.Spec{Consent: m.moves,
		Read: func(visit func(plan.Row) error) (*plan.Plan, error) {
			p, err := plan.Read(strings.NewReader(b.String()), visit)
			if err == nil {
				forecast = preflight.Predict(p, m.share)
			}
			return p, err
		}})
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	began := time.Now()
	watch := newWatch(m, client, began)
	o := engine.Options{Observe: watch.observe, MaxDuration: m.lasts, Rules: quota.Rules{Share: m.share}}
	if several, ok := client.(*credentials.Client); ok {
		o.Credential = several.Credential
	}
	if m.workers > 0 {
		err = labShared(t, m, job, watch, o)
	} else {
		err = engine.New(watch, job, o).Run(context.Background())
	}
	if err != nil && !errors.Is(err, jobs.ErrDuration) {
		t.Error(err)
	}
	r = labResult(m, s, began)
	for _, f := range forecast.Times {
		if f.Limits == m.limits {
			r.predicted = time.Duration(map[bool]preflight.Duration{true: f.Full, false: f.Limited}[m.tier == sandbox.Full])
		}
	}
	r.refused, r.wrong = watch.refused, watch.wrong
	return r
}

func labResult(m model, s *sandbox.Server, began time.Time) measured {
	st := s.Stats()
	r := measured{took: time.Since(began), rejected: st.Throttled, requests: st.Requests}
	for _, n := range st.Calls {
		r.calls += n
	}
	for target, n := range m.targets {
		r.lost += n - len(s.Images(target))
		r.peak = max(r.peak, st.Accounts[target].PeakCalls, st.Accounts[target].PeakScore)
		if m.moves {
			r.lost += len(s.Images("11" + target))
		}
	}
	for _, e := range s.Log() {
		if !slices.Contains(m.blocked, e.Account) {
			r.others = e.Time.Sub(began)
			r.small++
		}
	}
	return r
}

// labImage is the hash of the i-th image for a target.
func labImage(target string, i int) string { return string(jobtest.Hash(fmt.Sprint(target, i))) }
