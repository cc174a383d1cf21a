package credentials_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"adferry/graph/sandbox"
	"adferry/jobs"
)

// Three pairs of ad accounts that refuse copies decide for all pairs of their two credentials,
// also for those that have copies waiting and those that come later. Other credentials, and the
// other direction, are not concerned.
func TestRefusedPairs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rows []string
		for _, image := range []string{"a", "b"} {
			for _, source := range north {
				for _, target := range south {
					rows = append(rows, "copy "+source+" "+image+source+target+" "+target)
				}
			}
		}
		rows = append(rows, "copy 21 own 22", "copy 21 back 11")
		w := newBusinesses(t, rows)
		w.opts.Workers, w.opts.BatchSize = 1, 1 // each refusal is known before the next copy is sent
		if err := w.Run(w.opts); err != nil {
			t.Fatal(err)
		}
		for _, r := range w.Results() {
			if want := r.Source == "21" && r.Target == "22"; r.Status != jobs.StatusDone || (r.Reason == "") != want {
				t.Errorf("copy of %s from %s to %s: %s %s %s", r.Hash, r.Source, r.Target, r.Status, r.Reason, r.Message)
			}
		}
		stats := w.Server.Stats()
		if got, want := stats.Calls[sandbox.Copy], 3+1+1; got != want {
			t.Errorf("%d copies were sent, want %d: three refusals one way, one the other, and one within the south", got, want)
		}
		if stats.Outside != 0 {
			t.Errorf("%d calls with a token that the account does not have", stats.Outside)
		}
		told := 0
		for _, e := range w.Events {
			if e.Kind == jobs.EventWarning && strings.Contains(e.Text, "from the ad accounts of NORTH to those of SOUTH is refused") {
				told++
			}
		}
		if told != 1 {
			t.Errorf("the decision was told %d times", told)
		}
	})
}

// Where some pairs of ad accounts of two credentials do copy, refusals of others decide for
// themselves alone.
func TestRefusedPairsBesideOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rows []string
		for _, image := range []string{"a", "b"} {
			for _, source := range []string{"15", "14", "13", "12", "11"} {
				for _, target := range south {
					rows = append(rows, "copy "+source+" "+image+source+target+" "+target)
				}
			}
		}
		w := newBusinesses(t, rows)
		w.Server.AddToken(southToken, sandbox.Token{Accounts: append([]string{"11", "15"}, south...), App: "2"})
		w.opts.Workers, w.opts.BatchSize = 1, 1
		if err := w.Run(w.opts); err != nil {
			t.Fatal(err)
		}
		for _, r := range w.Results() {
			copies := r.Source == "11" || r.Source == "15"
			if r.Status != jobs.StatusDone || (r.Reason == "") != copies {
				t.Errorf("copy of %s from %s to %s: %s %s %s", r.Hash, r.Source, r.Target, r.Status, r.Reason, r.Message)
			}
		}
		if got, want := w.Server.Stats().Calls[sandbox.Copy], 2*2*2+3*2; got != want {
			t.Errorf("%d copies were sent, want %d: eight images, and a refusal for each of six other pairs", got, want)
		}
	})
}
