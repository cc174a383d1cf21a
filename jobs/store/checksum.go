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
	"path/filepath"
	"slices"
	"strings"
)

// checksum is the checksum of what never changes once the job is made: all pages of the new
// file except the roots of the tables that change, and what meta says about the manifest.
// SQLite has no checksums of its own, and a flipped bit in an account id would go unnoticed.
// Reading the pages of a million rows takes a twentieth of a second, reading the rows in order
// three.
// It works because SQLite does not move the pages of a table that nobody writes to, and
// tables that grow take pages after them.
//
// The schema's page has counters that change, so it is one of the changing ones, and the text of
// the schema is checked in its place.
type checksum struct {
	PageSize int    `json:"page_size"`
	Pages    int    `json:"pages"` // of the new file
	Changing []int  `json:"changing"`
	Sum      uint32 `json:"crc32c"` // over the pages, then the facts
}

// schemaPage is the page with the root of the schema (SQLite, "Database File Format").
const schemaPage = 1

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// writeChecksum adds the checksum to a job file that is otherwise complete.
func writeChecksum(ctx context.Context, db *sql.DB, path string) error {
	s := checksum{Changing: []int{schemaPage}}
	if err := errors.Join(
		db.QueryRowContext(ctx, "PRAGMA page_size").Scan(&s.PageSize),
		db.QueryRowContext(ctx, "PRAGMA page_count").Scan(&s.Pages),
	); err != nil {
		return err
	}
	for _, table := range []string{"meta", "outcomes", "lanes", "samples", "parks", "row_counts", "op_counts"} {
		var root int
		if err := db.QueryRowContext(ctx, "SELECT rootpage FROM sqlite_schema WHERE name = ?", table).Scan(&root); err != nil {
			return err
		}
		s.Changing = append(s.Changing, root)
	}
	facts, err := facts(ctx, db)
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

// fileChecksum is the checksum of a file, with the facts that are part of it besides the
// pages.
type fileChecksum struct {
	checksum
	facts      string
	miscounted bool // the counts are not those of the rows
}

// readChecksum reads the checksum of a file and the facts.
func readChecksum(ctx context.Context, db *sql.DB) (s fileChecksum, err error) {
	var text string
	if err := db.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = 'seal'").Scan(&text); err != nil {
		return s, err
	}
	if err := json.Unmarshal([]byte(text), &s.checksum); err != nil {
		return s, err
	}
	if s.PageSize < 512 || s.PageSize > 65536 {
		return s, fmt.Errorf("the checksum has a page size of %d", s.PageSize)
	}
	s.facts, err = facts(ctx, db)
	return s, err
}

// facts are what meta says of the manifest, and the schema with the root pages. The rest of meta is
// how the job is run and its progress.
func facts(ctx context.Context, db *sql.DB) (string, error) {
	manifest, err := pairs(ctx, db, `SELECT key, value FROM meta
		WHERE key IN ('name', 'manifest_path', 'manifest_sha256', 'rows', 'header', 'created_at', 'sandbox') ORDER BY key`)
	if err != nil {
		return "", err
	}
	schema, err := pairs(ctx, db, `SELECT type || ' ' || name || ' ' || tbl_name || ' ' || rootpage, coalesce(sql, '') FROM sqlite_schema ORDER BY name`)
	return manifest + schema, err
}

func pairs(ctx context.Context, db *sql.DB, query string) (string, error) {
	rows, err := db.QueryContext(ctx, query)
	var b strings.Builder
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var key, value string
		err := scan(&key, &value)
		fmt.Fprintf(&b, "%q=%q\n", key, value)
		return err
	})
	return b.String(), err
}

// sum is the sum over the pages and the facts. It opens the file itself. This process must not have a
// database connection to it that is still needed, because closing the file drops the
// process's locks on it.
func (s checksum) sum(path, facts string) (sum uint32, err error) {
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
	page := make([]byte, s.PageSize)
	for n := 1; n <= s.Pages; n++ {
		if _, err := io.ReadFull(f, page); err != nil {
			return 0, err
		}
		if !slices.Contains(s.Changing, n) {
			sum = crc32.Update(sum, castagnoli, page)
		}
	}
	return crc32.Update(sum, castagnoli, []byte(facts)), nil
}

// rowConditions are conditions on the rows that change. adferry did not write a row that breaks
// one.
var rowConditions = []string{
	`SELECT count(*) FROM outcomes LEFT JOIN ops ON id = op WHERE NOT (id IS NOT NULL
		AND state IN ('pending', 'sent', 'done', 'skipped', 'failed') AND typeof(reason) = 'text' AND typeof(message) = 'text' AND typeof(trace) = 'text'
		AND typeof(target_hash) = 'text' AND created IN (0, 1) AND typeof(seen) = 'integer' AND typeof(attempts) = 'integer' AND typeof(code) = 'integer'
		AND typeof(subcode) = 'integer' AND typeof(started) = 'integer' AND typeof(finished) = 'integer' AND typeof(last_sent) = 'integer'
		AND typeof(creatives) = 'text')`,
	`SELECT count(*) FROM lanes WHERE NOT (typeof(account) = 'text' AND typeof(tier) = 'integer' AND typeof(parked_until) = 'integer'
		AND typeof(parked_for) = 'text' AND typeof(calls) = 'integer' AND typeof(throttles) = 'integer' AND typeof(parked) = 'integer')`,
	`SELECT count(*) FROM samples WHERE NOT (typeof(settled) = 'integer' AND typeof(failed) = 'integer' AND typeof(parked) = 'integer')`,
	`SELECT count(*) FROM parks WHERE NOT (typeof(account) = 'text' AND typeof(since) = 'integer' AND typeof(until) = 'integer'
		AND typeof(code) = 'integer' AND typeof(subcode) = 'integer')`,
	`SELECT count(*) FROM row_counts WHERE NOT (verb IN ('copy', 'move', 'delete', 'upload') AND typeof(account) = 'text'
		AND first IN ('', 'pending', 'sent', 'done', 'skipped', 'failed') AND typeof(first_reason) = 'text'
		AND del IN ('', 'pending', 'sent', 'done', 'skipped', 'failed') AND typeof(del_reason) = 'text' AND typeof(n) = 'integer' AND n >= 0)`,
	`SELECT count(*) FROM op_counts WHERE NOT (kind IN ('copy', 'delete', 'upload') AND typeof(lane) = 'text' AND typeof(others) = 'text'
		AND state IN ('pending', 'sent', 'done', 'skipped', 'failed') AND blames IN (0, 1) AND typeof(n) = 'integer' AND n >= 0 AND typeof(finished) = 'integer')`,
}

// checkFile reads a whole job file without writing: SQLite checks its structure, the checksum
// what never changes, and rowConditions the rest.
func checkFile(ctx context.Context, path string) (fileChecksum, error) {
	s, err := checkRows(ctx, path)
	if err != nil {
		return s, fmt.Errorf("check job: %w", classifyReadError(path, err))
	}
	return s, s.check(path)
}

// check compares the file with its checksum.
func (s fileChecksum) check(path string) error {
	switch sum, err := s.sum(path, s.facts); {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &DamagedError{path, errors.New("the end of the file is missing")}
	case err != nil:
		return fmt.Errorf("check job: %w", classifyError(path, err))
	case sum != s.Sum:
		return &DamagedError{path, errors.New("the checksum of its plan is wrong")}
	}
	return nil
}

// CheckPlan compares what never changes of the job in dir with its checksum: a twentieth of a
// second for a million rows. [Open] checks all of the file. This process must not have the job
// open. Errors are those of [View].
func CheckPlan(ctx context.Context, dir string) error {
	path := filepath.Join(dir, fileName)
	s, err := checksumOf(ctx, path)
	if err != nil {
		return fmt.Errorf("check job: %w", classifyReadError(path, err))
	}
	return s.check(path)
}

func checksumOf(ctx context.Context, path string) (s fileChecksum, err error) {
	db, err := open(path, "mode=ro")
	if err != nil {
		return s, err
	}
	defer db.Close()
	if err := checkFormat(ctx, db, path); err != nil {
		return s, err
	}
	return readChecksum(ctx, db)
}

// checkRows is the part of checkFile for which the database is opened.
func checkRows(ctx context.Context, path string) (s fileChecksum, err error) {
	if err := inspectHeader(path); err != nil {
		return s, err
	}
	db, err := open(path, "mode=ro")
	if err != nil {
		return s, err
	}
	defer db.Close()
	if err := checkFormat(ctx, db, path); err != nil {
		return s, err
	}
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return s, err
	}
	if verdict != "ok" {
		return s, &DamagedError{path, errors.New(verdict)}
	}
	for _, condition := range rowConditions {
		var n int
		if err := db.QueryRowContext(ctx, condition).Scan(&n); err != nil {
			return s, err
		}
		if n > 0 {
			return s, &DamagedError{path, fmt.Errorf("%d of its rows have invalid values", n)}
		}
	}
	if s, err = readChecksum(ctx, db); err == nil {
		err = db.QueryRowContext(ctx, miscounted).Scan(&s.miscounted)
	}
	return s, err
}
