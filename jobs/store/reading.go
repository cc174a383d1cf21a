package store

import (
	"context"
	"database/sql"
	"sync"
)

// reading reads a job with queries that are written for a file of SQLite.
type reading struct {
	*sql.DB
	text     func(query string) string // see Database.Text
	prepared *sync.Map                 // by query: *sql.Stmt
}

// queryPrepared is QueryContext for a query that comes again and again. To prepare one for SQLite
// takes as long as to read a hundred rows.
func (r reading) queryPrepared(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, ok := r.prepared.Load(query)
	if !ok {
		made, err := r.DB.PrepareContext(ctx, r.text(query))
		if err != nil {
			return nil, err
		}
		if s, ok = r.prepared.LoadOrStore(query, made); ok {
			made.Close()
		}
	}
	return s.(*sql.Stmt).QueryContext(ctx, args...)
}

func (r reading) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return r.DB.QueryContext(ctx, r.text(query), args...)
}

func (r reading) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return r.DB.QueryRowContext(ctx, r.text(query), args...)
}

// readingConn does so on one connection.
type readingConn struct {
	*sql.Conn
	text func(query string) string
}

func (r readingConn) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return r.Conn.QueryContext(ctx, r.text(query), args...)
}

func (r readingConn) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return r.Conn.QueryRowContext(ctx, r.text(query), args...)
}
