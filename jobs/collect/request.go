package collect

import (
	"errors"
	"fmt"
	"slices"

	"adferry/graph"
	"adferry/plan"
)

// Request is what a manifest is to hold.
type Request struct {
	Accounts []plan.Account // sources, each once, in the order of preference
	Verb     plan.Verb      // copy, move or delete
	Target   plan.Account   // of copy and move
	Query    graph.Query    // filters; its hashes, if there are any, are all that is asked for
	Unused   bool           // only images that no creative uses, as far as the API tells
}

// The errors of Check, which lack the names of options.
var (
	ErrVerb     = errors.New("the operation must be copy, move or delete")
	ErrNoTarget = errors.New("a target is missing")
	ErrTarget   = errors.New("a deletion has no target")
)

// Check refuses a request that makes no sense.
func (r *Request) Check() error {
	switch r.Verb {
	case plan.Copy, plan.Move:
		if r.Target == "" {
			return ErrNoTarget
		}
		if slices.Contains(r.Accounts, r.Target) {
			return fmt.Errorf("%s is a source and the target", r.Target.Act())
		}
		return nil
	case plan.Delete:
		if r.Target != "" {
			return ErrTarget
		}
		return nil
	}
	return ErrVerb
}

// fields are what has to be known of an image.
func (r *Request) fields() []string {
	fields := []string{graph.FieldHash, graph.FieldName, graph.FieldStatus}
	if r.Unused {
		fields = append(fields, graph.FieldCreatives, graph.FieldAssociated)
	}
	return fields
}

// Why says why an image is not selected.
type Why uint8

// The reasons, in the order in which they are looked for.
const (
	Selected   Why = iota
	Deleted        // its status says so
	NotActive      // of a status other than ACTIVE, or of none that is known; only deletions mind
	InUse          // by a creative, with Unused
	UseUnknown     // the API does not tell its use, with Unused
	whyCount
)

// judge says whether an image is selected.
func (r *Request) judge(i graph.Image) Why {
	switch {
	case i.Deleted():
		return Deleted
	case r.Verb == plan.Delete && !i.Active():
		return NotActive
	case r.Unused && i.Use() == graph.Used:
		return InUse
	case r.Unused && i.Use() != graph.Unused:
		return UseUnknown
	}
	return Selected
}
