package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"sync/atomic"
)

// CountStatements counts the statements of the job's writer from now on, those that begin and
// commit transactions among them. Nothing may be on its way to the writer.
func (j *Job) CountStatements(ctx context.Context) (*atomic.Int64, error) {
	t := j.writer.tables.(*fileTables)
	plain := t.db.Driver()
	if err := t.Close(); err != nil {
		return nil, err
	}
	c := &countingConnector{name: uri(t.path, writeParams), plain: plain}
	t.db = sql.OpenDB(c)
	return &c.statements, t.prepare(ctx)
}

// countingConnector makes connections that count their statements.
type countingConnector struct {
	name       string
	plain      driver.Driver
	statements atomic.Int64
}

func (c *countingConnector) Driver() driver.Driver { return c.plain }

func (c *countingConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.plain.Open(c.name)
	if err != nil {
		return nil, err
	}
	return countingConn{conn.(fullConn), &c.statements}, nil
}

type fullConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
}

type countingConn struct {
	fullConn
	n *atomic.Int64
}

func (c countingConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	c.n.Add(1)
	tx, err := c.fullConn.BeginTx(ctx, o)
	return countingTx{tx, c.n}, err
}

func (c countingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s, err := c.fullConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return countingStmt{s.(fullStmt), c.n}, nil
}

func (c countingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.n.Add(1)
	return c.fullConn.ExecContext(ctx, query, args)
}

func (c countingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.n.Add(1)
	return c.fullConn.QueryContext(ctx, query, args)
}

type countingTx struct {
	driver.Tx
	n *atomic.Int64
}

func (t countingTx) Commit() error {
	t.n.Add(1)
	return t.Tx.Commit()
}

type fullStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type countingStmt struct {
	fullStmt
	n *atomic.Int64
}

func (s countingStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	s.n.Add(1)
	return s.fullStmt.ExecContext(ctx, args)
}

func (s countingStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.n.Add(1)
	return s.fullStmt.QueryContext(ctx, args)
}
