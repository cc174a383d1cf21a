package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"adferry/jobs/store"
)

// Database is a database with jobs. It keeps no connection of its own.
type Database struct{ config *pgx.ConnConfig }

// New reads where a database is: a URL (postgres://user@host/name) or keywords and values. What
// it leaves out comes from libpq's environment variables, PGPASSFILE and the service file.
func New(address string) (*Database, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err) // the password is left out of it
	}
	return &Database{config}, nil
}

// HasPassword reports whether an address has a password, which other users of the machine could
// see on a command line.
func HasPassword(address string) bool {
	if u, err := url.Parse(address); err == nil && u.Scheme != "" {
		_, has := u.User.Password()
		return has || u.Query().Has("password") || u.Query().Has("sslpassword")
	}
	return strings.Contains(address, "password")
}

// session are parameters of every connection.
func (d *Database) session(parameters map[string]string) *pgx.ConnConfig {
	config := d.config.Copy()
	config.ConnectTimeout = 10 * time.Second
	config.RuntimeParams["application_name"] = "adferry"
	for name, value := range parameters {
		config.RuntimeParams[name] = value
	}
	return config
}

// readers are connections for reading. A transaction of several statements sees one state.
func (d *Database) readers() *sql.DB {
	db := stdlib.OpenDB(*d.session(map[string]string{"default_transaction_isolation": "repeatable read"}))
	db.SetMaxOpenConns(4)
	return db
}

// connect opens a connection and checks the version of the tables.
func (d *Database) connect(ctx context.Context, parameters map[string]string) (*sql.DB, *sql.Conn, error) {
	db := stdlib.OpenDB(*d.session(parameters))
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(ctx)
	if err == nil {
		err = conn.Raw(func(c any) error {
			have, err := version(ctx, c.(*stdlib.Conn).Conn())
			if err == nil && have != Version {
				err = &SchemaError{have, Version}
			}
			return err
		})
	}
	if err != nil {
		db.Close()
		return nil, nil, fmt.Errorf("open database: %w", err)
	}
	return db, conn, nil
}

// find returns the number of a job.
func find(ctx context.Context, conn *sql.Conn, name string) (id int32, err error) {
	err = conn.QueryRowContext(ctx, `SELECT id FROM adferry.jobs WHERE name = $1`, name).Scan(&id)
	if err == sql.ErrNoRows {
		return 0, fmt.Errorf("job %s: %w", name, store.ErrNoJob)
	}
	return id, classify(err)
}

// View opens a job for reading, also while another process runs it.
func (d *Database) View(ctx context.Context, name string) (*store.Job, error) {
	db, conn, err := d.connect(ctx, nil)
	if err != nil {
		return nil, err
	}
	id, err := find(ctx, conn, name)
	if err := db.Close(); err != nil {
		return nil, classify(err)
	}
	if err != nil {
		return nil, err
	}
	j := newJob(d, name, id)
	return store.New(j, j.read, nil), nil
}

// Open opens a job to run it, and locks it.
func (d *Database) Open(ctx context.Context, name string) (*store.Job, error) {
	db, conn, err := d.connect(ctx, writing)
	if err != nil {
		return nil, err
	}
	id, err := find(ctx, conn, name)
	if err == nil {
		err = lock(ctx, conn, name, id)
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	j := newJob(d, name, id)
	return store.New(j, j.read, newTables(db, conn, &j.texts, name)), nil
}
