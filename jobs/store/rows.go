package store

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"sync"
	"time"
)

// eachRow calls visit for each row that a query brings, which scan reads.
func eachRow(rows *sql.Rows, err error, visit func(scan func(...any) error) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := visit(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// querier is a database, or a transaction or connection of one.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// allRows are the rows that a query brings; into says where the columns of one go.
func allRows[T any](ctx context.Context, db querier, into func(*T) []any, query string, args ...any) (all []T, err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var row T
		if err := scan(into(&row)...); err != nil {
			return err
		}
		all = append(all, row)
		return nil
	})
	return all, err
}

// beginner is a database or a connection of one.
type beginner interface {
	BeginTx(context.Context, *sql.TxOptions) (*sql.Tx, error)
}

// inTransaction does something in a transaction of its own.
func inTransaction(ctx context.Context, db beginner, do func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// self is for rows of one column.
func self[T any](row *T) []any { return []any{row} }

// pages yields what read returns a page at a time: what comes after a row, at first after the
// zero T. A page with fewer rows than size is the last one.
func pages[T any](size int, read func(after T) ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for after, more := *new(T), true; more; {
			page, err := read(after)
			if err != nil {
				yield(*new(T), err)
				return
			}
			for _, row := range page {
				if !yield(row, nil) {
					return
				}
				after = row
			}
			more = len(page) == size
		}
	}
}

// inOrder yields what read returns for 0 to n-1, in that order, and ends with the first error. While
// one is yielded, so many of the next are read beside each other.
func inOrder[T any](n, ahead int, read func(i int) (T, error)) iter.Seq2[T, error] {
	type answer struct {
		value T
		err   error
	}
	return func(yield func(T, error) bool) {
		var reads sync.WaitGroup
		defer reads.Wait() // nothing is read any more when this returns
		coming := make([]chan answer, ahead+1)
		start := func(i int) {
			if i < n {
				c := make(chan answer, 1)
				coming[i%len(coming)] = c
				reads.Go(func() {
					value, err := read(i)
					c <- answer{value, err}
				})
			}
		}
		for i := range ahead {
			start(i)
		}
		for i := range n {
			a := <-coming[i%len(coming)]
			if a.err == nil {
				start(i + ahead)
			}
			if !yield(a.value, a.err) || a.err != nil {
				return
			}
		}
	}
}

// duration scans a column of milliseconds.
type duration struct{ *time.Duration }

func (d duration) Scan(column any) error {
	ms, ok := column.(int64)
	if !ok {
		return fmt.Errorf("%v is no duration", column)
	}
	*d.Duration = time.Duration(ms) * time.Millisecond
	return nil
}

// moment scans a column of milliseconds, in which 0 is the zero time.
type moment struct{ *time.Time }

func (m moment) Scan(column any) error {
	ms, ok := column.(int64)
	if !ok {
		return fmt.Errorf("%v is no time", column)
	}
	*m.Time = TimeOf(ms)
	return nil
}
