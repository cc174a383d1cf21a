package undo

import (
	"time"

	"adferry/jobs"
	"adferry/plan"
)

// guard returns the conditions for deleting the image that the operation created: it is
// this image, and its origin still shows it. Without a hash there is no witness: a move
// needs none, because it reads its own copy back.
func (u undo) guard(o jobs.Operation, witness jobs.ImageAt) plan.Guard {
	g := plan.Guard{Witness: witness.Account, WitnessHash: witness.Hash}
	g.From, g.To = createdWindow(o.Outcome)
	common := u.rivals[jobs.ImageAt{Account: o.Target, Hash: o.Landed()}]
	if common == nil {
		return g
	}
	g.From, g.To = common.From, common.To
	if common.Witness == "" {
		common.Witness, common.WitnessHash = g.Witness, g.WitnessHash
	}
	if g.Witness != "" {
		g.Witness, g.WitnessHash = common.Witness, common.WitnessHash
	}
	return g
}

// findRivals gives the images that several operations brought one window and, as
// soon as it is known, one witness: rows that delete one image have one guard.
func (u *undo) findRivals() error {
	all, err := u.ledger.Rivals(u.ctx)
	u.rivals = map[jobs.ImageAt]*plan.Guard{}
	for _, o := range all {
		from, to := createdWindow(o.Outcome)
		g := u.rivals[jobs.ImageAt{Account: o.Target, Hash: o.Landed()}]
		if g == nil {
			g = &plan.Guard{From: from, To: to}
			u.rivals[jobs.ImageAt{Account: o.Target, Hash: o.Landed()}] = g
		}
		if from.Before(g.From) {
			g.From = from
		}
		if to.After(g.To) {
			g.To = to
		}
	}
	return err
}

// createdWindow is the time in which the API has created what the operation brought. The
// job knows it by the clock of the machine that it ran on.
func createdWindow(o jobs.Outcome) (from, to time.Time) {
	to = o.Finished
	if landed := o.LastSent.Add(jobs.LongestDoubt); !o.State.OK() && landed.After(to) {
		to = landed
	}
	return o.Started.Add(-jobs.ClockSkew), to.Add(jobs.ClockSkew)
}
