package engine_test

import (
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/plan"
)

// A wait that another worker of an app was told keeps the ad accounts of that app, and no others.
func TestAppParkedElsewhere(t *testing.T) {
	t.Parallel()
	for name, credential := range map[string]func(plan.Account) dispatch.Credential{
		"app 1": func(plan.Account) dispatch.Credential { return dispatch.Credential{App: "1"} },
		"app 2": func(a plan.Account) dispatch.Credential { // one of two
			return map[plan.Account]dispatch.Credential{"11": {Label: "EAST", App: "2"}, "22": {Label: "EAST", App: "2"}}[a]
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, sandbox.Options{})
				for _, a := range []string{"11", "33"} {
					w.Has(a, "a")
				}
				w.Has("22")
				w.Has("44")
				w.Manifest("copy 11 a 22", "copy 33 a 44")
				shareJob(t, w, 1, engine.Options{Credential: credential}, func(d *desk) {
					d.take(t, 0, "22")
					d.engines[0].Hear(jobs.News{Apps: []jobs.AppPark{{App: name, Until: time.Now().Add(10 * time.Minute), Why: "limited"}, {App: "app 3", Until: time.Now().Add(time.Hour)}}})
					d.take(t, 0, "44")
					time.Sleep(9 * time.Minute)
					if w.Holds("22", "a") {
						t.Error("a copy left before the end of the wait")
					}
					if got, want := w.Holds("44", "a"), name == "app 2"; got != want {
						t.Errorf("the copy of the other ad account left: %v, want %v", got, want)
					}
					if p := d.engines[0].Progress("22"); p.Why != "limited" || time.Until(p.Until) != time.Minute {
						t.Errorf("the lane stands at %+v", p)
					}
					time.Sleep(2 * time.Minute)
				})
				jobtest.WantHolds(t, w, "22 a", "44 a")
			})
		})
	}
}

// An engine tells the others of a wait that the API imposed on its app.
func TestAppParkIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{{Match: sandbox.Match{Nth: 1}, Fault: sandbox.Fault{Name: "4", Regain: 10 * time.Minute}}}})
		w.Has("11", "a")
		w.Has("22")
		w.Manifest("copy 11 a 22")
		shareJob(t, w, 1, engine.Options{Credential: func(plan.Account) dispatch.Credential { return dispatch.Credential{App: "7"} }}, func(d *desk) {
			began := time.Now()
			d.take(t, 0, "22")
			time.Sleep(time.Hour)
			d.mu.Lock()
			defer d.mu.Unlock()
			if len(d.apps) != 1 || d.apps[0].App != "app 7" || d.apps[0].Until.Sub(began) < time.Minute || d.apps[0].Why == "" {
				t.Errorf("got %+v told", d.apps)
			}
		})
		jobtest.WantHolds(t, w, "22 a")
	})
}
