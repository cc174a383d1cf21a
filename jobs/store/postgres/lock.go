package postgres

import (
	"context"
	"fmt"
	"time"

	"adferry/jobs"
	"adferry/jobs/store"
)

// lockClass is the first key of the advisory locks, "adfr"; the second is the number of the job.
const lockClass = 0x61646672

// lockedJobs selects the numbers of the jobs of this database that processes run.
const lockedJobs = `SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND classid::bigint = $1 AND objsubid = 2 AND granted
	AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`

// A process that is cut off from PostgreSQL notices before PostgreSQL gives its lock to another
// one.
const (
	deadAfter = 15 * time.Second     // the kernel here ends a connection whose other end is silent
	heldFor   = jobs.LatestDeparture // after PostgreSQL was last asked what it answered, nothing more is sent
)

// writing are the parameters of the connection that writes a job. PostgreSQL gives a connection
// up, and with it the lock, when the other end has not answered for 25 s.
var writing = map[string]string{
	"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3", "tcp_user_timeout": "25000",
	"idle_in_transaction_session_timeout": "0", "statement_timeout": "0", "lock_timeout": "0",
}

// lock takes the job's lock for the connection, alone or with other workers. It tries for a moment,
// because PostgreSQL may not have noticed yet that the process before has ended.
func lock(ctx context.Context, conn *connection, name string, id int32, shared bool) error {
	try := `SELECT pg_try_advisory_lock($1, $2)`
	if shared {
		try = `SELECT pg_try_advisory_lock_shared($1, $2)`
	}
	for n := range 10 {
		if n > 0 {
			time.Sleep(50 * time.Millisecond)
		}
		var free bool
		if err := conn.QueryRowContext(ctx, try, int32(lockClass), id).Scan(&free); err != nil {
			return classify(err)
		}
		if free {
			_, err := conn.ExecContext(ctx, `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`)
			return classify(err)
		}
	}
	return fmt.Errorf("job %s: %w", name, store.ErrLocked)
}
