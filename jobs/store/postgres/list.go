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
	err = eachRow(rows, err, func() error {
		var r row
		err := rows.Scan(&r.id, &r.name)
		all = append(all, r)
		return err
	})
	if err != nil {
		return err
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
