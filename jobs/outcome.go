package jobs

import (
	"fmt"
	"slices"
	"time"

	"adferry/plan"
)

// State is where an operation stands in its life:
//
//	pending -> sent -> done | skipped | failed
//	             \-> (answer lost) stays sent, until reading tells
type State string

// The states of an operation.
const (
	Pending State = "pending" // nothing in flight, nothing known
	Sent    State = "sent"    // the intent is on disk, the outcome is not
	Done    State = "done"    // carried out, and confirmed where that can be read
	Skipped State = "skipped" // it already was so
	Failed  State = "failed"  // it will not be tried again unless reopened
)

// States are all of them, in the order of a life.
var States = []State{Pending, Sent, Done, Skipped, Failed}

func (s State) String() string { return string(s) }

// UnmarshalText reads the name of a state.
func (s *State) UnmarshalText(text []byte) error {
	for _, known := range States {
		if string(text) == string(known) {
			*s = known
			return nil
		}
	}
	return fmt.Errorf("%q is no state of an operation", text)
}

// Settled reports whether the state is final.
func (s State) Settled() bool { return s == Done || s == Skipped || s == Failed }

// OK reports whether what the operation wanted is so.
func (s State) OK() bool { return s == Done || s == Skipped }

// Reason is the fixed word for why a row was skipped or failed.
type Reason string

// The reasons. Scripts match on them: they are never renamed.
const (
	AlreadyPresent    Reason = "already_present"    // skipped: the target has the image
	AlreadyAbsent     Reason = "already_absent"     // skipped: the source no longer has it
	NotFound          Reason = "not_found"          // the source does not have the image
	InUse             Reason = "in_use"             // a creative uses the image
	Denied            Reason = "denied"             // the token may not do this with this ad account
	Invalid           Reason = "invalid"            // the API refused the call itself
	AccountBlocked    Reason = "account_blocked"    // the ad account is disabled or blocked
	DeleteUnconfirmed Reason = "delete_unconfirmed" // the API said success and the image is still there
	CopyUnseen        Reason = "copy_unseen"        // the copy could not be read back: its source stays
	CopiedNotDeleted  Reason = "copied_not_deleted" // a move whose copy is there and whose source is, too
	DependencyFailed  Reason = "dependency_failed"  // an operation it waits for failed
	GaveUp            Reason = "gave_up"            // transient failures used up its attempts
	FileUnreadable    Reason = "file_unreadable"    // upload: the file could not be read, or is no image
	Uploaded          Reason = "uploaded"           // done: copying was refused, so the image was downloaded and uploaded
	BackupFailed      Reason = "backup_failed"      // the image could not be kept, so it was not deleted
	LastCopy          Reason = "last_copy"          // a deletion's witness no longer shows the image, so this may be the last one
	NotCreatedHere    Reason = "not_created_here"   // skipped: the image was created outside the window of the deletion's guard
)

// Outcome is all that the checkpoint knows of an operation's fate.
type Outcome struct {
	State       State
	Reason      Reason
	TargetHash  plan.Hash // copy, upload: the image's hash in the target; may differ from the source's
	Created     bool      // copy, upload: this job made the image; it was absent before, as far as can be known
	ConfirmedAt time.Time // copy: when it was last read back from its target
	Tried       bool      // a write was lost or called a success, so what reading shows may be its doing; outlives a reopening
	Attempts    int       // writes sent and answered, or lost; throttles and interruptions are none
	Code        int       // Graph API error code
	Subcode     int       // Graph API error_subcode
	Message     string    // the API's own words, or what went wrong
	TraceID     string    // fbtrace_id
	Started     time.Time // first intent
	LastSent    time.Time // when the last write left or, if its answer was lost, when that was noticed
	Finished    time.Time // when the state became final
	Creatives   string    // delete that failed as in_use: ids of the creatives that the API named, spaces between them
}

// Operation is a planned operation with its outcome so far and the operations
// that it waits for.
type Operation struct {
	plan.Op
	Outcome Outcome
	Needs   []Operation // their own Needs are not filled
}

// Record is one outcome to be made durable.
type Record struct {
	ID      plan.OpID
	Needed  bool // others wait for the operation
	Outcome Outcome
}

// Failures with these reasons do not speak against the run as a whole.
var (
	ReasonsElsewhere = []Reason{DependencyFailed}       // they follow from another operation's
	ReasonsOfAccount = []Reason{Denied, AccountBlocked} // without a write: the ad account was given up, and the others go on
)

// Blames reports whether a failure speaks against the run as a whole.
func (o Outcome) Blames() bool {
	return o.State == Failed && !slices.Contains(ReasonsElsewhere, o.Reason) && (o.Attempts > 0 || !slices.Contains(ReasonsOfAccount, o.Reason))
}

// Landed is the hash that a copy has in its target.
func (o Operation) Landed() plan.Hash {
	if o.Outcome.TargetHash != "" {
		return o.Outcome.TargetHash
	}
	return o.Hash
}

// Tried reports whether a write of the operation may have taken effect.
func (o Operation) Tried() bool { return o.Outcome.State == Sent || o.Outcome.Tried }
