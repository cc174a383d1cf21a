package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"slices"
	"strings"
)

// seal is a sum over what never changes once the job is made: every page of the
// fresh file, the roots of the tables that do change apart, and the facts in
// meta. SQLite has no checksums of its own, and a flipped bit in an ad account's
// number would go unseen. Pages of a table that nobody writes to stay where they
// are; whatever grows takes pages behind them.
type seal struct {
	PageSize int    `json:"page_size"`
	Pages    int    `json:"pages"` // of the fresh file
	Changing []int  `json:"changing"`
	Sum      uint32 `json:"crc32c"`
}

// schemaStart is where page 1 holds more than counters (SQLite, "Database File
// Format").
const schemaStart = 100

// makeSeal seals a job file that is complete but for the seal.
func makeSeal(ctx context.Context, db *sql.DB, path string) error {
	var s seal
	if err := errors.Join(
		db.QueryRowContext(ctx, "PRAGMA page_size").Scan(&s.PageSize),
		db.QueryRowContext(ctx, "PRAGMA page_count").Scan(&s.Pages),
	); err != nil {
		return err
	}
	for _, table := range []string{"meta", "outcomes", "lanes", "samples", "parks"} {
		var root int
		if err := db.QueryRowContext(ctx, "SELECT rootpage FROM sqlite_schema WHERE name = ?", table).Scan(&root); err != nil {
			return err
		}
		s.Changing = append(s.Changing, root)
	}
	facts, err := sealedFacts(ctx, db, underSeal[0])
	if err != nil {
		return err
	}
	if s.Sum, err = s.sum(path, facts); err != nil {
		return err
	}
	text, err := json.Marshal(s)
	if err == nil {
		_, err = db.ExecContext(ctx, "INSERT INTO meta VALUES ('seal', ?)", string(text))
	}
	return err
}

// readSeal reads the seal and the facts under it, in each form.
func readSeal(ctx context.Context, db *sql.DB) (s seal, facts [len(underSeal)]string, err error) {
	var text string
	if err := db.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = 'seal'").Scan(&text); err != nil {
		return s, facts, err
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return s, facts, err
	}
	if s.PageSize < 512 || s.PageSize > 65536 {
		return s, facts, fmt.Errorf("the seal names a page size of %d", s.PageSize)
	}
	for i := range facts {
		if facts[i], err = sealedFacts(ctx, db, underSeal[i]); err != nil {
			return s, facts, err
		}
	}
	return s, facts, nil
}

// underSeal are the facts of meta that say what the job is. The rest is how it is
// run, and how far it has come. The second form is that of seals made before jobs
// could be steered, which held settings as well.
var underSeal = [...]string{
	`key IN ('name', 'manifest_path', 'manifest_sha256', 'rows', 'header', 'created_at', 'sandbox')`,
	`key NOT IN ('consent', 'tally', 'exit_code', 'stop', 'seal', 'paused_at', 'workers', 'max_rate', 'endpoint')`,
}

func sealedFacts(ctx context.Context, db *sql.DB, which string) (string, error) {
	rows, err := db.QueryContext(ctx, `SELECT key, value FROM meta WHERE `+which+` ORDER BY key`)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var b strings.Builder
	for rows.Next() {
		var key, value string
		if err := rows.Scan(&key, &value); err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "%q=%q\n", key, value)
	}
	return b.String(), rows.Err()
}

// sum reads the file itself. No database handle of this process may be open on
// it that still matters: closing a file drops the process's locks on it.
func (s seal) sum(path, facts string) (uint32, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	// A crash may leave a part of a page that the write-ahead log still has.
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if log, err := os.Stat(path + "-wal"); info.Size()%int64(s.PageSize) != 0 && (err != nil || log.Size() == 0) {
		return 0, io.ErrUnexpectedEOF
	}
	table := crc32.MakeTable(crc32.Castagnoli)
	sum := crc32.Checksum([]byte(facts), table)
	page := make([]byte, s.PageSize)
	for n := 1; n <= s.Pages; n++ {
		if _, err := io.ReadFull(f, page); err != nil {
			return 0, err
		}
		switch {
		case n == 1:
			sum = crc32.Update(sum, table, page[schemaStart:])
		case !slices.Contains(s.Changing, n):
			sum = crc32.Update(sum, table, page)
		}
	}
	return sum, nil
}

// sound are conditions on the rows that do change; a row that breaks one was not
// written by adferry.
var sound = []string{
	`SELECT count(*) FROM outcomes LEFT JOIN ops ON id = op WHERE NOT (id IS NOT NULL
		AND state IN ('pending', 'sent', 'done', 'skipped', 'failed') AND typeof(reason) = 'text' AND typeof(message) = 'text' AND typeof(trace) = 'text'
		AND typeof(target_hash) = 'text' AND created IN (0, 1) AND typeof(seen) = 'integer' AND typeof(attempts) = 'integer' AND typeof(code) = 'integer'
		AND typeof(subcode) = 'integer' AND typeof(started) = 'integer' AND typeof(finished) = 'integer')`,
	`SELECT count(*) FROM lanes WHERE NOT (typeof(account) = 'text' AND typeof(tier) = 'integer' AND typeof(parked_until) = 'integer'
		AND typeof(parked_for) = 'text' AND typeof(calls) = 'integer' AND typeof(throttles) = 'integer' AND typeof(parked) = 'integer')`,
	`SELECT count(*) FROM samples WHERE NOT (typeof(settled) = 'integer' AND typeof(failed) = 'integer' AND typeof(parked) = 'integer')`,
	`SELECT count(*) FROM parks WHERE NOT (typeof(account) = 'text' AND typeof(since) = 'integer' AND typeof(until) = 'integer'
		AND typeof(code) = 'integer' AND typeof(subcode) = 'integer')`,
}

// check reads a job file whole and writes nothing: SQLite judges its structure,
// the seal what never changes, the conditions the rest.
func check(ctx context.Context, path string) error {
	s, facts, err := checkRows(ctx, path)
	if err != nil {
		return fmt.Errorf("check job: %w", foreign(path, err))
	}
	for _, f := range facts {
		switch sum, err := s.sum(path, f); {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return &DamagedError{path, errors.New("its end is missing")}
		case err != nil:
			return fmt.Errorf("check job: %w", fault(path, err))
		case sum == s.Sum:
			return nil
		}
	}
	return &DamagedError{path, errors.New("its plan is not the one it was made with")}
}

// checkRows is the part of check that SQLite does.
func checkRows(ctx context.Context, path string) (s seal, facts [len(underSeal)]string, err error) {
	if err := inspect(path); err != nil {
		return s, facts, err
	}
	db, err := open(path, "mode=ro")
	if err != nil {
		return s, facts, err
	}
	defer db.Close()
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return s, facts, err
	}
	if verdict != "ok" {
		return s, facts, &DamagedError{path, errors.New(verdict)}
	}
	for _, query := range sound {
		var n int
		if err := db.QueryRowContext(ctx, query).Scan(&n); err != nil {
			return s, facts, err
		}
		if n > 0 {
			return s, facts, &DamagedError{path, fmt.Errorf("%d of its rows hold values that cannot be", n)}
		}
	}
	return readSeal(ctx, db)
}
