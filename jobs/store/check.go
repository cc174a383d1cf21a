package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
)

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

// ErrMiscounted means that the counts are not those of the rows: somebody edited the job. [Open]
// counts anew.
var ErrMiscounted = errors.New("the job was edited: its counts are not those of its rows")

// fileCheck is the check of a job's file, which may go on while the job is read. Until it has
// ended, nothing is written.
type fileCheck struct {
	cancel context.CancelFunc
	ended  chan struct{}
	err    error // once it has ended
}

// startCheck begins to check a file.
func startCheck(ctx context.Context, file *os.File) *fileCheck {
	ctx, cancel := context.WithCancel(ctx)
	c := &fileCheck{cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(c.ended)
		c.err = checkFile(ctx, file)
	}()
	return c
}

// wait waits for the end of the check and returns what it found: errors of checkFile.
func (c *fileCheck) wait() error {
	<-c.ended
	return c.err
}

// stop ends the check early.
func (c *fileCheck) stop() {
	c.cancel()
	<-c.ended
}

// checkFile reads a whole job file without writing: SQLite checks its structure, the checksum
// what never changes, and rowConditions the rest. The error is ErrMiscounted if nothing but its
// counts is wrong. Closing the file drops the locks of this process on it, so it has to stay open
// for longer than any database connection to it that is still needed.
func checkFile(ctx context.Context, file *os.File) error {
	path := file.Name()
	s, wrong, err := checkRows(ctx, path)
	if err != nil {
		return fmt.Errorf("check job: %w", classifyReadError(path, err))
	}
	if err := s.check(file); err != nil {
		return err
	}
	if wrong {
		return ErrMiscounted
	}
	return nil
}

// checkRows is the part of checkFile for which the database is opened. It returns the checksum, and
// reports whether the counts are wrong.
func checkRows(ctx context.Context, path string) (s fileChecksum, wrong bool, err error) {
	db, err := open(path, "mode=ro")
	if err != nil {
		return s, false, err
	}
	defer db.Close()
	if err := checkFormat(ctx, db, path); err != nil {
		return s, false, err
	}
	// One after the other, because the first reads of a run take the other processor.
	if err := checkStructure(ctx, db, path); err != nil {
		return s, false, err
	}
	if err := checkValues(ctx, db, path); err != nil {
		return s, false, err
	}
	if err := db.QueryRowContext(ctx, miscounted).Scan(&wrong); err != nil {
		return s, false, err
	}
	s, err = readChecksum(ctx, db)
	return s, wrong, err
}

// checkStructure has SQLite check the structure of its file.
func checkStructure(ctx context.Context, db *sql.DB, path string) error {
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return &DamagedError{path, errors.New(verdict)}
	}
	return nil
}

// checkValues checks values that change, and so have no checksum.
func checkValues(ctx context.Context, db *sql.DB, path string) error {
	for _, condition := range rowConditions {
		var n int
		if err := db.QueryRowContext(ctx, condition).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return &DamagedError{path, fmt.Errorf("%d of its rows have invalid values", n)}
		}
	}
	_, err := New(&file{path: path}, db, nil).Quotas(ctx) // whose texts can only be read
	return err
}
