package simulation_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"adferry/jobs"
	"adferry/plan"
)

// rows: one result for each row, in order, and totals that are their sum.
func (s *sim) rows(ops []jobs.Operation) {
	results := s.results()
	lines := strings.Split(strings.TrimSpace(s.manifest), "\n")[1:]
	if len(results) != len(lines) {
		s.fault("%d results for %d rows", len(results), len(lines))
		return
	}
	var sum jobs.Totals
	for i, r := range results {
		sum.Add(r.Status, 1)
		if got := fmt.Sprintf("%s,%s,%s,%s", r.Verb, r.Source, r.Hash, r.Target); got != lines[i] || r.Line != i+2 {
			s.fault("result %d is of line %d, %s; want %s", i, r.Line, got, lines[i])
		}
		var first, del *jobs.Outcome
		for _, o := range ops {
			switch {
			case o.Source != r.Source || o.Hash != r.Hash:
			case o.Kind == plan.KindCopy && o.Target == r.Target:
				first = &o.Outcome
			case o.Kind == plan.KindDelete && r.Verb != plan.Copy:
				del = &o.Outcome
			}
		}
		wanted := (first == nil || first.State.OK()) && (del == nil || del.State.OK())
		if (r.Status == jobs.StatusFailed) == wanted || (r.Status == jobs.StatusFailed) != (r.Reason != "" && r.Status != jobs.StatusSkipped) {
			s.fault("line %d is %s %s, its operations %+v and %+v", r.Line, r.Status, r.Reason, first, del)
		}
	}
	summary, err := s.view.Summary(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	if summary.Totals != sum || sum.Pending+sum.Unknown > 0 {
		s.fault("totals %+v, and the rows add up to %+v", summary.Totals, sum)
	}
}

func (s *sim) results() []jobs.Result {
	var all []jobs.Result
	for r, err := range s.view.Results(context.Background()) {
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// settled: running a finished job again sends nothing and changes nothing.
func (s *sim) settled() {
	results, requests := s.results(), s.server.Stats().Requests
	s.mu.Unlock()
	err := s.live(s.quiet(s.dice))
	s.mu.Lock()
	if err != nil || s.server.Stats().Requests != requests || !reflect.DeepEqual(s.results(), results) {
		s.fault("running it again was not nothing: %v, %d requests", err, s.server.Stats().Requests-requests)
	}
}
