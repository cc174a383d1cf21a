package postgres

import (
	"context"
	"fmt"

	"adferry/jobs/store"
)

// Reserve reserves a name for this process, until release is called or the process ends;
// store.ErrBusy means that another process has it. held returns an error when the database may have
// given it to another one.
func (d *Database) Reserve(ctx context.Context, name string) (held func(context.Context) error, release func(), err error) {
	conn, err := d.connect(ctx, writing)
	if err != nil {
		return nil, nil, err
	}
	var free bool
	err = classify(conn.QueryRowContext(ctx, `SELECT pg_try_advisory_lock(hashtextextended($1, $2))`, name, int64(lockClass)).Scan(&free))
	if err == nil && !free {
		err = fmt.Errorf("%s: %w", name, store.ErrBusy)
	}
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	held = func(ctx context.Context) error { return classify(conn.PingContext(ctx)) } // the lock is the connection's
	return held, func() { conn.Close() }, nil
}
