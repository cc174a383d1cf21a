package store

import (
	"cmp"
	"database/sql"
)

// countTables are the tables of counts in a file of SQLite.
type countTables struct{ rows, ops *bulk }

func newCountTables(conn *sql.Conn) *countTables {
	return &countTables{
		rows: newBulk(conn, `INSERT INTO row_counts VALUES`, rowOf(7), ` ON CONFLICT DO UPDATE SET n = n + excluded.n`),
		ops:  newBulk(conn, `INSERT INTO op_counts VALUES`, rowOf(7), ` ON CONFLICT DO UPDATE SET n = n + excluded.n, finished = max(finished, excluded.finished)`),
	}
}

func (t *countTables) close() {
	t.rows.close()
	t.ops.close()
}

// add adds to the counts.
func (t *countTables) add(rows []RowCount, ops []OpCount) error {
	for _, c := range rows {
		if err := t.rows.add(c.Values()...); err != nil {
			return err
		}
	}
	for _, c := range ops {
		if err := t.ops.add(c.Values()...); err != nil {
			return err
		}
	}
	return cmp.Or(t.rows.flush(), t.ops.flush())
}
