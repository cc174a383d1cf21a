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

// Migrate makes the tables those of a version, one step at a time, each in a transaction; 0
// removes them with all jobs. It returns the version before. No process may run a job meanwhile.
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
		if at, err = step(ctx, conn, at, to); err != nil {
			return before, err
		}
	}
	return before, nil
}

// step goes one version towards another, and returns the version that is reached.
func step(ctx context.Context, conn *pgx.Conn, at, to int) (reached int, err error) {
	reached = at + 1
	if to < at {
		reached = at - 1
	}
	if reached == withRiver && at < reached {
		err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			return migrateRiver(ctx, tx, rivermigrate.DirectionUp, riverEnum)
		})
	}
	if err == nil {
		err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return change(ctx, tx, at, reached) })
	}
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
	switch {
	case up && reached == withRiver:
		err = migrateRiver(ctx, tx, rivermigrate.DirectionUp, 0)
	case !up && at == withRiver:
		err = migrateRiver(ctx, tx, rivermigrate.DirectionDown, -1)
	}
	if err != nil {
		return err
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

// riverEnum is River's version that adds a value to an enumeration. PostgreSQL lets it be used in
// later transactions only, as the next ones of River's versions do.
const riverEnum = 4

// migrateRiver makes River's tables, up to one of River's versions or with 0 up to the latest.
func migrateRiver(ctx context.Context, tx pgx.Tx, direction rivermigrate.Direction, to int) error {
	migrator, err := rivermigrate.New(riverpgxv5.New(nil), &rivermigrate.Config{Schema: "adferry", Logger: slog.New(slog.DiscardHandler)})
	if err == nil {
		_, err = migrator.MigrateTx(ctx, tx, direction, &rivermigrate.MigrateOpts{TargetVersion: to})
	}
	return err
}

// idle refuses a migration while a process runs a job.
func idle(ctx context.Context, conn *pgx.Conn, version int) error {
	if version == 0 {
		return nil
	}
	var name string
	err := conn.QueryRow(ctx, `SELECT name FROM adferry.jobs WHERE id IN (`+lockedJobs+`) ORDER BY name LIMIT 1`, lockClass).Scan(&name)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return classify(err)
	}
	return fmt.Errorf("a process is running job %s: stop it before a migration", name)
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
