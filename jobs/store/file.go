package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
)

// file is the file of SQLite in a job's folder, a Database.
type file struct {
	dir    string
	path   string
	params string // SQLite's parameters for reading it
	read   *sql.DB
	pages  *os.File // the file as it is checked; nil for a view
	unlock func()   // nil for a view
}

// Text returns the query as it is.
func (f *file) Text(query string) string { return query }

func (f *file) ReadError(err error) error { return classifyReadError(f.path, err) }

func (f *file) LockedForLife() bool { return true }

func (f *file) Damaged(err error) error { return &DamagedError{f.path, err} }

// Set writes without the job's lock. For SQLite this process is another writer, with a
// transaction of its own.
func (f *file) Set(ctx context.Context, entries ...Entry) error {
	if err := checkWritable(f.dir); err != nil {
		return err
	}
	if !f.Running() { // else that process has checked the file
		f.read.SetMaxIdleConns(0) // because the file is opened and closed to be checked, which drops SQLite's locks
		file, err := os.Open(f.path)
		if err != nil {
			return openError(f.path, err)
		}
		defer file.Close()
		if err := checkFile(ctx, file); err != nil && err != ErrMiscounted { // who runs the job counts anew
			return err
		}
	}
	t := &fileTables{path: f.path}
	if err := t.open(ctx); err != nil {
		return err
	}
	err := t.update(func(tx *sql.Tx) error { return t.Set(tx, entries) })
	if err = errors.Join(err, t.Close()); err != nil {
		return fmt.Errorf("steer job: %w", classifyError(f.path, err))
	}
	return nil
}

// Compare attaches the other file.
func (f *file) Compare(ctx context.Context, conn *sql.Conn, other Database) (mine, theirs func(string) string, done func() error, err error) {
	o, ok := other.(*file)
	if !ok {
		return nil, nil, nil, ErrElsewhere
	}
	if _, err := conn.ExecContext(ctx, `ATTACH ? AS theirs`, uri(o.path, o.params)); err != nil {
		return nil, nil, nil, o.ReadError(err)
	}
	in := func(schema string) func(string) string {
		return func(query string) string { return qualify(query, schema) }
	}
	return in("main"), in("theirs"), func() error {
		_, err := conn.ExecContext(context.WithoutCancel(ctx), `DETACH theirs`)
		return err
	}, nil
}

// Close releases the lock, once the connections to the file are closed.
func (f *file) Close() {
	if f.pages != nil {
		_ = f.pages.Close()
	}
	if f.unlock != nil {
		f.unlock()
	}
}
