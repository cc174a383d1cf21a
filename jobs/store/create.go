package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"adferry/jobs/disk"
	"adferry/plan"
)

// Spec says what a new job is made of.
type Spec struct {
	Manifest string // path of the manifest, as it will be shown
	Policy   string // description of the policy that made the manifest; empty if people made it
	Consent  bool   // the user agreed to its deletions
	Sandbox  bool   // it runs against the embedded sandbox only
	Endpoint string // origin of the server that it runs against; empty with Sandbox
	Settings
	// Allowed are names of files that may exist in the folder, because they were written
	// there for this job. Any other file makes Create fail with an OccupiedError.
	Allowed []string
	// Read reads the manifest and calls visit for each row.
	Read func(visit func(plan.Row) error) (*plan.Plan, error)
	// Agree, unless it is nil, is asked once every row is loaded, before the job exists: with an
	// error, none is made.
	Agree func(*plan.Plan) error
}

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
	j, err := openLocked(ctx, dir, unlock)
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
	// VACUUM removes earlier texts of the schema from the file.
	if _, err := db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, schemaVersion)+tables+strings.Join(upgrades[:], "")+"VACUUM;"); err != nil {
		return nil, fmt.Errorf("make job file: %w", err)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("make job file: %w", err)
	}
	defer tx.Rollback()
	counts := newFreshCounts()
	p, err := load(ctx, tx, spec, counts)
	if err != nil {
		return nil, err
	}
	header, err := json.Marshal(p.Header)
	if err != nil {
		return nil, err
	}
	for key, value := range map[string]any{
		"name": name, "manifest_path": spec.Manifest, "manifest_sha256": hex.EncodeToString(p.SHA256[:]),
		"rows": p.Rows, "header": string(header), "created_at": time.Now().UnixMilli(),
		"consent": spec.Consent, "sandbox": spec.Sandbox,
		"backup": spec.Backup, "on_denied": spec.OnDenied, "endpoint": spec.Endpoint, "policy": spec.Policy,
	} {
		if _, err := tx.Exec("INSERT INTO meta VALUES (?, ?)", key, value); err != nil {
			return nil, fmt.Errorf("write job file: %w", err)
		}
	}
	if _, err := tx.Exec(indexes); err != nil {
		return nil, fmt.Errorf("write job file: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return nil, fmt.Errorf("write job file: %w", err)
	}
	if err := writeChecksum(ctx, db, path); err != nil {
		return nil, fmt.Errorf("write job file: %w", err)
	}
	// Now the counts take pages after those of the checksum.
	if err := counts.write(ctx, db); err != nil {
		return nil, fmt.Errorf("write job file: %w", err)
	}
	// WAL mode is stored in the file. Set here, it is on before anybody reads the file.
	if _, err := db.Exec("PRAGMA locking_mode = NORMAL; PRAGMA journal_mode = WAL;"); err != nil {
		return nil, fmt.Errorf("write job file: %w", err)
	}
	return p, db.Close()
}

// load writes the manifest's rows while it is read, then its operations, and counts them.
func load(ctx context.Context, tx *sql.Tx, spec Spec, counts freshCounts) (*plan.Plan, error) {
	rows, err := newBulk(tx, "rows", 5)
	if err != nil {
		return nil, fmt.Errorf("write job file: %w", err)
	}
	defer rows.close()
	p, err := spec.Read(func(r plan.Row) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		counts.addRow(r)
		if err := rows.add(int64(r.Line), r.Verb.String(), idOrNull(r.Copy), idOrNull(r.Delete), r.Record); err != nil {
			return fmt.Errorf("write job file: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err = rows.flush(); err == nil {
		err = loadOps(tx, p, counts)
	}
	if err == nil {
		err = loadNeeds(tx, p)
	}
	if err != nil {
		return nil, fmt.Errorf("write job file: %w", err)
	}
	return p, nil
}

func loadOps(tx *sql.Tx, p *plan.Plan, counts freshCounts) error {
	ops, err := newBulk(tx, "ops", 10)
	if err != nil {
		return err
	}
	defer ops.close()
	for o := range p.Ops() {
		counts.addOp(p, o)
		if err := ops.add(int64(o.ID), o.Kind.String(), string(o.Source), string(o.Hash), string(o.Target), o.File, string(o.Lane()), o.Needs, o.Needed, o.Guard.String()); err != nil {
			return err
		}
	}
	return ops.flush()
}

func loadNeeds(tx *sql.Tx, p *plan.Plan) error {
	needs, err := newBulk(tx, "needs", 2)
	if err != nil {
		return err
	}
	defer needs.close()
	for id, n := range p.Needs() {
		if err := needs.add(int64(id), int64(n)); err != nil {
			return err
		}
	}
	return needs.flush()
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

func idOrNull(id plan.OpID) any {
	if id == 0 {
		return nil
	}
	return int64(id)
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
