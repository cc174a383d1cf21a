package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"

	"adferry/jobs"
	"adferry/plan"
)

// maxMerged is how many requests one transaction may have.
const maxMerged = 512

// errClosed means that the job was closed before the change was written.
var errClosed = errors.New("the job is closed")

// writer is the goroutine that writes. It merges the changes that arrive
// while the disk is busy into one durable transaction.
type writer struct {
	tables Tables
	queue  chan *request
	closed chan struct{} // no more requests
	broken chan struct{} // closed when a write failed: there will be no other
	why    error         // of that, once broken is closed
	ended  chan struct{} // the goroutine has ended
	once   sync.Once

	counter *counter
	shared  SharedTables // of tables that other processes write, too; nil: there are none
}

// request is one caller's change, or something else that is done in a transaction.
type request struct {
	change   jobs.Change
	alter    func(*sql.Tx) error
	released []jobs.Released
	done     chan error
}

func newWriter(tables Tables) *writer {
	w := &writer{
		tables: tables, queue: make(chan *request, maxMerged), counter: newCounter(tables),
		closed: make(chan struct{}), broken: make(chan struct{}), ended: make(chan struct{}),
	}
	w.shared, w.counter.shared = sharedTables(tables)
	go w.run()
	return w
}

// Commit makes the change durable. See jobs.Checkpoint.
func (j *Job) Commit(_ context.Context, c jobs.Change) ([]jobs.Released, error) {
	r := &request{change: c}
	err := j.writer.do(r)
	return r.released, err
}

// alter does something in a transaction of its own, which may change what the counter knows.
func (w *writer) alter(f func(*sql.Tx) error) error { return w.do(&request{alter: f}) }

// do sends the request to the writer and waits until it is durable. A change must be completed,
// so there is no context that could end it.
func (w *writer) do(r *request) error {
	w.post(r)
	return w.wait(r)
}

// post sends the request to the writer. What is posted later is written later.
func (w *writer) post(r *request) {
	r.done = make(chan error, 1)
	select {
	case w.queue <- r:
	case <-w.closed:
		r.done <- errClosed
	}
}

// wait waits until a request that was posted is durable.
func (w *writer) wait(r *request) error {
	select {
	case err := <-r.done:
		return err
	case <-w.ended:
		select {
		case err := <-r.done:
			return err
		default:
			return errClosed
		}
	}
}

func (w *writer) close() (err error) {
	w.once.Do(func() {
		close(w.closed)
		<-w.ended
		err = w.tables.Close()
	})
	return err
}

// run writes requests until the job is closed. After an error it refuses all others.
func (w *writer) run() {
	defer close(w.ended)
	var idle <-chan time.Time
	if every := w.tables.AliveEvery(); every > 0 {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		idle = ticker.C
	}
	var failed error
	for {
		var batch []*request
		select {
		case r := <-w.queue:
			batch = append(batch, r)
		case <-idle:
			if failed == nil {
				failed = w.check(w.tables.Alive())
			}
			continue
		case <-w.closed:
			select { // requests from before the close are still written
			case r := <-w.queue:
				batch = append(batch, r)
			default:
				return
			}
		}
		runtime.Gosched() // whoever is about to send a request does so: a quarter of the transactions are left
		for len(batch) < maxMerged {
			select {
			case r := <-w.queue:
				batch = append(batch, r)
				continue
			default:
			}
			break
		}
		for rest := batch; len(rest) > 0; {
			n := together(rest)
			if failed == nil {
				failed = w.check(w.transact(rest[:n]))
			}
			for _, r := range rest[:n] {
				if failed != nil {
					r.released = nil
				}
				r.done <- failed
			}
			rest = rest[n:]
		}
	}
}

// together is how many of the requests are one transaction: all changes up to something else, which
// is one of its own. So a transaction always locks tables in the same order.
func together(batch []*request) int {
	n := slices.IndexFunc(batch, func(r *request) bool { return r.alter != nil })
	if n < 0 {
		return len(batch)
	}
	return max(1, n)
}

// check notes that the job can no longer be written if there is an error.
func (w *writer) check(err error) error {
	if err == nil {
		return nil
	}
	w.why = w.tables.WriteError(err)
	close(w.broken)
	return w.why
}

// transact applies the requests in one transaction.
func (w *writer) transact(batch []*request) error {
	tx, err := w.tables.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	alter := batch[0].alter
	var merged Writes
	if alter != nil {
		err = alter(tx)
	} else {
		merged = merge(batch)
		err = w.apply(tx, batch, merged)
	}
	if err == nil {
		err = tx.Commit()
	}
	switch {
	case err != nil:
	case alter != nil:
		w.counter.forget()
	default:
		w.counter.claimed.wrote(merged.Records)
	}
	return err
}

// apply writes changes, what they do to the counts, and which operations they release.
func (w *writer) apply(tx *sql.Tx, batch []*request, merged Writes) error {
	if w.shared != nil {
		if err := w.shared.Lock(tx, merged.seenByOthers()); err != nil {
			return err
		}
	}
	if err := w.counter.count(tx, merged.Records); err != nil {
		return err
	}
	if err := w.counter.flush(tx); err != nil {
		return err
	}
	if w.shared != nil {
		if err := w.countAll(tx, merged.Samples); err != nil {
			return err
		}
	}
	if err := w.tables.Write(tx, merged); err != nil {
		return err
	}
	return w.release(tx, batch)
}

// releasedBy selects the operations that waited for one of a list and no longer wait for any, unless
// they are settled: an outcome of what they waited for may change after that.
var releasedBy = `SELECT DISTINCT d.need, d.op, p.lane FROM json_each(?) AS list CROSS JOIN needs d ON d.need = list.value JOIN ops p ON p.id = d.op
	LEFT JOIN outcomes o ON o.op = d.op WHERE ` + unsettled + ` AND NOT EXISTS (SELECT 1 FROM needs n LEFT JOIN outcomes o ON o.op = n.need WHERE n.op = d.op AND ` + unsettled + `) ORDER BY d.need, d.op`

// release adds the operations that no longer wait for any other to the first of the requests
// that settled one of those they waited for.
func (w *writer) release(tx *sql.Tx, batch []*request) error {
	var settled []plan.OpID
	for _, r := range batch {
		for _, rec := range r.change.Records {
			if rec.Needed && rec.Outcome.State.Settled() {
				settled = append(settled, rec.ID)
			}
		}
	}
	if len(settled) == 0 {
		return nil
	}
	free, err := w.freed(tx, settled)
	if err != nil || len(free) == 0 {
		return err
	}
	all := slices.Concat(slices.Collect(maps.Values(free))...)
	slices.SortFunc(all, func(a, b jobs.Released) int { return cmp.Compare(a.ID, b.ID) })
	mine, err := w.tables.Release(tx, slices.Compact(all))
	if err != nil {
		return err
	}
	untold := make(map[jobs.Released]bool, len(mine))
	for _, f := range mine {
		untold[f] = true
	}
	for _, r := range batch {
		for _, rec := range r.change.Records {
			for _, f := range free[rec.ID] {
				if untold[f] {
					delete(untold, f)
					r.released = append(r.released, f)
				}
			}
		}
	}
	return nil
}

// freed returns the operations that no longer wait for any other, by each of the settled ones
// that they waited for.
func (w *writer) freed(tx *sql.Tx, settled []plan.OpID) (map[plan.OpID][]jobs.Released, error) {
	list, err := json.Marshal(settled)
	if err != nil {
		return nil, err
	}
	free := map[plan.OpID][]jobs.Released{}
	rows, err := w.tables.Query(tx, releasedBy, string(list))
	err = eachRecord(rows, err, func(r *record) error {
		need := plan.OpID(r.int())
		free[need] = append(free[need], jobs.Released{ID: plan.OpID(r.int()), Lane: plan.Account(r.text())})
		return nil
	})
	return free, err
}
