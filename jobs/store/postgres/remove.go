package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// jobTables are the tables that have the number of a job.
var jobTables = []string{"meta", "rows", "ops", "needs", "outcomes", "lanes", "samples", "parks", "row_counts", "op_counts", "leases", "failing", "released", "ready"}

// Remove removes a job, which this process has open.
func (d *Database) Remove(ctx context.Context, name string) error {
	conn, err := d.connect(ctx, writing)
	if err != nil {
		return err
	}
	defer conn.Close()
	id, err := find(ctx, conn, name)
	if err != nil {
		return err
	}
	err = conn.Raw(func(c any) error {
		return pgx.BeginFunc(ctx, c.(*stdlib.Conn).Conn(), func(tx pgx.Tx) error {
			for _, table := range jobTables {
				if _, err := tx.Exec(ctx, `DELETE FROM adferry.`+table+` WHERE job = $1`, id); err != nil {
					return err
				}
			}
			for _, table := range []string{"quotas", "probes", "app_parks"} { // of apps that are the job's own
				if _, err := tx.Exec(ctx, `DELETE FROM adferry.`+table+` WHERE starts_with(app, $1)`, appNames{id}.prefix()); err != nil {
					return err
				}
			}
			_, err := tx.Exec(ctx, `DELETE FROM adferry.jobs WHERE id = $1`, id)
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("remove job %s: %w", name, classify(err))
	}
	return nil
}
