package jobs

import (
	"time"

	"adferry/graph"
	"adferry/plan"
)

// ImageAt is an image in an ad account.
type ImageAt struct {
	Account plan.Account
	Hash    plan.Hash
}

// Source is an image that a job copies out of an ad account, with all that the job does to
// it there.
type Source struct {
	ImageAt
	Copies   []SourceCopy // at least one
	Deletion *Outcome     // of the image, by this job; nil if it deletes it not
	Into     bool         // the job itself copied or uploaded it into the account
}

// SourceCopy is a copy out of an ad account.
type SourceCopy struct {
	Target  plan.Account
	Hash    plan.Hash // in the target
	State   State
	MovedOn bool // the job has moved the copy on: the target no longer has it, and another of the copies is where it is now
}

// InPlace reports whether the copy is in its target, as far as the job knows.
func (c SourceCopy) InPlace() bool { return c.State.OK() && !c.MovedOn }

// ImageUse is what a read said of an image of an ad account, and of its use.
type ImageUse struct {
	ImageAt
	Present   bool // the account has it; all below, except ReadAt, is of such an image
	Active    bool // its status is ACTIVE, or the API tells none
	Use       graph.Use
	Creatives []string // ids of creatives that use it, as far as the API names them
	Name      string
	ReadAt    time.Time
}
