package store

import (
	"context"
	"database/sql"
)

// reading reads a job with queries that are written for a file of SQLite.
type reading struct {
	*sql.DB
	text func(query string) string // see Database.Text
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
