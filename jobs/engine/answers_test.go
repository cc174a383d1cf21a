package engine_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
)

// Servers that answer incompletely, or something else than was asked, make no row end
// otherwise than it is: what is there is never absent, nothing is lost, and with
// patience everything is done.
func TestIncompleteAnswers(t *testing.T) {
	t.Parallel()
	rate := func(name string, p float64) sandbox.Options {
		return sandbox.Options{Rates: map[string]float64{name: p}, Seed: 3}
	}
	for _, test := range []struct {
		name   string
		server sandbox.Options
		all    bool // every row is carried out; else some give up
	}{
		{"25 of those asked for at most", sandbox.Options{Variants: sandbox.Variants{MaxHashes: 25}}, true},
		{"10 at most", sandbox.Options{Variants: sandbox.Variants{MaxHashes: 10}}, true},
		{"one at most", sandbox.Options{Variants: sandbox.Variants{MaxHashes: 1}}, true},
		{"pages of 7", sandbox.Options{Variants: sandbox.Variants{MaxPage: 7}}, true},
		{"some of what is there", rate("partial", 0.7), true},
		{"rows that are null", rate("null_rows", 0.3), true},
		{"rows without a field", rate("empty_rows", 0.3), true},
		{"no success, and no images", rate("unsuccessful", 0.3), true},
		{"the filter ignored", rate("unfiltered", 0.3), true},
		{"another account's images", rate("foreign_rows", 0.3), true},
		{"ids alone", rate("id_rows", 0.3), false},
		{"fields of other types", rate("odd_types", 0.3), false},
		{"fewer entries in a batch", rate("short_batch", 0.3), true},
		{"more entries in a batch", rate("long_batch", 0.3), true},
		{"entries in other places", rate("shuffled_batch", 0.3), true},
		{"another image's answer to a copy", rate("renamed", 0.3), true},
		{"its answer under this one's name", rate("rekeyed", 0.3), true},
		{"this one's name with its hash", rate("crossed", 0.3), true},
		{"no hash for a hash", rate("bad_hash", 0.3), true},
		{"filter always ignored", sandbox.Options{Rates: map[string]float64{"unfiltered": 1}}, false},
		{"always null", sandbox.Options{Rates: map[string]float64{"null_rows": 1}}, false},
		{"use never told", sandbox.Options{Variants: sandbox.Variants{HidesUse: true}}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, test.server)
				w.Has("22")
				var rows []string
				for i := range 60 {
					w.Has("11", fmt.Sprint("d", i), fmt.Sprint("m", i))
					rows = append(rows, fmt.Sprintf("delete 11 d%d -", i), fmt.Sprintf("move 11 m%d 22", i))
				}
				w.Manifest(rows...)
				err := w.Run(engine.Options{BatchSize: 20, Attempts: 10, MaxFailures: jobs.Limit{Percent: 100, Set: true}})
				if err != nil && (test.all || !errors.Is(err, jobs.ErrUnsettled)) { // a delete that left cannot be read back
					t.Fatal(err)
				}
				for i, r := range w.Results() {
					name := strings.Fields(rows[i])[2]
					source, target := w.Holds("11", name), w.Holds("22", name)
					switch {
					case r.Verb.String() == "move" && !source && !target:
						t.Errorf("%s (%s %s): the image is gone from both accounts", rows[i], r.Status, r.Reason)
					case r.Status == jobs.StatusSkipped:
						t.Errorf("%s: got skipped %s (%s)", rows[i], r.Reason, r.Message)
					case r.Status == jobs.StatusDone && (source || r.Target != "" && (!target || r.TargetHash != r.Hash)):
						t.Errorf("%s: done as %s; the source has its image: %v, the target %v", rows[i], r.TargetHash, source, target)
					case test.all && r.Status != jobs.StatusDone:
						t.Errorf("%s: got %s %s (%s)", rows[i], r.Status, r.Reason, r.Message)
					case r.Status == jobs.StatusFailed && r.Message == "":
						t.Errorf("%s: %s %s without a word", rows[i], r.Status, r.Reason)
					}
				}
			})
		})
	}
}
