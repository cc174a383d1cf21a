package jobs

import (
	"fmt"
	"strings"
	"time"

	"adferry/plan"
)

// Status is what users read about a row.
type Status string

// The statuses of a row.
const (
	StatusDone    Status = "done"
	StatusSkipped Status = "skipped"
	StatusFailed  Status = "failed"
	StatusPending Status = "pending"
	StatusUnknown Status = "unknown" // sent, and the answer lost; reading settles it at the next resume
)

// Status is the status of rows that have the reason.
func (r Reason) Status() Status {
	switch r {
	case Uploaded:
		return StatusDone
	case AlreadyPresent, AlreadyAbsent, NotCreatedHere:
		return StatusSkipped
	}
	return StatusFailed
}

func statusOf(s State) Status {
	switch s {
	case Done:
		return StatusDone
	case Skipped:
		return StatusSkipped
	case Failed:
		return StatusFailed
	case Sent:
		return StatusUnknown
	}
	return StatusPending
}

// Fate is what became of a row: a pure function of its operations' outcomes.
type Fate struct {
	Status     Status
	Reason     Reason
	TargetHash plan.Hash
	Attempts   int
	Code       int
	Subcode    int
	Message    string
	TraceID    string
	Started    time.Time
	Finished   time.Time
}

// FateOf combines the outcomes of a row's operations: first is the copy or
// upload, del the deletion; either may be nil, and both are there for a move.
func FateOf(first, del *Outcome) Fate {
	switch {
	case first == nil && del == nil:
		return Fate{Status: StatusPending}
	case del == nil:
		return fateOf(*first)
	case first == nil:
		return fateOf(*del)
	}
	move := fateOf(*del)
	move.TargetHash = first.TargetHash
	move.Attempts += first.Attempts
	if !first.Started.IsZero() {
		move.Started = first.Started
	}
	switch {
	case !first.State.OK():
		copied := fateOf(*first)
		copied.Attempts = move.Attempts
		return copied
	case del.State == Failed:
		move.Message = fmt.Sprintf("the image is in the target, and the source was not deleted (%s): %s", del.Reason, strings.TrimPrefix(del.Message, "not deleted: "))
		move.Reason = CopiedNotDeleted
	case del.Reason == NotCreatedHere: // the image is still there
	case first.State == Done && del.State.OK():
		move.Status, move.Reason = StatusDone, first.Reason
	case first.State == Skipped && del.State == Skipped:
		move.Reason = first.Reason
	case !del.State.Settled() && first.State == Skipped:
		move.Reason = ""
	}
	return move
}

func fateOf(o Outcome) Fate {
	if !o.State.Settled() {
		o.Reason = "" // how it was sent is not what became of it
	}
	return Fate{
		Status: statusOf(o.State), Reason: o.Reason, TargetHash: o.TargetHash, Attempts: o.Attempts,
		Code: o.Code, Subcode: o.Subcode, Message: o.Message, TraceID: o.TraceID,
		Started: o.Started, Finished: o.Finished,
	}
}

// Result is one manifest row with its fate.
type Result struct {
	Line   int    // line of the manifest on which the row starts
	Record string // the row's raw CSV text: plan.Cells splits it
	Verb   plan.Verb
	Source plan.Account
	Hash   plan.Hash
	Target plan.Account
	File   string
	Mapped bool // it is in the mapping: its copy brought the image to where it still is; of rows with one copy, the first
	Fate
}

// Mapping is the row's line of the mapping, if it is mapped.
func (r Result) Mapping() Mapping { return Mapping{r.Source, r.Hash, r.Target, r.TargetHash} }

// Mapping says under which hash an image is now in a target ad account.
type Mapping struct {
	Source     plan.Account
	SourceHash plan.Hash
	Target     plan.Account
	TargetHash plan.Hash
}
