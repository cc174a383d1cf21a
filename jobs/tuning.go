package jobs

import (
	"fmt"
	"strings"
)

// Steering is what may be changed while a job runs.
type Steering struct {
	Paused  bool
	Workers int     // as in Options
	MaxRate float64 // as in quota.Rules
}

// Tuning is what a person set of a job's pace while it ran. What is nil is as the
// process was told when it began.
type Tuning struct {
	Workers *int     `json:"workers,omitempty"`  // HTTP requests in flight
	MaxRate *float64 `json:"max_rate,omitempty"` // writes a second and ad account; 0: no limit
}

func (t Tuning) String() string {
	var parts []string
	if t.Workers != nil {
		parts = append(parts, fmt.Sprintf("%d workers", *t.Workers))
	}
	switch {
	case t.MaxRate == nil:
	case *t.MaxRate == 0:
		parts = append(parts, "no limit of writes/s")
	default:
		parts = append(parts, fmt.Sprintf("at most %g writes/s per ad account", *t.MaxRate))
	}
	return strings.Join(parts, " and ")
}
