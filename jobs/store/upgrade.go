package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// upgrade brings a job file that was checked, and that no other process may run, to
// the present format, in one transaction: a crash leaves it as it was or upgraded.
// What readers of the older format look for stays where it was.
func upgrade(ctx context.Context, path string, s sealed) error {
	if s.format == schemaVersion {
		return nil
	}
	if err := s.upgrade(ctx, path); err != nil {
		return fmt.Errorf("upgrade job file: %w", fault(path, err))
	}
	return nil
}

func (s sealed) upgrade(ctx context.Context, path string) error {
	last, err := lastWrite(path)
	if err != nil {
		return err
	}
	if s.format == 1 {
		s.Changing = append([]int{schemaPage}, s.Changing...)
	}
	pages, err := s.addPages(path, 0)
	if err != nil {
		return err
	}
	db, err := open(path, writing)
	if err != nil {
		return err
	}
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, step := range upgrades[s.format-1:] {
		if _, err := tx.ExecContext(ctx, step); err != nil {
			return err
		}
	}
	if s.format == 1 {
		// When the writes left whose answers were lost was not kept. It was before the file
		// was last written to, because their intents are in it.
		if _, err := tx.ExecContext(ctx, `UPDATE outcomes SET last_sent = ? WHERE state = 'sent' OR tried = 1 AND state IN ('pending', 'failed')`, millis(last)); err != nil {
			return err
		}
	}
	if err := s.put(ctx, tx, pages); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", schemaVersion)); err != nil {
		return err
	}
	return errors.Join(tx.Commit(), db.Close())
}

// lastWrite is when the job file or its log was last written to, as the file system
// tells, and at the latest now.
func lastWrite(path string) (time.Time, error) {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}, err
	}
	last := info.ModTime()
	if log, err := os.Stat(path + "-wal"); err == nil && log.Size() > 0 && log.ModTime().After(last) { // readers make empty ones
		last = log.ModTime()
	}
	if now := time.Now(); last.After(now) {
		last = now
	}
	return last, nil
}
