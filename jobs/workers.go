package jobs

import (
	"time"

	"adferry/plan"
)

// WorkerState is a worker of a database, as status and jobs tell.
type WorkerState struct {
	Name        string    `json:"name"`
	Host        string    `json:"host"`
	PID         int       `json:"pid"`
	Version     string    `json:"version"`     // of adferry
	Credentials []string  `json:"credentials"` // their labels; one empty label: a single token for all ad accounts
	StartedAt   time.Time `json:"started_at"`
	SeenAt      time.Time `json:"seen_at"` // when it last renewed its lease
}

// LaneHold is an ad account with work in a job that workers carry out, and which of them has it.
type LaneHold struct {
	Account plan.Account `json:"account"`
	Worker  string       `json:"worker,omitempty"` // empty: none
	Since   *time.Time   `json:"since,omitempty"`  // when that worker took it
	Waits   string       `json:"waits,omitempty"`  // for what; empty: it does not wait
	Until   *time.Time   `json:"until,omitempty"`  // until when it waits, as far as is known
}
