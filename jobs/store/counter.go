package store

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"slices"

	"adferry/jobs"
	"adferry/plan"
)

// maxCounted is how many operations a counter keeps from one transaction to the next, which is
// more than are under way at a time.
const maxCounted = 32768

// counter keeps the counts of a job up to date, in the transactions of the writer. It knows the
// operations that are under way, so that what their intents had to read of the job is not read
// again for their outcomes.
type counter struct {
	ops     map[plan.OpID]*countedOp
	classes map[opClass]*opClass // of those operations, each once

	claimed claimed

	// The changes of the transaction.
	rowChanges map[rowKey]int
	opChanges  map[opKey]opChange

	tables Tables
	shared bool        // other processes write the job, too
	lent   []plan.OpID // operations whose rows have others: if shared, they are known in one transaction only
}

// countedOp is an operation with what the counts need of it.
type countedOp struct {
	class *opClass
	rows  []rowsOf
	now   countedState
}

// alone reports whether the counts of no other operation need this one.
func (o *countedOp) alone() bool {
	return !slices.ContainsFunc(o.rows, func(r rowsOf) bool { return r.other != 0 })
}

// opClass is what an operation is counted by and never changes.
type opClass struct {
	kind   string
	lane   plan.Account
	others string
}

// countedState is what an operation is counted by and changes.
type countedState struct {
	state  string
	reason jobs.Reason
	blames bool
}

func countedStateOf(o jobs.Outcome) countedState {
	return countedState{o.State.String(), o.Reason, o.Blames()}
}

// rowsOf are the rows of an operation with the same other operation; 0: with none.
type rowsOf struct {
	other plan.OpID
	del   bool // the operation is their deletion, else their copy or upload
	n     int
}

type opKey struct {
	opClass
	state  string
	blames bool
}

func (k opKey) count(change opChange) OpCount {
	return OpCount{k.kind, k.lane, k.others, k.state, k.blames, change.n, change.finished}
}

type opChange struct {
	n        int
	finished int64 // the latest, in milliseconds since 1970
}

func newCounter(tables Tables) *counter {
	return &counter{tables: tables, ops: map[plan.OpID]*countedOp{}, classes: map[opClass]*opClass{}, rowChanges: map[rowKey]int{}, opChanges: map[opKey]opChange{}}
}

// countedOps reads operations by a JSON array of their IDs, rowsOfFirsts the rows of copies and
// uploads, and rowsOfDeletions those of deletions.
var (
	countedOps = `SELECT p.id, p.kind, p.lane, ` + otherAccounts + `, coalesce(o.state, 'pending'), coalesce(o.reason, ''), ` + blames + `
		FROM json_each(?) AS list CROSS JOIN ops p ON p.id = list.value LEFT JOIN outcomes o ON o.op = p.id`

	rowsOfFirsts = `WITH wanted AS MATERIALIZED (SELECT value AS op FROM json_each(?) AS list)
		SELECT op, coalesce(r.del, 0) FROM wanted CROSS JOIN rows r INDEXED BY rows_first ON r.first = op`
	rowsOfDeletions = `WITH wanted AS MATERIALIZED (SELECT value AS op FROM json_each(?) AS list)
		SELECT op, coalesce(r.first, 0) FROM wanted CROSS JOIN rows r INDEXED BY rows_del ON r.del = op`
)

// count notes what records change, which must not have been written yet.
func (c *counter) count(tx *sql.Tx, records []jobs.Record) error {
	if err := c.read(tx, records); err != nil {
		return err
	}
	for _, r := range records {
		o := c.ops[r.ID]
		if o == nil { // an operation that the job does not have is in no count
			continue
		}
		for _, rows := range o.rows {
			c.rowChanges[c.rowKey(o, rows)] -= rows.n
		}
		c.add(o, -1, 0)
		o.now = countedStateOf(r.Outcome)
		for _, rows := range o.rows {
			c.rowChanges[c.rowKey(o, rows)] += rows.n
		}
		c.add(o, 1, Millis(r.Outcome.Finished))
		if r.Outcome.State.Settled() && o.alone() {
			delete(c.ops, r.ID)
		}
	}
	return nil
}

// add counts an operation in op_counts, where what is sent is pending: an intent, which changes
// nothing there, costs less for it.
func (c *counter) add(o *countedOp, n int, finished int64) {
	key := opKey{*o.class, o.now.state, o.now.blames}
	if key.state == sent {
		key.state = pending
	}
	change := c.opChanges[key]
	change.n, change.finished = change.n+n, max(change.finished, finished)
	c.opChanges[key] = change
}

// rowKey is what rows of an operation are counted by.
func (c *counter) rowKey(o *countedOp, rows rowsOf) rowKey {
	key := rowKey{verb: o.class.kind, account: o.class.lane}
	first, del := o, c.ops[rows.other]
	if rows.del {
		first, del = del, first
	}
	if first != nil {
		key.account, key.first, key.firstReason = first.class.lane, first.now.state, first.now.reason
	}
	if del != nil {
		key.del, key.delReason = del.now.state, del.now.reason
	}
	if first != nil && del != nil {
		key.verb = plan.Move.String()
	}
	return key
}

// read makes the counter know the operations of the records, and the others of their rows.
func (c *counter) read(tx *sql.Tx, records []jobs.Record) error {
	var unknown, known []plan.OpID
	for _, r := range records {
		if c.ops[r.ID] == nil {
			unknown = append(unknown, r.ID)
		}
	}
	if len(unknown) > 0 {
		for id, op := range c.claimed.take() { // all of them, with what the records need
			switch {
			case c.ops[id] != nil:
			case op.holds:
				c.ops[id] = &countedOp{class: c.class(op.class), now: op.now}
				known = append(known, id)
			default:
				unknown = append(unknown, id)
			}
		}
		unknown = slices.DeleteFunc(unknown, func(id plan.OpID) bool { return c.ops[id] != nil })
	}
	if err := c.readAll(tx, unknown, known); err != nil {
		return err
	}
	unknown = unknown[:0]
	for _, r := range records {
		if o := c.ops[r.ID]; o != nil {
			for _, rows := range o.rows {
				if rows.other != 0 && c.ops[rows.other] == nil {
					unknown = append(unknown, rows.other)
				}
			}
		}
	}
	return c.readAll(tx, unknown, nil)
}

// readAll reads operations, and their rows, and the rows of those that are known already.
func (c *counter) readAll(tx *sql.Tx, unknown, known []plan.OpID) error {
	if err := c.readStates(tx, unknown); err != nil {
		return err
	}
	var firsts, deletions []plan.OpID
	for _, id := range append(known, unknown...) {
		switch o := c.ops[id]; {
		case o == nil:
		case o.class.kind == deletion:
			deletions = append(deletions, id)
		default:
			firsts = append(firsts, id)
		}
	}
	return cmp.Or(c.readRows(tx, rowsOfFirsts, firsts, false), c.readRows(tx, rowsOfDeletions, deletions, true))
}

var (
	deletion      = plan.KindDelete.String()
	pending, sent = jobs.Pending.String(), jobs.Sent.String()
)

func (c *counter) readRows(tx *sql.Tx, text string, ids []plan.OpID, del bool) error {
	return c.query(tx, text, ids, func(r *record) error {
		id, other := plan.OpID(r.int()), plan.OpID(r.int())
		c.ops[id].addRow(rowsOf{other: other, del: del, n: 1})
		if other != 0 && c.shared {
			c.lent = append(c.lent, id)
		}
		return nil
	})
}

// query reads by a list of operations, which it sorts; of none, it reads nothing.
func (c *counter) query(tx *sql.Tx, text string, ids []plan.OpID, visit func(*record) error) error {
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	list, err := json.Marshal(slices.Compact(ids))
	if err != nil {
		return err
	}
	rows, err := c.tables.Query(tx, text, string(list))
	return eachRecord(rows, err, visit)
}

// readStates reads the operations without their rows.
func (c *counter) readStates(tx *sql.Tx, ids []plan.OpID) error {
	return c.query(tx, countedOps, ids, func(r *record) error {
		c.ops[plan.OpID(r.int())] = &countedOp{
			class: c.class(opClass{r.text(), plan.Account(r.text()), r.text()}),
			now:   countedState{r.text(), jobs.Reason(r.text()), r.bool()},
		}
		return nil
	})
}

func (c *counter) class(of opClass) *opClass {
	if kept := c.classes[of]; kept != nil {
		return kept
	}
	kept := new(opClass)
	*kept = of
	c.classes[of] = kept
	return kept
}

func (o *countedOp) addRow(r rowsOf) {
	for i := range o.rows {
		if o.rows[i].other == r.other && o.rows[i].del == r.del {
			o.rows[i].n += r.n
			return
		}
	}
	o.rows = append(o.rows, r)
}

// flush writes the changes of the transaction.
func (c *counter) flush(tx *sql.Tx) error {
	rows := make([]RowCount, 0, len(c.rowChanges))
	for k, n := range c.rowChanges {
		if n != 0 {
			rows = append(rows, k.count(n))
		}
	}
	ops := make([]OpCount, 0, len(c.opChanges))
	for k, change := range c.opChanges {
		if change != (opChange{}) {
			ops = append(ops, k.count(change))
		}
	}
	slices.SortFunc(rows, RowCount.compare) // two processes that add to the same counts do so in the same order
	slices.SortFunc(ops, OpCount.compare)
	if err := c.tables.AddCounts(tx, rows, ops); err != nil {
		return err
	}
	clear(c.rowChanges)
	clear(c.opChanges)
	for _, id := range c.lent {
		delete(c.ops, id)
	}
	c.lent = c.lent[:0]
	if len(c.ops) > maxCounted {
		c.forget()
	}
	return nil
}

// forget drops what the counter knows of operations, and which were read to be carried out: another
// process may do so from now on.
func (c *counter) forget() {
	c.claimed.forget()
	c.lent = c.lent[:0]
	clear(c.ops)
	clear(c.classes)
}
