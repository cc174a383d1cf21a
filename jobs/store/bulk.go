package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"
)

// bulkSizes are how many rows one statement of a bulk inserts. Half of the cost of a statement for
// ten rows does not depend on its rows. Two are the counts that one operation changes.
var bulkSizes = [...]int{25, 5, 2, 1}

// bulk inserts rows into a table, several with one statement, in the order in which they are
// added. Its statements are the driver's: package sql would copy and lock for each of them what
// here is one connection's alone, a tenth of what a job allocates. Each is prepared when it is
// needed first: a small job needs few of them, and the one for most rows is the dearest.
type bulk struct {
	conn              *sql.Conn
	insert, row, rest string // of a statement, see newBulk
	statements        [len(bulkSizes)]driver.Stmt
	width             int                 // values of a row
	values            []driver.NamedValue // of the rows that were added and not inserted yet
}

// rowOf is a row of so many values.
func rowOf(values int) string { return `(?` + strings.Repeat(`, ?`, values-1) + `)` }

// newBulk makes a bulk, which has to be closed before its connection: insert, such as INSERT INTO
// rows VALUES, then rows, each with a question mark for each of its values, then the rest of the
// statement.
func newBulk(conn *sql.Conn, insert, row, rest string) *bulk {
	return &bulk{conn: conn, insert: insert, row: row, rest: rest, width: strings.Count(row, `?`)}
}

// statement is the one for bulkSizes[i] rows.
func (b *bulk) statement(conn driver.ConnPrepareContext, i int) (s driver.StmtExecContext, err error) {
	if b.statements[i] == nil {
		text := b.insert + ` ` + b.row + strings.Repeat(`, `+b.row, bulkSizes[i]-1) + b.rest
		if b.statements[i], err = conn.PrepareContext(context.Background(), text); err != nil {
			return nil, err
		}
	}
	return b.statements[i].(driver.StmtExecContext), nil
}

func (b *bulk) close() {
	_ = b.conn.Raw(func(any) error {
		for _, s := range b.statements {
			if s != nil {
				s.Close()
			}
		}
		return nil
	})
}

// add adds a row, which is inserted at the latest by flush. Its values are strings, int64s, bools
// and nils.
func (b *bulk) add(values ...any) error {
	for _, v := range values {
		b.values = append(b.values, driver.NamedValue{Value: v})
	}
	if len(b.values) < bulkSizes[0]*b.width {
		return nil
	}
	return b.flush()
}

// flush inserts the rows that are left.
func (b *bulk) flush() error {
	if len(b.values) == 0 {
		return nil
	}
	return b.conn.Raw(b.insertAll)
}

func (b *bulk) insertAll(conn any) error {
	left := b.values
	b.values = b.values[:0]
	for i, size := range bulkSizes {
		for n := size * b.width; len(left) >= n; left = left[n:] {
			for k := range n {
				left[k].Ordinal = k + 1
			}
			statement, err := b.statement(conn.(driver.ConnPrepareContext), i)
			if err != nil {
				return err
			}
			if _, err := statement.ExecContext(context.Background(), left[:n]); err != nil {
				return err
			}
		}
	}
	return nil
}
