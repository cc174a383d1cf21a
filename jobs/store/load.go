package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"adferry/plan"
)

// Spec says what a new job is made of.
type Spec struct {
	Manifest string // path of the manifest, as it will be shown
	Policy   string // description of the policy that made the manifest; empty if people made it
	Consent  bool   // the user agreed to its deletions
	Sandbox  bool   // it runs against the embedded sandbox only
	Endpoint string // origin of the server that it runs against; empty with Sandbox
	Output   string // of a job of a database: the folder for its files
	Proof    string // see [Folders]
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

// Entries are the entries of meta of a new job with that name.
func (s Spec) Entries(name string, p *plan.Plan) ([]Entry, error) {
	header, err := json.Marshal(p.Header)
	if err != nil {
		return nil, err
	}
	folders, err := json.Marshal(s.Folders(p))
	if err != nil {
		return nil, err
	}
	entries := []Entry{
		{Key: "name", Value: name}, {Key: "manifest_path", Value: s.Manifest}, {Key: "manifest_sha256", Value: hex.EncodeToString(p.SHA256[:])},
		{Key: "rows", Value: p.Rows}, {Key: "header", Value: string(header)}, {Key: "created_at", Value: time.Now().UnixMilli()},
		{Key: "consent", Value: s.Consent}, {Key: "sandbox", Value: s.Sandbox},
		{Key: "backup", Value: s.Backup}, {Key: "on_denied", Value: string(s.OnDenied)}, {Key: "endpoint", Value: s.Endpoint}, {Key: "policy", Value: s.Policy},
	}
	if s.inDatabase() {
		entries = append(entries, Entry{Key: "folders", Value: string(folders)})
	}
	return entries, nil
}

// Loader writes the tables of a new job: all rows, then all operations, then their needs. Flush
// is called at the end of each.
type Loader interface {
	Row(r plan.Row) error
	Op(o plan.Op) error
	Need(op, need plan.OpID) error
	Flush() error
}

// Loaded is what was loaded, with the counts of the new job.
type Loaded struct {
	Plan *plan.Plan
	Rows []RowCount
	Ops  []OpCount
}

// Load reads a manifest and writes its rows while it is read, then its operations. It counts
// them.
func Load(ctx context.Context, spec Spec, l Loader) (Loaded, error) {
	counts := newFreshCounts()
	p, err := spec.Read(func(r plan.Row) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		counts.addRow(r)
		return l.Row(r)
	})
	if err == nil {
		err = l.Flush()
	}
	if err != nil {
		return Loaded{}, err
	}
	for o := range p.Ops() {
		counts.addOp(p, o)
		if err := l.Op(o); err != nil {
			return Loaded{}, err
		}
	}
	if err := l.Flush(); err != nil {
		return Loaded{}, err
	}
	for op, need := range p.Needs() {
		if err := l.Need(op, need); err != nil {
			return Loaded{}, err
		}
	}
	return counts.of(p), l.Flush()
}

// fileLoader writes into a file of SQLite.
type fileLoader struct{ rows, ops, needs *bulk }

func newFileLoader(conn *sql.Conn) fileLoader {
	into := func(table string, width int) *bulk {
		return newBulk(conn, `INSERT INTO `+table+` VALUES`, rowOf(width), ``)
	}
	return fileLoader{into("rows", 5), into("ops", 10), into("needs", 2)}
}

func (l fileLoader) Row(r plan.Row) error {
	return written(l.rows.add(RowValues(r)...))
}

func (l fileLoader) Op(o plan.Op) error {
	return written(l.ops.add(OpValues(o)...))
}

func (l fileLoader) Need(op, need plan.OpID) error {
	return written(l.needs.add(int64(op), int64(need)))
}

func (l fileLoader) Flush() error {
	return written(errors.Join(l.rows.flush(), l.ops.flush(), l.needs.flush()))
}

func written(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("write job file: %w", err)
}

func (l fileLoader) close() {
	l.rows.close()
	l.ops.close()
	l.needs.close()
}
