package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"

	"adferry/graph"
	"adferry/jobs"
	"adferry/plan"
)

// UsesName is the file in a job's folder that keeps what an interrupted reading of the uses
// of its images has read.
const UsesName = "creatives.db"

// ErrUsesBusy means that another process is reading the uses of the job's images.
var ErrUsesBusy = errors.New("another process is reading which creatives use this job's images")

// Uses keep what was read of images and their use on disk, so that memory stays flat. They
// are a database of one process at a time, and hold nothing that could not be read again.
type Uses struct {
	db     *sql.DB
	path   string
	of     *sql.Stmt
	buffer []jobs.ImageUse
	since  time.Time // when the oldest in the buffer came
}

const usesTables = `
CREATE TABLE IF NOT EXISTS about (what TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS images (account TEXT NOT NULL, hash TEXT NOT NULL, read_at INTEGER NOT NULL DEFAULT 0,
	present INTEGER NOT NULL DEFAULT 0, active INTEGER NOT NULL DEFAULT 0, use INTEGER NOT NULL DEFAULT 0,
	creatives TEXT NOT NULL DEFAULT '', name TEXT NOT NULL DEFAULT '', PRIMARY KEY (account, hash)) WITHOUT ROWID;
`

// OpenUses opens those that an interrupted reading left in dir, or makes new ones. what says
// what is being read, such as the job and the server: uses of something else are dropped, and
// so is a file that is damaged. They have to be closed.
func OpenUses(ctx context.Context, dir, what string) (*Uses, error) {
	path := filepath.Join(dir, UsesName)
	u, err := openUses(ctx, path, what)
	if damaged := (*DamagedError)(nil); errors.As(err, &damaged) {
		if err := os.Remove(path); err != nil {
			return nil, classifyError(path, err)
		}
		return openUses(ctx, path, what)
	}
	return u, err
}

// TempUses makes uses in a temporary file. They have to be closed.
func TempUses(ctx context.Context) (*Uses, error) {
	f, err := os.CreateTemp("", "adferry-uses-")
	if err != nil {
		return nil, &DiskError{err}
	}
	_ = f.Close()
	u, err := openUses(ctx, f.Name(), "")
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return u, err
}

func openUses(ctx context.Context, path, what string) (*Uses, error) {
	// In exclusive mode the lock is held until the database is closed. It needs no sync at each
	// commit: what a power failure takes is read again.
	db, err := sql.Open("sqlite", uri(path, "_txlock=immediate&_pragma=busy_timeout(100)&_pragma=locking_mode(EXCLUSIVE)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	u := &Uses{db: db, path: path}
	err = u.begin(ctx, what)
	if err == nil {
		u.of, err = db.PrepareContext(ctx, `SELECT read_at, present, active, use, creatives, name FROM images WHERE account = ? AND hash = ?`)
		err = u.classify(err)
	}
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("open %s: %w", filepath.Base(path), err)
	}
	return u, nil
}

// begin makes the tables, and empties them if they are about something else.
func (u *Uses) begin(ctx context.Context, what string) error {
	return u.update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, usesTables); err != nil {
			return err
		}
		var same bool
		if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM about WHERE what = ?)`, what).Scan(&same); err != nil || same {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM images; DELETE FROM about; INSERT INTO about VALUES (?)`, what)
		return err
	})
}

// update makes a change in one transaction.
func (u *Uses) update(ctx context.Context, change func(*sql.Tx) error) error {
	return u.classify(inTransaction(ctx, u.db, change))
}

func (u *Uses) classify(err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code()&0xff == 5 { // SQLITE_BUSY
		return ErrUsesBusy
	}
	return classifyError(u.path, err)
}

// Close closes the uses. Unless keep is set the file is removed.
func (u *Uses) Close(keep bool) error {
	err := u.db.Close()
	if keep {
		return err
	}
	return errors.Join(err, os.Remove(u.path))
}

// Want adds images to be read. What is known of those that were added before stays.
func (u *Uses) Want(ctx context.Context, images iter.Seq2[jobs.ImageAt, error]) error {
	return u.update(ctx, func(tx *sql.Tx) error {
		add, err := tx.PrepareContext(ctx, `INSERT OR IGNORE INTO images (account, hash) VALUES (?, ?)`)
		if err != nil {
			return err
		}
		defer add.Close()
		for i, err := range images {
			if err == nil {
				_, err = add.ExecContext(ctx, string(i.Account), string(i.Hash))
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Accounts returns the ad accounts with images that were not read yet, and how many those
// are.
func (u *Uses) Accounts(ctx context.Context) (accounts []plan.Account, unread int, err error) {
	rows, err := u.db.QueryContext(ctx, `SELECT account, count(*) FROM images WHERE read_at = 0 GROUP BY account ORDER BY length(account), account`)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var a plan.Account
		var n int
		err := scan(&a, &n)
		accounts, unread = append(accounts, a), unread+n
		return err
	})
	return accounts, unread, u.classify(err)
}

// usesPage is how many images are taken or written at a time.
const usesPage = 500

// Unread streams the images of an account that were not read yet, ordered by hash.
func (u *Uses) Unread(ctx context.Context, a plan.Account) iter.Seq2[plan.Hash, error] {
	return pages(usesPage, func(after plan.Hash) ([]plan.Hash, error) {
		page, err := allRows(ctx, u.db, self[plan.Hash], `SELECT hash FROM images WHERE account = ? AND hash > ? AND read_at = 0 ORDER BY hash LIMIT ?`,
			string(a), string(after), usesPage)
		return page, u.classify(err)
	})
}

// Add adds what a read said of an image. It is on disk after a second, or after Flush.
func (u *Uses) Add(ctx context.Context, use jobs.ImageUse) error {
	now := time.Now()
	if len(u.buffer) == 0 {
		u.since = now
	}
	u.buffer = append(u.buffer, use)
	if len(u.buffer) < usesPage && now.Sub(u.since) < time.Second {
		return nil
	}
	return u.Flush(ctx)
}

// Flush writes what was added.
func (u *Uses) Flush(ctx context.Context) error {
	if len(u.buffer) == 0 {
		return nil
	}
	err := u.update(ctx, func(tx *sql.Tx) error {
		add, err := tx.PrepareContext(ctx, `INSERT OR REPLACE INTO images (account, hash, read_at, present, active, use, creatives, name) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
		if err != nil {
			return err
		}
		defer add.Close()
		for _, i := range u.buffer {
			if _, err := add.ExecContext(ctx, string(i.Account), string(i.Hash), Millis(i.ReadAt), i.Present, i.Active, int(i.Use), strings.Join(i.Creatives, " "), i.Name); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		u.buffer = u.buffer[:0]
	}
	return err
}

// Of returns what was read of an image; ok is false if it was not read.
func (u *Uses) Of(ctx context.Context, i jobs.ImageAt) (use jobs.ImageUse, ok bool, err error) {
	use = jobs.ImageUse{ImageAt: i}
	var at int64
	var known int
	var creatives string
	err = u.of.QueryRowContext(ctx, string(i.Account), string(i.Hash)).
		Scan(&at, &use.Present, &use.Active, &known, &creatives, &use.Name)
	if errors.Is(err, sql.ErrNoRows) {
		return use, false, nil
	}
	use.Use, use.Creatives, use.ReadAt = graph.Use(known), strings.Fields(creatives), TimeOf(at)
	return use, at != 0, u.classify(err)
}
