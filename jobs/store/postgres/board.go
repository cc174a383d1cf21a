package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"adferry/jobs/board"
	"adferry/jobs/store"
)

// leaseFor is how long a lease lasts. It is renewed every few seconds; nothing is sent later than
// jobs.LatestDeparture after it was last asked for, and not after its end.
const leaseFor = 30 * time.Second

// Board is where the workers of this database meet.
func (d *Database) Board() board.Board { return meeting{d} }

type meeting struct{ d *Database }

// Join implements [board.Board].
func (b meeting) Join(ctx context.Context, w board.Worker) (board.Member, error) {
	conn, err := b.d.connect(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	asked := time.Now()
	var now time.Time
	if err := conn.QueryRowContext(ctx, `SELECT clock_timestamp()`).Scan(&now); err != nil {
		return nil, fmt.Errorf("join the workers: %w", classify(err))
	}
	if err := checkClock(asked, now); err != nil {
		return nil, err
	}
	done, err := conn.ExecContext(ctx, `INSERT INTO adferry.workers (name, host, pid, version, labels, started, until)
		VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp() + $7::interval) ON CONFLICT DO NOTHING`,
		w.Name, valid(w.Host), w.PID, valid(w.Version), w.Labels, w.Started, interval(leaseFor))
	if err != nil {
		return nil, fmt.Errorf("join the workers: %w", classify(err))
	}
	if n, err := done.RowsAffected(); err == nil && n == 0 {
		return nil, fmt.Errorf("there is a worker %s already", w.Name)
	}
	return newMember(b.d, w.Name), nil
}

// mostSkew is how far a worker's clock may be from the database's. River says by the clock of each
// worker when a slice is due, and which attempts began too long ago, and compares both with the
// database's.
const mostSkew = 2 * time.Second

// ClockError is a clock that is too far from the database's.
type ClockError struct {
	By    time.Duration
	Ahead bool
}

func (e *ClockError) Error() string {
	is := "behind"
	if e.Ahead {
		is = "ahead of"
	}
	return fmt.Sprintf("this machine's clock is %v %s the database's, and workers need them within %v: set it, by NTP for example", e.By, is, mostSkew)
}

// checkClock returns a ClockError if the database, which was asked at a time and has answered just now,
// says that it is a time that it cannot be here.
func checkClock(asked, told time.Time) error {
	ahead, behind := asked.Sub(told), time.Until(told)
	if apart := max(ahead, behind); apart > mostSkew {
		return &ClockError{apart.Round(time.Second), ahead > behind}
	}
	return nil
}

// interval is a duration for PostgreSQL.
func interval(d time.Duration) string { return fmt.Sprintf("%d milliseconds", d.Milliseconds()) }

// Workers implements [board.Board].
func (b meeting) Workers(ctx context.Context) (all []board.Worker, err error) {
	conn, err := b.d.connect(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	rows, err := conn.QueryContext(ctx, `SELECT name, host, pid, version, labels, started, renewed, refused FROM adferry.workers WHERE until > clock_timestamp() ORDER BY name`)
	err = eachRow(rows, err, func() error {
		var w board.Worker
		var refused []byte
		err := rows.Scan(&w.Name, &w.Host, &w.PID, &w.Version, pgtype.NewMap().SQLScanner(&w.Labels), &w.Started, &w.Seen, &refused)
		if err == nil {
			err = json.Unmarshal(refused, &w.Refused)
		}
		all = append(all, w)
		return err
	})
	return all, err
}

// Holds implements [board.Holds].
func (b meeting) Holds(ctx context.Context, name string) ([]board.Hold, error) {
	conn, err := b.d.connect(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return holds(ctx, conn, name)
}

// holds are the lanes of a job that have operations left, and who has them.
func holds(ctx context.Context, conn interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}, name string) (all []board.Hold, err error) {
	rows, err := conn.QueryContext(ctx, `SELECT c.lane, coalesce(h.worker, ''), h.since, coalesce(h.why, ''), coalesce(h.until, 0)
		FROM (SELECT DISTINCT job, lane FROM adferry.op_counts WHERE job = (SELECT id FROM adferry.jobs WHERE name = $1) AND n > 0 AND state IN (`+store.OpenStates+`)) AS c
		LEFT JOIN LATERAL (SELECT l.* FROM adferry.leases l JOIN adferry.workers w ON w.name = l.worker WHERE l.job = c.job AND l.lane = c.lane AND w.until > clock_timestamp()) AS h ON TRUE
		ORDER BY c.lane`, name)
	err = eachRow(rows, err, func() error {
		var h board.Hold
		var since sql.NullTime
		var until int64
		err := rows.Scan(&h.Lane, &h.Worker, &since, &h.Why, &until)
		h.Since, h.Until = since.Time, store.TimeOf(until)
		all = append(all, h)
		return err
	})
	return all, err
}

// eachRow visits the rows of a query.
func eachRow(rows *sql.Rows, err error, visit func() error) error {
	if err != nil {
		return classify(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := visit(); err != nil {
			return classify(err)
		}
	}
	return classify(rows.Err())
}
