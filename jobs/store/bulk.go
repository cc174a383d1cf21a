package store

import (
	"context"
	"database/sql"
	"strings"
)

// bulkRows is how many rows one statement of a bulk inserts. Half of the cost of a statement
// does not depend on its rows.
const bulkRows = 10

// bulk inserts rows into a table, several with one statement, in the order in which they are
// added.
type bulk struct {
	one, many *sql.Stmt
	width     int
	values    []any // of the rows that were added and not inserted yet
}

// preparer is a transaction or a connection.
type preparer interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// newBulk prepares the statements of a bulk, which has to be closed: insert, such as INSERT INTO
// rows VALUES, then rows of so many columns, then the rest of the statement.
func newBulk(ctx context.Context, in preparer, insert string, width int, rest string) (*bulk, error) {
	row := `(?` + strings.Repeat(`, ?`, width-1) + `)`
	one, err := in.PrepareContext(ctx, insert+` `+row+rest)
	if err != nil {
		return nil, err
	}
	many, err := in.PrepareContext(ctx, insert+` `+row+strings.Repeat(`, `+row, bulkRows-1)+rest)
	if err != nil {
		one.Close()
		return nil, err
	}
	return &bulk{one: one, many: many, width: width}, nil
}

func (b *bulk) close() {
	b.one.Close()
	b.many.Close()
}

// add adds a row, which is inserted at the latest by flush.
func (b *bulk) add(values ...any) error {
	b.values = append(b.values, values...)
	if len(b.values) < bulkRows*b.width {
		return nil
	}
	_, err := b.many.Exec(b.values...)
	b.values = b.values[:0]
	return err
}

// flush inserts the rows that are left.
func (b *bulk) flush() error {
	for left := b.values; len(left) > 0; left = left[b.width:] {
		if _, err := b.one.Exec(left[:b.width]...); err != nil {
			return err
		}
	}
	b.values = b.values[:0]
	return nil
}
