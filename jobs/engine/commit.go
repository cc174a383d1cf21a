package engine

import (
	"context"

	"adferry/jobs"
)

// committer brings changes to the checkpoint in the order they were added,
// those that wait together as one, and tells the dispatcher when they are on
// disk.
type committer struct {
	engine      *Engine
	outstanding int     // changes whose end the dispatcher was not told yet
	added       []entry // since the last flush
	pending     *mailbox[entry]
}

// entry is a change and what to do in the dispatcher once it is durable.
type entry struct {
	change jobs.Change
	file   string // to be removed then
	then   func()
}

func newCommitter(e *Engine) *committer {
	c := &committer{engine: e}
	c.pending = newMailbox(c.commit)
	return c
}

// add queues a change for the next flush. Only the dispatcher calls it.
func (c *committer) add(change jobs.Change, then func()) { c.addRemoving("", change, then) }

// addRemoving does so, and removes a file once the change is durable; "" is none.
func (c *committer) addRemoving(file string, change jobs.Change, then func()) {
	c.outstanding++
	c.added = append(c.added, entry{change, file, then})
}

// flush brings what was added on its way. What one answer leads to goes together, so that
// deletes whose copies were confirmed together have their permits together. Only the
// dispatcher calls it.
func (c *committer) flush() {
	if len(c.added) == 0 {
		return
	}
	c.pending.add(c.added...)
	clear(c.added)
	c.added = c.added[:0]
}

// idle reports whether everything added is on disk and was told. Only the
// dispatcher calls it.
func (c *committer) idle() bool { return c.outstanding == 0 }

func (c *committer) close() { c.pending.close() }

func (c *committer) commit(entries []entry) {
	change := merge(entries)
	released, err := c.engine.store.Commit(context.Background(), change)
	if len(change.Records) > 0 {
		crashPoint("outcome_written")
	}
	if len(change.Confirmed) > 0 {
		crashPoint("confirmation_written")
	}
	for _, e := range entries {
		if err == nil {
			discard(e.file)
		}
	}
	c.engine.d.Tell(func() { c.done(entries, released, err) })
}

// done runs in the dispatcher.
func (c *committer) done(entries []entry, released []jobs.Released, err error) {
	c.outstanding -= len(entries)
	if err != nil {
		c.engine.d.Halt(&jobs.CheckpointError{Err: err})
		return
	}
	for _, r := range released {
		if l := c.engine.lane(r.Lane); l.mine || l.coming || c.engine.opt.Sharing == nil {
			l.release(r.ID)
		}
	}
	for _, e := range entries {
		if e.then != nil {
			e.then()
		}
	}
}

// merge makes one change of many; of what is absolute, the last counts.
func merge(entries []entry) jobs.Change {
	var all jobs.Change
	records := 0
	for _, e := range entries {
		records += len(e.change.Records)
	}
	all.Records = make([]jobs.Record, 0, records)
	for _, e := range entries {
		all.Records = append(all.Records, e.change.Records...)
		all.Confirmed = append(all.Confirmed, e.change.Confirmed...)
		all.Lanes = append(all.Lanes, e.change.Lanes...)
		all.Parks = append(all.Parks, e.change.Parks...)
		all.Apps = append(all.Apps, e.change.Apps...)
		all.Answered = append(all.Answered, e.change.Answered...)
		if e.change.Tally != nil {
			all.Tally = e.change.Tally
		}
		if e.change.Sample != nil {
			all.Sample = e.change.Sample
		}
	}
	return all
}
