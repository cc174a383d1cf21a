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

// pageLines is how many lines of the manifest one query reads. A query that took minutes would keep
// SQLite from reusing the write-ahead log.
const pageLines = 2500

// pagesAhead is how many pages are read while one is yielded: reading a row takes several times as
// long as writing it.
const pagesAhead = 2

// Results streams the manifest's rows with their fates, in manifest order.
func (j *Job) Results(ctx context.Context) iter.Seq2[jobs.Result, error] {
	return func(yield func(jobs.Result, error) bool) {
		deletes, err := j.Deletes(ctx)
		lines := 0
		if err == nil {
			err = j.readError(j.read.QueryRowContext(ctx, `SELECT coalesce(max(line), 0) FROM rows`).Scan(&lines))
		}
		if err != nil {
			yield(jobs.Result{}, err)
			return
		}
		var memory [pagesAhead + 1][]resultRow // a page is read into that of one that was yielded
		last := plan.OpID(0)                   // the highest of a row's copy or upload so far: it is the first mention of all up to it
		for page, err := range inOrder((lines+pageLines-1)/pageLines, pagesAhead, func(i int) ([]resultRow, error) {
			kept := &memory[i%len(memory)]
			rows, err := j.resultPage(ctx, (*kept)[:0], i*pageLines, (i+1)*pageLines, deletes > 0)
			*kept = rows
			return rows, err
		}) {
			if err != nil {
				yield(jobs.Result{}, err)
				return
			}
			for _, row := range page {
				row.Mapped = row.Mapped && row.first > last
				last = max(last, row.first)
				if !yield(row.Result, nil) {
					return
				}
			}
		}
	}
}

// resultRow is a result with its row's copy or upload, 0 if it has none.
type resultRow struct {
	jobs.Result
	first plan.OpID
}

// resultPage appends the rows after a line, up to another. Where the job has no deletions, neither
// they nor chains are looked for.
func (j *Job) resultPage(ctx context.Context, all []resultRow, after, upTo int, deletes bool) ([]resultRow, error) {
	query := `SELECT r.line, r.verb, r.record, r.first, p.source, p.hash, p.target, p.file, ` + fateColumns("o") + `
		FROM rows r LEFT JOIN ops p ON p.id = r.first LEFT JOIN outcomes o ON o.op = r.first`
	if deletes {
		query = `SELECT r.line, r.verb, r.record, r.first, coalesce(p.source, q.source), coalesce(p.hash, q.hash), p.target, p.file, ` + fateColumns("o") + `, ` + movedOn + `, r.del IS NOT NULL, ` + fateColumns("d") + `
		FROM rows r LEFT JOIN ops p ON p.id = r.first LEFT JOIN ops q ON q.id = r.del
		LEFT JOIN outcomes o ON o.op = r.first LEFT JOIN outcomes d ON d.op = r.del`
	}
	rows, err := j.read.QueryContext(ctx, query+` WHERE r.line > ? AND r.line <= ? ORDER BY r.line LIMIT ?`, after, upTo, upTo-after) // the limit shows PostgreSQL how few there are
	var outcomes [2]jobs.Outcome
	err = eachRecord(rows, err, func(r *record) error {
		row, first, err := r.result(deletes, &outcomes)
		if err != nil {
			return j.db.Damaged(fmt.Errorf("line %d: %w", row.Line, err))
		}
		all = append(all, resultRow{row, first})
		return nil
	})
	return all, j.readError(err)
}

// result takes the columns of resultPage, with memory for the outcomes of a row. It returns the copy
// or upload, too.
func (r *record) result(deletes bool, outcomes *[2]jobs.Outcome) (row jobs.Result, op plan.OpID, err error) {
	row.Line = int(r.int())
	verb := r.text()
	row.Record = r.text()
	op = plan.OpID(r.int())
	row.Source, row.Hash, row.Target, row.File = plan.Account(r.text()), plan.Hash(r.text()), plan.Account(r.text()), r.text()
	first, errFirst := r.fate(op != 0, &outcomes[0])
	row.Mapped = first != nil && first.State.OK() && row.Source != ""
	var del *jobs.Outcome
	var errDel error
	if deletes {
		movedOn := r.bool()
		row.Mapped = row.Mapped && !movedOn
		del, errDel = r.fate(r.bool(), &outcomes[1])
	}
	row.Fate = jobs.FateOf(first, del)
	err = cmp.Or(r.err, row.Verb.UnmarshalText([]byte(verb)), errFirst, errDel)
	return row, op, err
}

// fateColumns are the columns of an outcome with that name that a row's fate depends on, for
// record.fate: fateWidth of them.
func fateColumns(o string) string {
	const names = `state reason target_hash attempts code subcode message trace started finished`
	return o + "." + strings.ReplaceAll(names, " ", ", "+o+".")
}

const fateWidth = 10

// fate takes fateColumns into an outcome, which is pending if the operation was never sent. It
// returns nil if the row has no such operation.
func (r *record) fate(has bool, o *jobs.Outcome) (*jobs.Outcome, error) {
	*o = jobs.Outcome{State: jobs.Pending}
	state := r.value()
	if !has || state == nil {
		r.next += fateWidth - 1
		if !has {
			return nil, nil
		}
		return o, nil
	}
	r.next-- // the state is a text
	if err := o.State.UnmarshalText([]byte(r.text())); err != nil {
		return nil, err
	}
	o.Reason, o.TargetHash, o.Attempts, o.Code, o.Subcode = jobs.Reason(r.text()), plan.Hash(r.text()), int(r.int()), int(r.int()), int(r.int())
	o.Message, o.TraceID, o.Started, o.Finished = r.text(), r.text(), TimeOf(r.int()), TimeOf(r.int())
	return o, nil
}
