package jobs

import (
	"context"
	"time"

	"adferry/graph"
	"adferry/plan"
)

// Checkpoint is the durable state of a job as the engine needs it. Package
// store implements it.
type Checkpoint interface {
	// Resume returns what the job holds besides its operations.
	Resume(ctx context.Context) (ResumePoint, error)
	// Claim returns the unsettled operations that are asked for and wait for no
	// other, in ID order.
	Claim(ctx context.Context, c Claim) ([]Operation, error)
	// Load returns the operations of the given IDs with what they need.
	Load(ctx context.Context, ids []plan.OpID) ([]Operation, error)
	// Commit makes the change durable, whatever happens to ctx, and returns the
	// operations that nothing keeps waiting any more because of it. It is safe
	// for concurrent use; callers share a disk write. After an error nothing can
	// be committed any more.
	Commit(ctx context.Context, c Change) ([]Released, error)
}

// Claim asks for operations of an ad account's lane.
type Claim struct {
	Lane   plan.Account
	After  plan.OpID      // none up to this one
	UpTo   plan.OpID      // and none behind this one
	Source plan.Account   // those with this source alone; "": whatever it is
	Except []plan.Account // none with these sources
	Most   int
}

// ResumePoint is where a job stood when its last process stopped.
type ResumePoint struct {
	Operations int         // in the whole job
	Settled    int         // of those
	Failed     int         // of those settled, as Outcome.Blames counts them
	Lanes      []LaneState // of every ad account, and of the app under ""
	Waiting    []Released  // unsettled operations whose needs are all settled
	Tally      Tally
}

// LaneState is what a restart has to know of an ad account, and what the
// reports say of it.
type LaneState struct {
	Account     plan.Account // "" for the app
	Work        bool         // it has unsettled operations of its own
	Tier        graph.Tier   // as the API last reported it
	ParkedUntil time.Time
	ParkedFor   string
	Imposed     bool // the API asked for that wait; else a process kept itself back
	Calls       int
	Throttles   int
	Parked      time.Duration // waits that the API imposed, each counted when it began
}

// Released is an operation whose needs are all settled, and its lane.
type Released struct {
	ID   plan.OpID
	Lane plan.Account
}

// Tally counts over all processes that ran the job.
type Tally struct {
	APICounts
	Started     time.Time
	Elapsed     time.Duration
	Waited      time.Duration // every ad account with work was parked
	HeadersSent bool          // answers to reads carried quota headers, when last heard

	Saved            time.Time `json:",omitzero"` // when this was counted; while a process runs the job its clock goes on from there
	NetworkDownSince time.Time `json:",omitzero"` // the API cannot be reached since then; zero: it can
}

// Change is what one commit makes durable. Lanes, Tally and Sample are
// absolute; a nil one stays as it is.
type Change struct {
	Records   []Record
	Confirmed []Confirmation
	Lanes     []LaneState
	Tally     *Tally
	Sample    *Sample
	Parks     []Park
	Apps      []AppPark   // for other workers: of a job that is not shared nobody keeps them
	Answered  []Departure // probes that are not out any more, likewise
}

// Confirmation says that a copy was read back from its target.
type Confirmation struct {
	ID plan.OpID
	At time.Time
}
