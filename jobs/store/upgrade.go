package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// upgrade upgrades a job file to the current format in one transaction. The file must be
// checked and locked. Older versions of adferry that are reading it can go on.
func upgrade(ctx context.Context, path string, s fileChecksum) error {
	if s.format == schemaVersion {
		return nil
	}
	if err := s.upgrade(ctx, path); err != nil {
		return fmt.Errorf("upgrade job file: %w", classifyError(path, err))
	}
	return nil
}

func (s fileChecksum) upgrade(ctx context.Context, path string) error {
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
	db, err := open(path, writeParams)
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
		// Format 1 does not say when writes were sent whose answers were lost. They were
		// sent before the file was last written to, because it has their intents.
		if _, err := tx.ExecContext(ctx, `UPDATE outcomes SET last_sent = ? WHERE state = 'sent' OR tried = 1 AND state IN ('pending', 'failed')`, millis(last)); err != nil {
			return err
		}
	}
	if s.format < formatWithCounts {
		if _, err := tx.ExecContext(ctx, rowIndexes+recount); err != nil {
			return err
		}
	}
	if err := s.save(ctx, tx, pages); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", schemaVersion)); err != nil {
		return err
	}
	return errors.Join(tx.Commit(), db.Close())
}

// lastWrite is when the job file or its log was last written to by the file system's
// times, or now if that is earlier.
func lastWrite(path string) (time.Time, error) {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}, err
	}
	last := info.ModTime()
	if log, err := os.Stat(path + "-wal"); err == nil && log.Size() > 0 && log.ModTime().After(last) { // readers make empty logs
		last = log.ModTime()
	}
	if now := time.Now(); last.After(now) {
		last = now
	}
	return last, nil
}
