package preflight

import (
	"adferry/jobs"
	"adferry/plan"
)

// Finding is what the API said of a plan.
type Finding struct {
	ToDo     int                 `json:"to_do"`    // rows that a run would carry out
	Already  map[jobs.Reason]int `json:"already"`  // rows that it would skip
	Problems map[jobs.Reason]int `json:"problems"` // rows that it would fail
	Accounts []AccountFinding    `json:"accounts"` // sorted by id
	Calls    int                 `json:"calls"`    // that were sent to find this out
	Least    Duration            `json:"least_s"`  // the time for the rows to do, at the reported tiers:
	Most     Duration            `json:"most_s"`   // exactly this, unless some ad account reports none
	Untold   int                 `json:"no_tier"`  // ad accounts that report no tier
	Unread   int                 `json:"unread"`   // ad accounts that cannot be read

	Credentials []CredentialFinding `json:"credentials,omitempty"` // of the plan's ad accounts; none on the embedded sandbox
}

// AccountFinding is what the API said of one ad account of the plan.
type AccountFinding struct {
	Account  plan.Account `json:"account"`
	Readable bool         `json:"readable"`
	Error    string       `json:"error,omitempty"` // why it is not readable, in the API's words
	Tier     string       `json:"tier,omitempty"`  // access tier; empty: not reported
	ToDo     int          `json:"to_do"`           // rows
	Already  int          `json:"already"`         // rows
	Failing  int          `json:"failing"`         // rows
	Writes   int          `json:"writes"`          // calls that a run would be charged here
}

// RowFinding is a row that a run would skip or fail.
type RowFinding struct {
	Row       int          `json:"row"` // line of the manifest
	Operation string       `json:"operation"`
	Source    plan.Account `json:"source_account,omitempty"`
	Hash      plan.Hash    `json:"hash,omitempty"`
	Target    plan.Account `json:"target_account,omitempty"`
	Status    jobs.Status  `json:"status"` // skipped or failed
	Reason    jobs.Reason  `json:"reason"`
	Message   string       `json:"message,omitempty"`
}
