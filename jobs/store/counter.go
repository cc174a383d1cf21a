package store

import (
	"database/sql"
	"encoding/json"
	"slices"

	"adferry/jobs"
	"adferry/plan"
)

// maxCounted is how many operations a counter keeps from one transaction to the next, which is
// more than are under way at a time.
const maxCounted = 16384

// counter keeps the counts of a job up to date, in the transactions of the writer. It knows the
// operations that were written last, so that what their intents had to read of the job is not
// read again for their outcomes.
type counter struct {
	ops map[plan.OpID]*countedOp

	// The changes of the transaction.
	rowChanges map[rowKey]int
	opChanges  map[opKey]opChange

	readOps, readRows         *sql.Stmt // by a JSON array of IDs
	addRowChange, addOpChange *sql.Stmt
}

// countedOp is an operation with what the counts need of it.
type countedOp struct {
	class opClass
	rows  []rowsOf
	now   countedState
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

type opChange struct {
	n        int
	finished int64 // the latest, in milliseconds since 1970
}

// newCounter prepares the statements of a counter.
func newCounter(prepare func(into **sql.Stmt, text string) error) (*counter, error) {
	c := &counter{ops: map[plan.OpID]*countedOp{}, rowChanges: map[rowKey]int{}, opChanges: map[opKey]opChange{}}
	for _, s := range []struct {
		stmt **sql.Stmt
		text string
	}{
		{&c.readOps, `SELECT p.id, p.kind, p.lane, ` + otherAccounts + `, coalesce(o.state, 'pending'), coalesce(o.reason, ''), coalesce(` + blames + `, 0)
			FROM json_each(?) wanted CROSS JOIN ops p ON p.id = wanted.value LEFT JOIN outcomes o ON o.op = p.id`},
		{&c.readRows, `WITH wanted AS MATERIALIZED (SELECT value AS op FROM json_each(?))
			SELECT op, coalesce(del, 0), 0 FROM wanted CROSS JOIN rows INDEXED BY rows_first ON first = op
			UNION ALL
			SELECT op, coalesce(first, 0), 1 FROM wanted CROSS JOIN rows INDEXED BY rows_del ON del = op`},
		{&c.addRowChange, `INSERT INTO row_counts VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n`},
		{&c.addOpChange, `INSERT INTO op_counts VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n, finished = max(finished, excluded.finished)`},
	} {
		if err := prepare(s.stmt, s.text); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// count notes what records change, which must not have been written yet.
func (c *counter) count(tx *sql.Tx, records []jobs.Record) error {
	if err := c.read(tx, records); err != nil {
		return err
	}
	for _, r := range records {
		o := c.ops[r.ID]
		next := countedState{r.Outcome.State.String(), r.Outcome.Reason, r.Outcome.Blames()}
		if o == nil { // an operation that the job does not have is in no count
			continue
		}
		for _, rows := range o.rows {
			c.rowChanges[c.rowKey(o, rows)] -= rows.n
		}
		c.add(o, -1, 0)
		o.now = next
		for _, rows := range o.rows {
			c.rowChanges[c.rowKey(o, rows)] += rows.n
		}
		c.add(o, 1, millis(r.Outcome.Finished))
	}
	return nil
}

func (c *counter) add(o *countedOp, n int, finished int64) {
	key := opKey{o.class, o.now.state, o.now.blames}
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
	var unknown []plan.OpID
	for _, r := range records {
		if c.ops[r.ID] == nil {
			unknown = append(unknown, r.ID)
		}
	}
	if err := c.readAll(tx, unknown); err != nil {
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
	return c.readAll(tx, unknown)
}

func (c *counter) readAll(tx *sql.Tx, ids []plan.OpID) error {
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	list, err := json.Marshal(slices.Compact(ids))
	if err != nil {
		return err
	}
	if err := c.readStates(tx, string(list)); err != nil {
		return err
	}
	rows, err := tx.Stmt(c.readRows).Query(string(list))
	return eachRecord(rows, err, func(r *record) error {
		if o := c.ops[plan.OpID(r.int())]; o != nil {
			o.addRow(rowsOf{other: plan.OpID(r.int()), del: r.bool(), n: 1})
		}
		return nil
	})
}

// readStates reads the operations without their rows.
func (c *counter) readStates(tx *sql.Tx, list string) error {
	rows, err := tx.Stmt(c.readOps).Query(list)
	return eachRecord(rows, err, func(r *record) error {
		c.ops[plan.OpID(r.int())] = &countedOp{
			class: opClass{r.text(), plan.Account(r.text()), r.text()},
			now:   countedState{r.text(), jobs.Reason(r.text()), r.bool()},
		}
		return nil
	})
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
	for k, n := range c.rowChanges {
		if n == 0 {
			continue
		}
		if _, err := tx.Stmt(c.addRowChange).Exec(k.verb, string(k.account), k.first, string(k.firstReason), k.del, string(k.delReason), n); err != nil {
			return err
		}
	}
	for k, change := range c.opChanges {
		if change == (opChange{}) {
			continue
		}
		if _, err := tx.Stmt(c.addOpChange).Exec(k.kind, string(k.lane), k.others, k.state, k.blames, change.n, change.finished); err != nil {
			return err
		}
	}
	clear(c.rowChanges)
	clear(c.opChanges)
	if len(c.ops) > maxCounted {
		c.forget()
	}
	return nil
}

// forget drops what the counter knows of operations.
func (c *counter) forget() { clear(c.ops) }
