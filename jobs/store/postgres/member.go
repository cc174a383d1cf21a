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
	d     *Database
	name  string
	db    *sql.DB
	reads *sql.DB // of all jobs that the worker opens
}

// memberConnections are enough for requests that ask before they leave, while others wait for the
// lock of an app. A job that the worker opens takes one more, which has the job's lock.
const memberConnections = 4

// unsynced are connections of which a crash of PostgreSQL may lose the latest second. All
// connections end with it, and workers begin anew. To plan what a request asks takes longer than to
// answer it.
var unsynced = map[string]string{"synchronous_commit": "off", "default_transaction_isolation": "read committed", "plan_cache_mode": "force_generic_plan"}

func newMember(d *Database, name string) *member {
	m := &member{d, name, stdlib.OpenDB(*d.session(unsynced)), d.readers()}
	for _, db := range []*sql.DB{m.db, m.reads} {
		db.SetMaxOpenConns(memberConnections)
		db.SetMaxIdleConns(memberConnections)
		db.SetConnMaxIdleTime(time.Minute)
	}
	return m
}

// Renew implements [board.Member].
func (m *member) Renew(ctx context.Context) error {
	asked := time.Now()
	var now time.Time
	err := m.db.QueryRowContext(ctx, `UPDATE adferry.workers SET renewed = clock_timestamp(), until = clock_timestamp() + $2::interval WHERE name = $1 AND until > clock_timestamp() RETURNING renewed`, m.name, interval(leaseFor)).Scan(&now)
	if err == sql.ErrNoRows {
		return board.ErrLeaseLost
	}
	if err != nil {
		return fmt.Errorf("renew the lease: %w", classify(err))
	}
	return checkClock(asked, now)
}

// Refuse implements [board.Member].
func (m *member) Refuse(ctx context.Context, why map[string]string) error {
	refused := map[string]string{}
	for job, text := range why {
		refused[job] = valid(text)
	}
	text, err := json.Marshal(refused)
	if err != nil {
		return err
	}
	if _, err := m.db.ExecContext(ctx, `UPDATE adferry.workers SET refused = $2 WHERE name = $1`, m.name, string(text)); err != nil {
		return fmt.Errorf("tell which jobs are left alone: %w", classify(err))
	}
	return nil
}

// Holds implements [board.Holds].
func (m *member) Holds(ctx context.Context, name string) ([]board.Hold, error) {
	return holds(ctx, m.reads, name)
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
	if _, err := m.db.ExecContext(ctx, `UPDATE adferry.workers SET until = clock_timestamp() WHERE name = $1`, m.name); err != nil {
		return fmt.Errorf("end the lease: %w", classify(err))
	}
	_, err := m.Bury(ctx)
	return err
}

// Close implements [board.Member].
func (m *member) Close() {
	_ = m.reads.Close()
	_ = m.db.Close()
}

// Open implements [board.Member].
func (m *member) Open(ctx context.Context, name string) (board.Job, error) {
	conn, id, err := m.d.lockedConn(ctx, name, sharing, true)
	if err != nil {
		return nil, err
	}
	j := &job{texts{job: id}, name, m.reads}
	all := &sharedTables{tables: newTables(conn, &j.texts, name), worker: m.name, lanes: map[plan.Account]bool{}, wrote: map[plan.Account]jobs.LaneState{}}
	return &sharedJob{Job: store.NewReading(j, j.read, all), job: j, tables: all, member: m, engine: rand.Int64(), apps: appNames{id}, knowledge: newKnowledge()}, nil
}
