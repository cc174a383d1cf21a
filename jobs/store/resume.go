package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"adferry/jobs"
	"adferry/plan"
)

// operationColumns are the columns of an operation p with outcome o, for record.operation.
var operationColumns = `p.id, p.kind, p.source, p.hash, p.target, p.file, p.needs, p.needed, p.guard, ` + outcomeColumns("o")

const outcomeWidth = 15

// outcomeColumns are the columns of an outcome with that name, for record.outcome:
// outcomeWidth of them.
func outcomeColumns(o string) string {
	const names = `state reason target_hash created seen tried attempts code subcode message trace started finished last_sent creatives`
	return o + "." + strings.ReplaceAll(names, " ", ", "+o+".")
}

// Waiting selects the unsettled operations whose needs are all settled, and their lanes.
var Waiting = `SELECT p.id, p.lane FROM ops p LEFT JOIN outcomes o ON o.op = p.id
	WHERE EXISTS (SELECT 1 FROM needs) AND p.needs = 1 AND ` + unsettled + ` AND NOT EXISTS (SELECT 1 FROM needs n LEFT JOIN outcomes o ON o.op = n.need
		WHERE n.op = p.id AND ` + unsettled + `)`

// Resume reads what is left to do. See jobs.Checkpoint.
func (j *Job) Resume(ctx context.Context) (jobs.ResumePoint, error) {
	var s jobs.ResumePoint
	var err error
	if s.Tally, err = j.tally(ctx); err != nil {
		return s, err
	}
	ops, err := j.opTotals(ctx)
	if err != nil {
		return s, err
	}
	s.Operations, s.Settled, s.Failed = ops.operations, ops.settled, ops.failed
	if s.Lanes, err = j.lanes(ctx); err != nil {
		return s, err
	}
	if s.Settled == s.Operations {
		return s, nil
	}
	s.Waiting, err = allRows(ctx, j.read, func(r *jobs.Released) []any { return []any{&r.ID, &r.Lane} }, Waiting+` ORDER BY p.id`)
	return s, j.readError(err)
}

// Quotas is the part of Resume about quotas: Lanes and Tally.
func (j *Job) Quotas(ctx context.Context) (s jobs.ResumePoint, err error) {
	if s.Tally, err = j.tally(ctx); err != nil {
		return s, err
	}
	s.Lanes, err = j.lanes(ctx)
	return s, err
}

// imposed is the condition that the wait of a lane l is one of the parks.
const imposed = `CASE WHEN (l.account, l.parked_until) IN (SELECT account, until FROM parks) THEN 1 ELSE 0 END`

// lanes returns the stored state of all ad accounts, and which of them have operations left.
func (j *Job) lanes(ctx context.Context) ([]jobs.LaneState, error) {
	into := func(l *jobs.LaneState) []any {
		return []any{&l.Account, &l.Work, &l.Tier, moment{&l.ParkedUntil}, &l.ParkedFor, &l.Imposed, &l.Calls, &l.Throttles, duration{&l.Parked}}
	}
	all, err := allRows(ctx, j.read, into, `WITH work AS (SELECT DISTINCT lane AS account FROM op_counts WHERE n > 0 AND state IN (`+OpenStates+`))
		SELECT account, 1, coalesce(l.tier, 0), coalesce(l.parked_until, 0), coalesce(l.parked_for, ''), `+imposed+`, coalesce(l.calls, 0), coalesce(l.throttles, 0), coalesce(l.parked, 0)
		FROM work LEFT JOIN lanes l USING (account)
		UNION ALL
		SELECT account, 0, tier, parked_until, parked_for, `+imposed+`, calls, throttles, parked FROM lanes l WHERE account NOT IN (SELECT account FROM work)
		ORDER BY 1`)
	return all, j.readError(err)
}

// Claim reads ready operations of a lane. See jobs.Checkpoint.
func (j *Job) Claim(ctx context.Context, c jobs.Claim) ([]jobs.Operation, error) {
	where, args := `p.lane = ? AND p.needs = 0 AND p.id > ? AND p.id <= ?`, []any{string(c.Lane), c.After, c.UpTo}
	if c.Source != "" {
		where, args = where+` AND p.source = ?`, append(args, string(c.Source))
	}
	if len(c.Except) > 0 {
		where += ` AND p.source NOT IN (?` + strings.Repeat(`, ?`, len(c.Except)-1) + `)`
	}
	for _, source := range c.Except {
		args = append(args, string(source))
	}
	query := j.read.queryPrepared
	if len(c.Except) > 0 { // as many texts as there are numbers of accounts
		query = j.read.QueryContext
	}
	j.beginClaim()
	rows, err := query(ctx, `SELECT `+operationColumns+` FROM ops p INDEXED BY ops_lane LEFT JOIN outcomes o ON o.op = p.id
		WHERE `+where+` AND `+unsettled+` ORDER BY p.id LIMIT ?`, append(args, c.Most)...)
	return j.toCarryOut(rows, err, c.Most)
}

// Load reads operations by ID, with those that they wait for. See jobs.Checkpoint.
func (j *Job) Load(ctx context.Context, ids []plan.OpID) ([]jobs.Operation, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list := idList(ids)
	j.beginClaim()
	rows, err := j.read.QueryContext(ctx, `SELECT `+operationColumns+` FROM ops p LEFT JOIN outcomes o ON o.op = p.id WHERE p.id IN `+list+` ORDER BY p.id`)
	all, err := j.toCarryOut(rows, err, len(ids))
	if err != nil {
		return nil, err
	}
	return all, j.withNeeds(ctx, all)
}

// withNeeds adds the operations that each one waits for, with one query for all.
func (j *Job) withNeeds(ctx context.Context, all []jobs.Operation) error {
	index := map[plan.OpID]int{}
	var ids []plan.OpID
	for i, o := range all {
		if o.Op.Needs {
			index[o.ID] = i
			ids = append(ids, o.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := j.read.QueryContext(ctx, `SELECT n.op, `+operationColumns+` FROM needs n JOIN ops p ON p.id = n.need
		LEFT JOIN outcomes o ON o.op = p.id WHERE n.op IN `+idList(ids)+` ORDER BY n.op, p.id`)
	return j.readError(eachRecord(rows, err, func(r *record) error {
		o := &all[index[plan.OpID(r.int())]]
		need, err := r.operation(j.db)
		o.Needs = append(o.Needs, need)
		return err
	}))
}

// beginClaim tells the writer that operations are about to be read that it will write.
func (j *Job) beginClaim() {
	if j.writer != nil {
		j.writer.counter.claimed.begin()
	}
}

// toCarryOut reads operations, at most so many, after beginClaim.
func (j *Job) toCarryOut(rows *sql.Rows, err error, most int) ([]jobs.Operation, error) {
	all, err := j.allOperations(rows, err, make([]jobs.Operation, 0, most))
	if j.writer != nil {
		j.writer.counter.claimed.add(all, j.writer.shared != nil)
	}
	return all, err
}

func (j *Job) operations(ctx context.Context, query string, args ...any) ([]jobs.Operation, error) {
	rows, err := j.read.QueryContext(ctx, query, args...)
	return j.allOperations(rows, err, nil)
}

// allOperations appends the operations that a query brings.
func (j *Job) allOperations(rows *sql.Rows, err error, all []jobs.Operation) ([]jobs.Operation, error) {
	err = eachRecord(rows, err, func(r *record) error {
		o, err := r.operation(j.db)
		all = append(all, o)
		return err
	})
	return all, j.readError(err)
}

// operation takes operationColumns of a job in a database.
func (r *record) operation(db Database) (jobs.Operation, error) {
	var o jobs.Operation
	o.ID = plan.OpID(r.int())
	kind := r.text()
	o.Source, o.Hash, o.Target, o.File = plan.Account(r.text()), plan.Hash(r.text()), plan.Account(r.text()), r.text()
	o.Op.Needs, o.Needed = r.bool(), r.bool()
	guard := r.text()
	out, err := r.outcome()
	if out != nil {
		o.Outcome = *out
	} else {
		o.Outcome.State = jobs.Pending
	}
	if err = cmp.Or(r.err, err, o.Kind.UnmarshalText([]byte(kind)), o.Guard.UnmarshalText([]byte(guard))); err != nil {
		err = db.Damaged(fmt.Errorf("operation %d: %w", o.ID, err))
	}
	return o, err
}

// outcome takes outcomeColumns. It is nil if the operation was never sent.
func (r *record) outcome() (*jobs.Outcome, error) {
	state := r.value()
	if state == nil {
		r.next += outcomeWidth - 1
		return nil, nil
	}
	r.next-- // the state is a text
	var o jobs.Outcome
	if err := o.State.UnmarshalText([]byte(r.text())); err != nil {
		return nil, err
	}
	o.Reason, o.TargetHash, o.Created, o.ConfirmedAt = jobs.Reason(r.text()), plan.Hash(r.text()), r.bool(), TimeOf(r.int())
	o.Tried, o.Attempts, o.Code, o.Subcode = r.bool(), int(r.int()), int(r.int()), int(r.int())
	o.Message, o.TraceID = r.text(), r.text()
	o.Started, o.Finished, o.LastSent, o.Creatives = TimeOf(r.int()), TimeOf(r.int()), TimeOf(r.int()), r.text()
	return &o, nil
}

func (j *Job) tally(ctx context.Context) (jobs.Tally, error) {
	var text string
	err := j.read.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = 'tally'`).Scan(&text)
	if err == sql.ErrNoRows {
		return jobs.Tally{}, nil
	}
	if err != nil {
		return jobs.Tally{}, j.readError(err)
	}
	var t jobs.Tally
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return t, j.db.Damaged(fmt.Errorf("meta tally: %w", err))
	}
	return t, nil
}

func idList(ids []plan.OpID) string {
	return "(" + strings.ReplaceAll(strings.Trim(fmt.Sprint(ids), "[]"), " ", ",") + ")"
}
