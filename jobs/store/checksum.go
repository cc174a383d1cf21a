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
	pages, err := os.Open(path)
	if err != nil {
		return err
	}
	defer pages.Close()
	if s.Sum, err = s.sum(pages, facts); err != nil {
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
	facts string
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

// sum is the sum over the pages of the file and the facts.
func (s checksum) sum(file *os.File, facts string) (sum uint32, err error) {
	// A crash may leave a part of a page that the write-ahead log still has.
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	if log, err := os.Stat(file.Name() + "-wal"); info.Size()%int64(s.PageSize) != 0 && (err != nil || log.Size() == 0) {
		return 0, io.ErrUnexpectedEOF
	}
	page, pages := make([]byte, s.PageSize), io.NewSectionReader(file, 0, info.Size())
	for n := 1; n <= s.Pages; n++ {
		if _, err := io.ReadFull(pages, page); err != nil {
			return 0, err
		}
		if !slices.Contains(s.Changing, n) {
			sum = crc32.Update(sum, castagnoli, page)
		}
	}
	return crc32.Update(sum, castagnoli, []byte(facts)), nil
}

// check compares the file with its checksum.
func (s fileChecksum) check(file *os.File) error {
	path := file.Name()
	switch sum, err := s.sum(file, s.facts); {
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
	file, err := os.Open(path)
	if err != nil {
		return openError(path, err)
	}
	defer file.Close()
	return s.check(file)
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
