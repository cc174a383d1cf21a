package postgres

import (
	"context"

	"adferry/jobs/store"
)

// Each visits all jobs in the order of their names, to read them. A job may be used until visit
// returns.
func (d *Database) Each(ctx context.Context, visit func(name string, job *store.Job) error) error {
	conn, err := d.connect(ctx, nil)
	if err != nil {
		return err
	}
	defer conn.Close()
	type row struct {
		id   int32
		name string
	}
	var all []row
	rows, err := conn.QueryContext(ctx, `SELECT id, name FROM adferry.jobs ORDER BY name`)
	if err != nil {
		return classify(err)
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.id, &r.name); err != nil {
			return classify(err)
		}
		all = append(all, r)
	}
	if err := rows.Err(); err != nil {
		return classify(err)
	}
	read := d.readers()
	defer read.Close()
	for _, r := range all {
		j := &job{texts{job: r.id}, r.name, read}
		if err := visit(r.name, store.New(j, read, nil)); err != nil {
			return err
		}
	}
	return nil
}
