package store

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"adferry/jobs"
)

// movedOn is the condition that a chain of moves has moved a copy p on from its target.
const movedOn = `EXISTS (SELECT 1 FROM needs n JOIN ops d ON d.id = n.op JOIN outcomes x ON x.op = d.id
	WHERE n.need = p.id AND d.kind = 'delete' AND d.source = p.target AND x.state IN ('done', 'skipped'))`

// What a row of sources says of an image, in the order in which the rows of one image come.
const (
	roleCopy   = iota // it is copied out of the account
	roleDelete        // it is deleted there
	roleInto          // it was brought there
)

// Sources streams the images that the job copies, in the order of account and hash, each
// with all its copies. Behind a copy that was moved on comes the copy to where it was moved.
// The query is one for all of them, because they have to be sorted,
// which SQLite does in a temporary file.
func (j *Job) Sources(ctx context.Context) iter.Seq2[jobs.Source, error] {
	return func(yield func(jobs.Source, error) bool) {
		rows, err := j.read.QueryContext(ctx, fmt.Sprintf(`
			WITH RECURSIVE chain(first, last) AS (SELECT id, id FROM ops WHERE kind = 'copy'
				UNION ALL SELECT chain.first, q.id FROM chain JOIN ops p ON p.id = chain.last JOIN needs m ON m.need = p.id
					JOIN ops q ON q.id = m.op WHERE q.kind = 'copy' AND %s)
			SELECT f.source AS account, f.hash AS hash, %d AS role, p.target, %s, coalesce(o.state, 'pending'), '', f.needs, CASE WHEN %s THEN 1 ELSE 0 END, '', 0
				FROM chain JOIN ops f ON f.id = chain.first JOIN ops p ON p.id = chain.last LEFT JOIN outcomes o ON o.op = p.id
			UNION ALL SELECT p.source, p.hash, %d, '', '', coalesce(o.state, 'pending'), coalesce(o.reason, ''), 0, 0, %s, coalesce(o.finished, 0)
				FROM ops p LEFT JOIN outcomes o ON o.op = p.id WHERE p.kind = 'delete'
			UNION ALL SELECT p.target, %s, %d, '', '', o.state, '', 0, 0, '', 0
				FROM ops p JOIN outcomes o ON o.op = p.id WHERE p.kind IN ('copy', 'upload') AND o.state IN ('done', 'skipped')
			ORDER BY account, hash, role, 4`,
			movedOn, roleCopy, targetHash, movedOn, roleDelete, `coalesce(o.creatives, '')`, targetHash, roleInto))
		if err != nil {
			yield(jobs.Source{}, j.readError(err))
			return
		}
		defer rows.Close()
		var s jobs.Source
		for rows.Next() {
			r, err := scanSource(rows.Scan)
			if err != nil {
				yield(jobs.Source{}, j.readError(err))
				return
			}
			if r.image != s.ImageAt {
				if len(s.Copies) > 0 && !yield(s, nil) {
					return
				}
				s = jobs.Source{ImageAt: r.image}
			}
			r.addTo(&s)
		}
		if err := rows.Err(); err != nil {
			yield(jobs.Source{}, j.readError(err))
			return
		}
		if len(s.Copies) > 0 {
			yield(s, nil)
		}
	}
}

// sourceRow is a row about an image in an ad account.
type sourceRow struct {
	image   jobs.ImageAt
	role    int
	copied  jobs.SourceCopy
	needs   bool // of a copy: it waits for one into the account
	deleted jobs.Outcome
}

func scanSource(scan func(...any) error) (r sourceRow, err error) {
	var state string
	var finished int64
	err = scan(&r.image.Account, &r.image.Hash, &r.role, &r.copied.Target, &r.copied.Hash, &state, &r.deleted.Reason,
		&r.needs, &r.copied.MovedOn, &r.deleted.Creatives, &finished)
	if err == nil {
		err = r.copied.State.UnmarshalText([]byte(state))
	}
	r.deleted.State, r.deleted.Finished = r.copied.State, TimeOf(finished)
	return r, err
}

func (r sourceRow) addTo(s *jobs.Source) {
	switch r.role {
	case roleCopy:
		if !slices.Contains(s.Copies, r.copied) { // two chains may lead to one place
			s.Copies = append(s.Copies, r.copied)
		}
		s.Into = s.Into || r.needs
	case roleDelete:
		s.Deletion = &r.deleted
	case roleInto:
		s.Into = true
	}
}
