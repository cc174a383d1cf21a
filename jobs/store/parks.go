package store

import (
	"context"
	"database/sql"
	"time"

	"adferry/jobs"
)

// parks returns the waits that the API imposed, oldest first. One that outlasted the process
// that met it is two: until that process stopped, and what was left of it for the next one.
func (j *Job) parks(ctx context.Context) (parks []jobs.Park, err error) {
	parks, err = allRows(ctx, j.read, func(p *jobs.Park) []any {
		return []any{&p.Account, moment{&p.From}, moment{&p.Until}, &p.Code, &p.Subcode}
	},
		`SELECT account, since, until, code, subcode FROM parks ORDER BY since`)
	return parks, j.readError(err)
}

// cutParks ends the parks that were going on when the last process stopped at that moment. What
// is left of them for a process that starts now is a park of its own.
func (j *Job) cutParks(ctx context.Context, now time.Time) error {
	tally, err := j.tally(ctx)
	if err != nil {
		return err
	}
	if tally.Saved.IsZero() || !now.After(tally.Saved) { // no process ran yet, or the clock was set back
		return nil
	}
	var going bool
	if err := j.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM parks WHERE until > ?)`, Millis(tally.Saved)).Scan(&going); err != nil || !going {
		return j.readError(err)
	}
	return j.writer.alter(func(tx *sql.Tx) error { return j.writer.tables.CutParks(tx, now, tally.Saved) })
}
