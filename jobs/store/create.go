package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"adferry/jobs/disk"
	"adferry/plan"
)

// Create makes the job in dir and opens it, locked. The job exists only when every row is
// loaded: a crash or a bad manifest leaves no job behind.
func Create(ctx context.Context, dir string, spec Spec) (*Job, *plan.Plan, error) {
	made := missingFolders(dir)
	unmade := func(err error) (*Job, *plan.Plan, error) {
		for _, d := range made {
			_ = os.Remove(d) // only folders that this call made, and only if empty
		}
		return nil, nil, classifyBuildError(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return unmade(fmt.Errorf("make job folder: %w", err))
	}
	path := filepath.Join(dir, fileName)
	if _, err := os.Lstat(path); err != nil {
		if err := CheckVacant(dir, spec.Allowed...); err != nil { // before a lock file is made there
			return unmade(err)
		}
	}
	unlock, err := lock(dir)
	if err != nil {
		return unmade(err)
	}
	if _, err := os.Lstat(path); err == nil {
		unlock()
		return nil, nil, fmt.Errorf("%s: %w", dir, ErrExists)
	}
	p, err := build(ctx, draftOf(path), filepath.Base(absolute(dir)), spec)
	if err == nil && spec.Agree != nil {
		err = spec.Agree(p)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = publish(draftOf(path), path)
	}
	if err != nil {
		// job.db itself exists if only the sync of the folder failed.
		removeDraft(path)
		for _, name := range []string{fileName, lockName} {
			_ = os.Remove(filepath.Join(dir, name))
		}
		unlock()
		return unmade(err)
	}
	ctx = context.WithoutCancel(ctx) // the job exists
	j, err := openLocked(ctx, dir, unlock)
	if err == nil {
		j, err = j.sound(ctx)
	}
	return j, p, err
}

// build loads the manifest into a new database. It needs neither a journal nor syncing,
// because nobody reads the file before publish.
func build(ctx context.Context, path, name string, spec Spec) (*plan.Plan, error) {
	for _, suffix := range draftSuffixes { // also the log, which SQLite would use for the new file
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("make job file: %w", err)
		}
	}
	db, err := open(path, "_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=locking_mode(EXCLUSIVE)")
	if err != nil {
		return nil, fmt.Errorf("make job file: %w", err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, schemaVersion)+tables); err != nil {
		return nil, fmt.Errorf("make job file: %w", err)
	}
	loaded, err := loadFile(ctx, db, name, spec)
	if err != nil {
		return nil, err
	}
	if err := writeChecksum(ctx, db, path); err != nil {
		return nil, fmt.Errorf("write job file: %w", err)
	}
	// Now the counts take pages after those of the checksum.
	if err := writeCounts(ctx, db, loaded); err != nil {
		return nil, fmt.Errorf("write job file: %w", err)
	}
	// WAL mode is stored in the file. Set here, it is on before anybody reads the file.
	if _, err := db.Exec("PRAGMA locking_mode = NORMAL; PRAGMA journal_mode = WAL;"); err != nil {
		return nil, fmt.Errorf("write job file: %w", err)
	}
	return loaded.Plan, db.Close()
}

// loadFile loads the manifest, and what meta says of the job.
func loadFile(ctx context.Context, db *sql.DB, name string, spec Spec) (loaded Loaded, err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return loaded, fmt.Errorf("make job file: %w", err)
	}
	defer conn.Close()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return loaded, fmt.Errorf("make job file: %w", err)
	}
	defer tx.Rollback()
	loader := newFileLoader(conn)
	defer loader.close()
	if loaded, err = Load(ctx, spec, loader); err != nil {
		return loaded, err
	}
	entries, err := spec.Entries(name, loaded.Plan)
	if err != nil {
		return loaded, err
	}
	for _, e := range entries {
		if _, err := tx.Exec(putEntry, e.Key, e.Value); err != nil {
			return loaded, written(err)
		}
	}
	if _, err := tx.Exec(indexes); err != nil {
		return loaded, written(err)
	}
	return loaded, written(tx.Commit())
}

// writeCounts writes the counts of a new job into their empty tables.
func writeCounts(ctx context.Context, db *sql.DB, l Loaded) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return inTransaction(ctx, conn, func(*sql.Tx) error {
		counts := newCountTables(conn)
		defer counts.close()
		return counts.add(l.Rows, l.Ops)
	})
}

// publish makes the finished file the job.
func publish(from, to string) error {
	for _, suffix := range []string{"-wal", "-shm"} { // empty after a clean close
		_ = os.Remove(from + suffix)
	}
	if err := disk.Move(from, to); err != nil {
		return fmt.Errorf("write job file: %w", err)
	}
	return nil
}

// draftOf is the name of the job file until it is complete. SQLite adds draftSuffixes.
func draftOf(path string) string { return path + ".new" }

var draftSuffixes = []string{"", "-wal", "-shm"}

// removeDraft removes what an interrupted Create left. The job must be locked.
func removeDraft(path string) {
	for _, suffix := range draftSuffixes {
		_ = os.Remove(draftOf(path) + suffix)
	}
}

// classifyBuildError is classifyError for a file that was just made: if it is damaged, the
// disk failed.
func classifyBuildError(err error) error {
	var damage *DamagedError
	if err = classifyError("", err); errors.As(err, &damage) {
		return &DiskError{damage.Err}
	}
	return err
}

// missingFolders returns dir and its parents that do not exist, deepest first.
func missingFolders(dir string) []string {
	var missing []string
	for d := absolute(dir); ; d = filepath.Dir(d) {
		if _, err := os.Lstat(d); err == nil || d == filepath.Dir(d) {
			return missing
		}
		missing = append(missing, d)
	}
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
