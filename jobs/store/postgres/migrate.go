package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// Version is the version of the tables that this adferry needs.
const Version = 2

//go:embed migrations
var migrations embed.FS

// Migrate makes the tables those of a version, one step at a time, each in a transaction but for
// River's; 0 removes them with all jobs. It returns the version before. No process may run a job
// meanwhile, and no worker may be there.
func (d *Database) Migrate(ctx context.Context, to int) (before int, err error) {
	if to < 0 || to > Version {
		return 0, fmt.Errorf("there is no version %d: choose one from 0 to %d", to, Version)
	}
	conn, err := pgx.ConnectConfig(ctx, d.config)
	if err != nil {
		return 0, classify(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, int64(crc32.ChecksumIEEE([]byte("adferry migrate")))); err != nil {
		return 0, classify(err)
	}
	if before, err = version(ctx, conn); err != nil {
		return 0, err
	}
	if before > Version {
		return before, &SchemaError{before, Version}
	}
	if err := idle(ctx, conn, before); err != nil {
		return before, err
	}
	for at := before; at != to; {
		if at == withRiver-1 && to > at { // before, so that a version is one of complete tables
			if err := d.migrateRiver(ctx, rivermigrate.DirectionUp); err != nil {
				return before, err
			}
		}
		if at, err = step(ctx, conn, at, to); err != nil {
			return before, err
		}
	}
	if before > 0 && to < withRiver { // also if a migration was interrupted here
		err = d.migrateRiver(ctx, rivermigrate.DirectionDown)
	}
	return before, err
}

// step goes one version towards another, and returns the version that is reached.
func step(ctx context.Context, conn *pgx.Conn, at, to int) (reached int, err error) {
	reached = at + 1
	if to < at {
		reached = at - 1
	}
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return change(ctx, tx, at, reached) })
	if err != nil {
		return at, fmt.Errorf("migrate from version %d to %d: %w", at, reached, classify(err))
	}
	return reached, nil
}

// change makes the tables those of the next version, or of the one before.
func change(ctx context.Context, tx pgx.Tx, at, reached int) error {
	up := reached > at
	name := fmt.Sprintf("migrations/%d_down.sql", at)
	if up {
		name = fmt.Sprintf("migrations/%d_up.sql", reached)
	}
	text, err := migrations.ReadFile(name)
	if err != nil {
		return err
	}
	if at == 0 {
		if _, err := tx.Exec(ctx, `CREATE SCHEMA IF NOT EXISTS adferry; CREATE TABLE IF NOT EXISTS adferry.migrations (version integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())`, pgx.QueryExecModeSimpleProtocol); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, string(text), pgx.QueryExecModeSimpleProtocol); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if up {
		_, err = tx.Exec(ctx, `INSERT INTO adferry.migrations (version) VALUES ($1)`, reached)
	} else {
		_, err = tx.Exec(ctx, `DELETE FROM adferry.migrations WHERE version > $1`, reached)
	}
	return err
}

// withRiver is the version with River's tables.
const withRiver = 2

// migrateRiver makes River's tables, or removes them. River does so in several transactions, and goes
// on where it was interrupted.
func (d *Database) migrateRiver(ctx context.Context, direction rivermigrate.Direction) error {
	pool, err := d.Pool(ctx)
	if err != nil {
		return err
	}
	defer pool.Close()
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: "adferry", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	var options *rivermigrate.MigrateOpts
	if direction == rivermigrate.DirectionDown {
		options = &rivermigrate.MigrateOpts{TargetVersion: -1}
	}
	if _, err := migrator.Migrate(ctx, direction, options); err != nil {
		return fmt.Errorf("migrate River's tables: %w", classify(err))
	}
	return nil
}

// idle refuses a migration while a process runs a job, or a worker is there.
func idle(ctx context.Context, conn *pgx.Conn, version int) error {
	if version == 0 {
		return nil
	}
	var name string
	err := conn.QueryRow(ctx, `SELECT name FROM adferry.jobs WHERE id IN (`+lockedJobs+`) ORDER BY name LIMIT 1`, lockClass).Scan(&name)
	if err == nil {
		return fmt.Errorf("a process is running job %s: stop it before a migration", name)
	}
	if errors.Is(err, pgx.ErrNoRows) && version >= withRiver {
		err = conn.QueryRow(ctx, `SELECT name FROM adferry.workers WHERE until > clock_timestamp() ORDER BY name LIMIT 1`).Scan(&name)
		if err == nil {
			return fmt.Errorf("worker %s is there: stop it before a migration", name)
		}
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return classify(err)
}

// version reads the version of the tables; 0: there are none.
func version(ctx context.Context, conn *pgx.Conn) (version int, err error) {
	err = conn.QueryRow(ctx, `SELECT coalesce(max(version), 0) FROM adferry.migrations`).Scan(&version)
	var e *pgconn.PgError
	if errors.As(err, &e) && (e.Code == "42P01" || e.Code == "3F000") { // no such table, no such schema
		return 0, nil
	}
	return version, classify(err)
}
