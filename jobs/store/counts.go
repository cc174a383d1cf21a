package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"adferry/jobs"
	"adferry/jobs/outlook"
	"adferry/plan"
)

// countSchema has the tables of the counts of rows and operations, which the writer keeps in the
// transactions that change them, so that reading them takes no longer for a large job than for a
// small one. The indexes find the rows of an operation.
const countSchema = `
CREATE TABLE row_counts (verb TEXT NOT NULL, account TEXT NOT NULL, first TEXT NOT NULL, first_reason TEXT NOT NULL,
	del TEXT NOT NULL, del_reason TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (verb, account, first, first_reason, del, del_reason)) WITHOUT ROWID;
CREATE TABLE op_counts (kind TEXT NOT NULL, lane TEXT NOT NULL, others TEXT NOT NULL, state TEXT NOT NULL, blames INTEGER NOT NULL,
	n INTEGER NOT NULL, finished INTEGER NOT NULL, PRIMARY KEY (kind, lane, others, state, blames)) WITHOUT ROWID;
`

const rowIndexes = `
CREATE INDEX rows_first ON rows (first, del) WHERE first IS NOT NULL;
CREATE INDEX rows_del ON rows (del, first) WHERE del IS NOT NULL;
`

// countRows and countOps compute what is in row_counts and op_counts.
var (
	countRows = `SELECT r.verb, coalesce(p.target, q.source) AS account,
	CASE WHEN r.first IS NULL THEN '' ELSE coalesce(o.state, 'pending') END AS first, coalesce(o.reason, '') AS first_reason,
	CASE WHEN r.del IS NULL THEN '' ELSE coalesce(d.state, 'pending') END AS del, coalesce(d.reason, '') AS del_reason, count(*) AS n
	FROM rows r LEFT JOIN ops p ON p.id = r.first LEFT JOIN ops q ON q.id = r.del
	LEFT JOIN outcomes o ON o.op = r.first LEFT JOIN outcomes d ON d.op = r.del
	GROUP BY 1, 2, 3, 4, 5, 6`

	countOps = `SELECT p.kind, p.lane, ` + otherAccounts + ` AS others, CASE WHEN ` + unsettled + ` THEN 'pending' ELSE o.state END AS state,
	` + blames + ` AS blames, count(*) AS n, coalesce(max(o.finished), 0) AS finished
	FROM ops p LEFT JOIN outcomes o ON o.op = p.id GROUP BY 1, 2, 3, 4, 5`
)

// otherAccounts are the ad accounts besides its lane that can keep an operation p back: the one
// that it is read in or, if it waits for others, those that their images come to.
const otherAccounts = `CASE WHEN p.needs = 1 THEN coalesce((SELECT string_agg(target, ' ' ORDER BY target) FROM
	(SELECT DISTINCT q.target FROM needs n JOIN ops q ON q.id = n.need WHERE n.op = p.id AND q.target <> '') AS targets), '') ELSE p.source END`

// recount counts everything anew.
var recount = `DELETE FROM row_counts; DELETE FROM op_counts;
	INSERT INTO row_counts ` + countRows + `; INSERT INTO op_counts ` + countOps + `;`

// miscounted reports whether the counts differ from the rows in a way that takes no more than
// counting to see. Then someone has edited the job: adferry writes both in one transaction. The
// registry relies on the counts for the ad accounts that a job uses, so that none may be missing.
var miscounted = `SELECT (SELECT count(*) FROM rows) IS NOT (SELECT coalesce(sum(n), 0) FROM row_counts)
	OR (SELECT count(*) FROM ops) IS NOT (SELECT coalesce(sum(n), 0) FROM op_counts)
	OR EXISTS (SELECT * FROM (SELECT DISTINCT kind, lane, CASE WHEN kind = 'delete' THEN '' ELSE ` + otherAccounts + ` END FROM ops p)
		EXCEPT SELECT kind, lane, CASE WHEN kind = 'delete' THEN '' ELSE others END FROM op_counts)
	OR EXISTS (SELECT 1 FROM op_counts WHERE state = 'sent' AND n <> 0)
	OR EXISTS (SELECT 1 FROM (SELECT state, n FROM op_counts UNION ALL SELECT state, -count(*) FROM outcomes GROUP BY 1)
		WHERE state NOT IN (` + OpenStates + `) GROUP BY state HAVING sum(n) <> 0)`

// freshCounts are the counts of a new job, of which nothing was sent.
type freshCounts struct {
	rows map[rowKey]int
	ops  map[opKey]int
}

func newFreshCounts() freshCounts { return freshCounts{map[rowKey]int{}, map[opKey]int{}} }

func (c freshCounts) addRow(r plan.Row) {
	key := rowKey{verb: r.Verb.String(), account: r.Account}
	if r.Copy != 0 {
		key.first = pending
	}
	if r.Delete != 0 {
		key.del = pending
	}
	c.rows[key]++
}

func (c freshCounts) addOp(p *plan.Plan, o plan.Op) {
	key := opKey{opClass{o.Kind.String(), o.Lane(), string(o.Source)}, pending, false}
	if o.Needs {
		key.others = spaced(p.WaitsFor(o.ID))
	}
	c.ops[key]++
}

func (c freshCounts) of(p *plan.Plan) Loaded {
	l := Loaded{Plan: p}
	for k, n := range c.rows {
		l.Rows = append(l.Rows, k.count(n))
	}
	for k, n := range c.ops {
		l.Ops = append(l.Ops, k.count(opChange{n: n}))
	}
	return l
}

// spaced lists accounts as others does.
func spaced(accounts []plan.Account) string {
	var b strings.Builder
	for i, a := range accounts {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(string(a))
	}
	return b.String()
}

// classes are those of the job's operations, or of those that a condition selects, each once.
func (j *Job) classes(ctx context.Context, condition string, args ...any) ([]opClass, error) {
	all, err := allRows(ctx, j.read, func(c *opClass) []any { return []any{&c.kind, &c.lane, &c.others} }, `SELECT DISTINCT kind, lane, others FROM op_counts`+condition, args...)
	return all, j.readError(err)
}

// otherAccounts are the accounts in others.
func (c opClass) otherAccounts() (all []plan.Account) {
	for name := range strings.FieldsSeq(c.others) {
		all = append(all, plan.Account(name))
	}
	return all
}

// count counts the rows of a summary. FateOf is called once for all rows that it is equal for.
func (j *Job) count(ctx context.Context, s *jobs.Summary) error {
	rows, err := j.read.QueryContext(ctx, `SELECT verb, account, first, first_reason, del, del_reason, n FROM row_counts WHERE n > 0`)
	return j.readError(eachRow(rows, err, func(scan func(...any) error) error {
		var k rowKey
		var n int
		if err := scan(&k.verb, &k.account, &k.first, &k.firstReason, &k.del, &k.delReason, &n); err != nil {
			return err
		}
		fate, err := k.fate()
		if err != nil {
			return j.db.Damaged(err)
		}
		addRows(s, k.verb, k.account, fate, n)
		return nil
	}))
}

// rowKey is what rows have in common that are counted together: the states and reasons are
// those of the operations, and empty for one that the rows do not have.
type rowKey struct {
	verb        string
	account     plan.Account
	first       string
	firstReason jobs.Reason
	del         string
	delReason   jobs.Reason
}

func (k rowKey) count(n int) RowCount {
	return RowCount{k.verb, k.account, k.first, k.firstReason, k.del, k.delReason, n}
}

// fate is what became of the rows, without the details that are not counted.
func (k rowKey) fate() (jobs.Fate, error) {
	first, err := outcomeIn(k.first, k.firstReason)
	if err != nil {
		return jobs.Fate{}, err
	}
	del, err := outcomeIn(k.del, k.delReason)
	return jobs.FateOf(first, del), err
}

// outcomeIn is an outcome with that state and reason; nil if there is no state.
func outcomeIn(state string, reason jobs.Reason) (*jobs.Outcome, error) {
	if state == "" {
		return nil, nil
	}
	o := &jobs.Outcome{Reason: reason}
	return o, o.State.UnmarshalText([]byte(state))
}

// opTotals are totals over a job's operations.
type opTotals struct {
	operations, settled, failed int       // failed: as jobs.Outcome.Blames counts them
	finished                    time.Time // when the last of those settled was
}

// totalsOfOps selects opTotals of the counts that follow.
var totalsOfOps = `SELECT coalesce(sum(n), 0), coalesce(sum(n) FILTER (WHERE state IN (` + settledStates + `)), 0),
	coalesce(sum(n) FILTER (WHERE blames = 1), 0), coalesce(max(finished), 0) FROM `

func (t *opTotals) columns() []any {
	return []any{&t.operations, &t.settled, &t.failed, moment{&t.finished}}
}

func (j *Job) opTotals(ctx context.Context) (t opTotals, err error) {
	err = j.read.QueryRowContext(ctx, totalsOfOps+`op_counts WHERE n > 0`).Scan(t.columns()...)
	return t, j.readError(err)
}

// workLeft returns how many operations are not settled, by what can keep them back: their lane,
// and of the other accounts the one that is parked the longest.
func (j *Job) workLeft(ctx context.Context, lanes []jobs.LaneState) ([]outlook.Work, error) {
	until := map[plan.Account]time.Time{}
	for _, l := range lanes {
		until[l.Account] = l.ParkedUntil
	}
	rows, err := j.read.QueryContext(ctx, `SELECT lane, others, n FROM op_counts WHERE n > 0 AND state IN (`+OpenStates+`)`)
	left := map[outlook.Work]int{}
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var w outlook.Work
		var others string
		var n int
		err := scan(&w.Lane, &others, &n)
		for _, a := range (opClass{others: others}).otherAccounts() {
			if w.Other == "" || until[a].After(until[w.Other]) {
				w.Other = a
			}
		}
		if w.Other == w.Lane {
			w.Other = ""
		}
		left[w] += n
		return err
	})
	all := make([]outlook.Work, 0, len(left))
	for w, n := range left {
		w.Operations = n
		all = append(all, w)
	}
	slices.SortFunc(all, func(a, b outlook.Work) int {
		return cmp.Or(cmp.Compare(a.Lane, b.Lane), cmp.Compare(a.Other, b.Other))
	})
	return all, j.readError(err)
}
