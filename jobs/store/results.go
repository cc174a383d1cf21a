package store

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"strings"

	"adferry/jobs"
	"adferry/plan"
)

// pageRows is how many rows one query reads. A query that took minutes would keep SQLite from
// reusing the write-ahead log.
const pageRows = 5000

// Results streams the manifest's rows with their fates, in manifest order.
func (j *Job) Results(ctx context.Context) iter.Seq2[jobs.Result, error] {
	return func(yield func(jobs.Result, error) bool) {
		deletes, err := j.Deletes(ctx)
		if err != nil {
			yield(jobs.Result{}, err)
			return
		}
		pages(pageRows, func(after jobs.Result) ([]jobs.Result, error) { return j.resultPage(ctx, after.Line, deletes > 0) })(yield)
	}
}

// resultPage reads the rows after a line. Where the job has no deletions, none are looked for.
func (j *Job) resultPage(ctx context.Context, after int, deletes bool) ([]jobs.Result, error) {
	const first = `r.line, r.verb, r.record, r.first IS NOT NULL, `
	query := `SELECT ` + first + `p.source, p.hash, p.target, p.file, ` + fateColumns("o") + `, 0
		FROM rows r LEFT JOIN ops p ON p.id = r.first LEFT JOIN outcomes o ON o.op = r.first`
	if deletes {
		query = `SELECT ` + first + `coalesce(p.source, q.source), coalesce(p.hash, q.hash), p.target, p.file, ` + fateColumns("o") + `, r.del IS NOT NULL, ` + fateColumns("d") + `
		FROM rows r LEFT JOIN ops p ON p.id = r.first LEFT JOIN ops q ON q.id = r.del
		LEFT JOIN outcomes o ON o.op = r.first LEFT JOIN outcomes d ON d.op = r.del`
	}
	rows, err := j.read.QueryContext(ctx, query+` WHERE r.line > ? ORDER BY r.line LIMIT ?`, after, pageRows)
	all := make([]jobs.Result, 0, pageRows)
	err = eachRecord(rows, err, func(r *record) error {
		row, err := r.result()
		if err != nil {
			return j.db.Damaged(fmt.Errorf("line %d: %w", row.Line, err))
		}
		all = append(all, row)
		return nil
	})
	return all, j.readError(err)
}

// result takes the columns of resultPage.
func (r *record) result() (jobs.Result, error) {
	var row jobs.Result
	row.Line = int(r.int())
	verb := r.text()
	row.Record = r.text()
	hasFirst := r.bool()
	row.Source, row.Hash, row.Target, row.File = plan.Account(r.text()), plan.Hash(r.text()), plan.Account(r.text()), r.text()
	first, errFirst := r.fate(hasFirst)
	var del *jobs.Outcome
	var errDel error
	if r.bool() {
		del, errDel = r.fate(true)
	}
	row.Fate = jobs.FateOf(first, del)
	return row, cmp.Or(r.err, row.Verb.UnmarshalText([]byte(verb)), errFirst, errDel)
}

// fateColumns are the columns of an outcome with that name that a row's fate depends on, for
// record.fate: fateWidth of them.
func fateColumns(o string) string {
	const names = `state reason target_hash attempts code subcode message trace started finished`
	return o + "." + strings.ReplaceAll(names, " ", ", "+o+".")
}

const fateWidth = 10

// fate takes fateColumns: an outcome that is pending if the operation was never sent, and nil if
// the row has no such operation.
func (r *record) fate(has bool) (*jobs.Outcome, error) {
	state := r.value()
	if !has || state == nil {
		r.next += fateWidth - 1
		if !has {
			return nil, nil
		}
		return &jobs.Outcome{State: jobs.Pending}, nil
	}
	r.next-- // the state is a text
	var o jobs.Outcome
	if err := o.State.UnmarshalText([]byte(r.text())); err != nil {
		return nil, err
	}
	o.Reason, o.TargetHash, o.Attempts, o.Code, o.Subcode = jobs.Reason(r.text()), plan.Hash(r.text()), int(r.int()), int(r.int()), int(r.int())
	o.Message, o.TraceID, o.Started, o.Finished = r.text(), r.text(), timeOf(r.int()), timeOf(r.int())
	return &o, nil
}

// Mappings streams the copies whose images are in their targets, without those that a chain of
// moves has moved on from there.
func (j *Job) Mappings(ctx context.Context) iter.Seq2[jobs.Mapping, error] {
	return func(yield func(jobs.Mapping, error) bool) {
		deletes, err := j.Deletes(ctx)
		if err != nil {
			yield(jobs.Mapping{}, err)
			return
		}
		last := plan.OpID(0)
		pages(pageRows, func(jobs.Mapping) (page []jobs.Mapping, err error) {
			page, last, err = j.mappingPage(ctx, last, deletes > 0)
			return page, err
		})(yield)
	}
}

// mappingPage reads the mappings of operations after one, and returns the last. Without
// deletions there are no chains to look for.
func (j *Job) mappingPage(ctx context.Context, after plan.OpID, deletes bool) (page []jobs.Mapping, last plan.OpID, err error) {
	stays := `TRUE`
	if deletes {
		stays = `NOT ` + movedOn
	}
	rows, err := j.read.QueryContext(ctx, `SELECT p.id, p.source, p.hash, p.target, o.target_hash
		FROM ops p JOIN outcomes o ON o.op = p.id
		WHERE p.id > ? AND p.kind = 'copy' AND o.state IN ('done', 'skipped')
		AND `+stays+`
		ORDER BY p.id LIMIT ?`, int64(after), pageRows)
	err = eachRecord(rows, err, func(r *record) error {
		last = plan.OpID(r.int())
		page = append(page, jobs.Mapping{Source: plan.Account(r.text()), SourceHash: plan.Hash(r.text()), Target: plan.Account(r.text()), TargetHash: plan.Hash(r.text())})
		return nil
	})
	return page, last, j.readError(err)
}
