package store

import (
	"context"
	"database/sql"
	"strings"
)

// bulkSizes are how many rows one statement of a bulk inserts. Half of the cost of a statement for
// ten rows does not depend on its rows. Two are the counts that one operation changes.
var bulkSizes = [...]int{25, 5, 2, 1}

// bulk inserts rows into a table, several with one statement, in the order in which they are
// added.
type bulk struct {
	statements [len(bulkSizes)]*sql.Stmt
	width      int   // values of a row
	values     []any // of the rows that were added and not inserted yet
}

// rowOf is a row of so many values.
func rowOf(values int) string { return `(?` + strings.Repeat(`, ?`, values-1) + `)` }

// preparer is a transaction or a connection.
type preparer interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// newBulk prepares the statements of a bulk, which has to be closed: insert, such as INSERT INTO
// rows VALUES, then rows, each with a question mark for each of its values, then the rest of the
// statement.
func newBulk(ctx context.Context, in preparer, insert, row, rest string) (*bulk, error) {
	b := &bulk{width: strings.Count(row, `?`)}
	for i, size := range bulkSizes {
		var err error
		if b.statements[i], err = in.PrepareContext(ctx, insert+` `+row+strings.Repeat(`, `+row, size-1)+rest); err != nil {
			b.close()
			return nil, err
		}
	}
	return b, nil
}

func (b *bulk) close() {
	for _, s := range b.statements {
		if s != nil {
			s.Close()
		}
	}
}

// add adds a row, which is inserted at the latest by flush.
func (b *bulk) add(values ...any) error {
	b.values = append(b.values, values...)
	if len(b.values) < bulkSizes[0]*b.width {
		return nil
	}
	return b.flush()
}

// flush inserts the rows that are left.
func (b *bulk) flush() error {
	left := b.values
	for i, size := range bulkSizes {
		for n := size * b.width; len(left) >= n; left = left[n:] {
			if _, err := b.statements[i].Exec(left[:n]...); err != nil {
				return err
			}
		}
	}
	b.values = b.values[:0]
	return nil
}
