package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"

	"adferry/jobs"
	"adferry/jobs/board"
	"adferry/jobs/store"
	"adferry/plan"
)

// member is a worker at the board.
type member struct {
	d    *Database
	name string
	db   *sql.DB
}

// memberConnections are enough for requests that ask before they leave, while others wait for the
// lock of an app.
const memberConnections = 4

// unsynced are connections of which a crash of PostgreSQL may lose the latest second. All
// connections end with it, and workers begin anew. To plan what a request asks takes longer than to
// answer it.
var unsynced = map[string]string{"synchronous_commit": "off", "default_transaction_isolation": "read committed", "plan_cache_mode": "force_generic_plan"}

func newMember(d *Database, name string) *member {
	db := stdlib.OpenDB(*d.session(unsynced))
	db.SetMaxOpenConns(memberConnections)
	db.SetMaxIdleConns(memberConnections)
	db.SetConnMaxIdleTime(time.Minute)
	return &member{d, name, db}
}

// Renew implements [board.Member].
func (m *member) Renew(ctx context.Context) error {
	return m.update(ctx, "renew the lease", `renewed = clock_timestamp(), until = clock_timestamp() + $2::interval`, interval(leaseFor))
}

// Refuse implements [board.Member].
func (m *member) Refuse(ctx context.Context, why map[string]string) error {
	refused := map[string]string{}
	for job, reason := range why {
		refused[job] = valid(reason)
	}
	text, err := json.Marshal(refused)
	if err != nil {
		return err
	}
	return m.update(ctx, "tell what is refused", `refused = $2::jsonb`, string(text))
}

// update changes what is known of the worker, unless its lease is over.
func (m *member) update(ctx context.Context, what, set string, value any) error {
	done, err := m.db.ExecContext(ctx, `UPDATE adferry.workers SET `+set+` WHERE name = $1 AND until > clock_timestamp()`, m.name, value)
	if err != nil {
		return fmt.Errorf("%s: %w", what, classify(err))
	}
	if n, err := done.RowsAffected(); err == nil && n == 0 {
		return board.ErrLeaseLost
	}
	return nil
}

// Bury implements [board.Member].
func (m *member) Bury(ctx context.Context) (names []string, err error) {
	err = m.db.QueryRowContext(ctx, `SELECT adferry.bury()`).Scan(pgtype.NewMap().SQLScanner(&names))
	if err != nil {
		return nil, fmt.Errorf("bury workers: %w", classify(err))
	}
	return names, nil
}

// Leave implements [board.Member].
func (m *member) Leave(ctx context.Context) error {
	defer m.db.Close()
	if _, err := m.db.ExecContext(ctx, `UPDATE adferry.workers SET until = clock_timestamp() WHERE name = $1`, m.name); err != nil {
		return fmt.Errorf("end the lease: %w", classify(err))
	}
	_, err := m.Bury(ctx)
	return err
}

// Open implements [board.Member].
func (m *member) Open(ctx context.Context, name string) (board.Job, error) {
	conn, id, err := m.d.lockedConn(ctx, name, sharing, true)
	if err != nil {
		return nil, err
	}
	j := newJob(m.d, name, id)
	all := &sharedTables{tables: newTables(conn, &j.texts, name), worker: m.name, lanes: map[plan.Account]bool{}, wrote: map[plan.Account]jobs.LaneState{}}
	return &sharedJob{Job: store.New(j, j.read, all), job: j, tables: all, member: m, engine: rand.Int64(), apps: appNames{id}, told: newTold()}, nil
}
