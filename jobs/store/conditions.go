package store

import (
	"strings"

	"adferry/jobs"
)

// Conditions in SQL that package jobs decides in Go, made of the same lists.
var (
	// settledStates and OpenStates are jobs.State.Settled: lists for IN.
	settledStates = statesThat(jobs.State.Settled)
	OpenStates    = statesThat(func(s jobs.State) bool { return !s.Settled() })

	// unsettled is the condition that an operation with outcome o is not settled.
	unsettled = `(o.state IS NULL OR o.state IN (` + OpenStates + `))`

	// blames is jobs.Outcome.Blames of an outcome o, as 0 or 1.
	blames = `CASE WHEN o.state = 'failed' AND o.reason NOT IN (` + quoted(jobs.ReasonsElsewhere) + `)
	AND NOT (o.reason IN (` + quoted(jobs.ReasonsOfAccount) + `) AND o.attempts = 0) THEN 1 ELSE 0 END`
)

func statesThat(have func(jobs.State) bool) string {
	var names []string
	for _, s := range jobs.States {
		if have(s) {
			names = append(names, s.String())
		}
	}
	return quoted(names)
}

// quoted is a list of words of ours, none of which has a quote.
func quoted[T ~string](words []T) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("'" + string(w) + "'")
	}
	return b.String()
}
