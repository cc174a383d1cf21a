package rehearsal

import (
	"cmp"
	"fmt"
	"maps"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/plan"
)

// ReadFunc reads a manifest and calls visit for each row.
type ReadFunc func(visit func(plan.Row) error) (*plan.Plan, error)

// ColumnError is a cell of the sandbox column that cannot be understood.
type ColumnError struct {
	Line int // of the manifest
	Err  error
}

func (e *ColumnError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Err) }
func (e *ColumnError) Unwrap() error { return e.Err }

// Seeds are what a manifest takes for granted.
type Seeds struct {
	plan   *plan.Plan
	traits map[plan.OpID]traits
}

// ReadSeeds reads a manifest, once. Errors are those of read, or a *ColumnError.
func ReadSeeds(read ReadFunc) (*Seeds, error) {
	s := &Seeds{traits: map[plan.OpID]traits{}}
	var column error
	p, err := read(func(r plan.Row) error {
		t, err := traitsOf(r)
		column = cmp.Or(column, err)
		for _, id := range []plan.OpID{r.Copy, r.Delete} {
			switch {
			case len(t) == 0 || id == 0:
			case s.traits[id] == nil:
				s.traits[id] = maps.Clone(t)
			default:
				maps.Copy(s.traits[id], t)
			}
		}
		return nil
	})
	s.plan = p
	return s, cmp.Or(err, column) // what is wrong with the manifest itself comes first
}

// Fill puts the seeds into a server, as of the given moment.
func (s *Seeds) Fill(server *sandbox.Server, now time.Time) { s.fill(server, nil, now) }

// fill leaves out images that a job has deleted already.
func (s *Seeds) fill(server *sandbox.Server, deleted map[jobs.ImageAt]bool, now time.Time) {
	for _, load := range s.plan.Accounts() {
		server.AddAccount(string(load.Account), sandbox.AccountOptions{})
	}
	for o := range s.plan.Ops() {
		t := s.traits[o.ID]
		if t.has("denied") {
			server.AddAccount(string(o.Lane()), sandbox.AccountOptions{Denied: "200"})
		}
		picture := t.picture(o.Hash, now)
		if t.has("present") && o.Kind == plan.KindCopy {
			server.AddImage(string(o.Target), sandbox.Image{Hash: picture.Hash, Name: picture.Name, Created: picture.Created})
		}
		// A copy that waits for another one copies what that one brings.
		if o.Kind == plan.KindUpload || t.has("missing") || o.Kind == plan.KindCopy && o.Needs || deleted[jobs.ImageAt{Account: o.Source, Hash: o.Hash}] {
			continue
		}
		if g := o.Guard; !g.IsZero() { // an undo takes for granted what its guards require
			if g.Witness != "" && !deleted[jobs.ImageAt{Account: g.Witness, Hash: g.WitnessHash}] {
				server.AddImage(string(g.Witness), sandbox.Image{Hash: string(g.WitnessHash), Created: now})
			}
			if !g.From.IsZero() {
				picture.Created = g.From
			}
		}
		server.AddImage(string(o.Source), picture)
	}
}
