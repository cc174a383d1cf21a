package store

import (
	"sync"

	"adferry/jobs"
	"adferry/plan"
)

// claimed are operations that were read to be carried out, and so will be written: when the first of
// them is, the counter gets to know all at once. What was read of them it need not read again, unless
// a transaction has written them since.
type claimed struct {
	mu      sync.Mutex
	ops     map[plan.OpID]claimedOp
	reading int                // claims under way
	written map[plan.OpID]bool // meanwhile
	altered bool               // meanwhile, and it is not told what was
}

// claimedOp is an operation as it was read.
type claimedOp struct {
	holds bool // the rest, else it has to be read
	class opClass
	now   countedState
}

// begin is called before operations are read, which ends with add.
func (c *claimed) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reading++
}

// add adds what was read. In a shared job other processes may have written it since.
func (c *claimed) add(ops []jobs.Operation, shared bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ops == nil || len(c.ops)+len(ops) > maxCounted {
		c.ops = make(map[plan.OpID]claimedOp, len(ops))
	}
	for _, o := range ops {
		var op claimedOp
		if !shared && !o.Op.Needs && !c.altered && !c.written[o.ID] { // what it needs decides its class
			op = claimedOp{true, opClass{o.Kind.String(), o.Lane(), string(o.Source)}, countedStateOf(o.Outcome)}
		}
		c.ops[o.ID] = op
	}
	if c.reading--; c.reading == 0 {
		c.written, c.altered = nil, false
	}
}

// take returns what was added since the last call.
func (c *claimed) take() map[plan.OpID]claimedOp {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.ops
	c.ops = nil
	return all
}

// wrote notes what a transaction has written that has ended.
func (c *claimed) wrote(records []jobs.Record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range records {
		if _, ok := c.ops[r.ID]; ok {
			c.ops[r.ID] = claimedOp{}
		}
		if c.reading > 0 {
			if c.written == nil {
				c.written = map[plan.OpID]bool{}
			}
			c.written[r.ID] = true
		}
	}
}

// forget drops all.
func (c *claimed) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ops, c.altered = nil, c.reading > 0
}
