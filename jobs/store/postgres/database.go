package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"adferry/jobs/store"
)

// Database is a database with jobs. It keeps no connection of its own.
type Database struct{ config *pgx.ConnConfig }

// New reads where a database is: a URL (postgres://user@host/name) or keywords and values. What
// it leaves out comes from libpq's environment variables, PGPASSFILE and the service file.
//
// Another machine is reached with TLS, unless sslmode=disable says otherwise: libpq's default,
// prefer, goes on without where a server says that it has none, and anybody in between can say so.
func New(address string) (*Database, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err) // the password is left out of it
	}
	if config.TLSConfig != nil {
		config.Fallbacks = slices.DeleteFunc(config.Fallbacks, func(f *pgconn.FallbackConfig) bool { return f.TLSConfig == nil && !isLocal(f.Host) })
	}
	config.DialFunc = (&net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: deadAfter / 3, Interval: deadAfter / 6, Count: 4}, Control: limitUnanswered,
	}).DialContext
	return &Database{config}, nil
}

// isLocal reports whether a host is this machine: a folder with a socket, or a loopback address.
func isLocal(host string) bool {
	ip, err := netip.ParseAddr(host)
	return filepath.IsAbs(host) || host == "localhost" || err == nil && ip.IsLoopback()
}

// Password is the password of the database, wherever it was found, so that it can be kept out of
// what is written; empty if there is none.
func (d *Database) Password() string { return d.config.Password }

// HasPassword reports whether an address has a password, which other users of the machine could
// see on a command line.
func HasPassword(address string) bool {
	if u, err := url.Parse(address); err == nil && u.Scheme != "" {
		if _, has := u.User.Password(); has {
			return true
		}
	}
	return strings.Contains(address, "password")
}

// planned are parameters by which the planner prefers indexes whatever it takes the tables for. It
// takes a plan in which it cannot for so dear that it would compile it, which takes longer than any
// statement of ours.
var planned = map[string]string{"enable_seqscan": "off", "enable_material": "off", "jit": "off"}

// session are parameters of every connection.
func (d *Database) session(parameters map[string]string) *pgx.ConnConfig {
	config := d.config.Copy()
	config.ConnectTimeout = 10 * time.Second
	config.RuntimeParams["application_name"] = "adferry"
	maps.Copy(config.RuntimeParams, planned)
	maps.Copy(config.RuntimeParams, parameters)
	return config
}

// readers are connections for reading. A transaction of several statements sees one state.
func (d *Database) readers() *sql.DB {
	db := stdlib.OpenDB(*d.session(map[string]string{"default_transaction_isolation": "repeatable read"}))
	db.SetMaxOpenConns(4)
	return db
}

// connection is one connection, which no other takes the place of.
type connection struct {
	*sql.Conn
	db *sql.DB
}

func (c *connection) Close() error { return errors.Join(c.Conn.Close(), c.db.Close()) }

// connect opens a connection and checks the version of the tables.
func (d *Database) connect(ctx context.Context, parameters map[string]string) (*connection, error) {
	db := stdlib.OpenDB(*d.session(parameters))
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(ctx)
	if err != nil {
		db.Close()
		return nil, classify(err)
	}
	c := &connection{conn, db}
	if err := conn.Raw(func(raw any) error {
		have, err := version(ctx, raw.(*stdlib.Conn).Conn())
		if err == nil && have != Version {
			err = &SchemaError{have, Version}
		}
		return err
	}); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// find returns the number of a job.
func find(ctx context.Context, conn *connection, name string) (id int32, err error) {
	err = conn.QueryRowContext(ctx, `SELECT id FROM adferry.jobs WHERE name = $1`, name).Scan(&id)
	if err == sql.ErrNoRows {
		return 0, &jobError{"the database has no job " + name, store.ErrNoJob}
	}
	return id, classify(err)
}

// View opens a job for reading, also while another process runs it.
func (d *Database) View(ctx context.Context, name string) (*store.Job, error) {
	j, err := d.view(ctx, name)
	if err != nil {
		return nil, err
	}
	return store.New(j, j.read, nil), nil
}

func (d *Database) view(ctx context.Context, name string) (*job, error) {
	conn, err := d.connect(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	id, err := find(ctx, conn, name)
	if err != nil {
		return nil, err
	}
	return newJob(d, name, id), nil
}

// Open opens a job to run it, and locks it. Whether writes to an ad account fail is learned anew then.
func (d *Database) Open(ctx context.Context, name string) (*store.Job, error) {
	conn, id, err := d.lockedConn(ctx, name, writing, false)
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, `DELETE FROM adferry.failing WHERE job = $1`, id); err != nil {
		conn.Close()
		return nil, classify(err)
	}
	j := newJob(d, name, id)
	return store.New(j, j.read, newTables(conn, &j.texts, name)), nil
}

// lockedConn is a new connection that has the lock of a job, whose number it returns.
func (d *Database) lockedConn(ctx context.Context, name string, parameters map[string]string, shared bool) (*connection, int32, error) {
	conn, err := d.connect(ctx, parameters)
	if err != nil {
		return nil, 0, err
	}
	id, err := find(ctx, conn, name)
	if err == nil {
		err = lock(ctx, conn, name, id, shared)
	}
	if err != nil {
		conn.Close()
		return nil, 0, err
	}
	return conn, id, nil
}
