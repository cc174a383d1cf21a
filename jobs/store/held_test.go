package store_test

import (
	"database/sql"
	"errors"
	"testing"
	"time"

	"adferry/jobs/store"
	"adferry/jobs/store/storetest"
)

// leased are tables whose lock may end while the process lives.
type leased struct {
	store.Tables
	asked time.Time
	lost  error
}

func (l *leased) Held() (asked, until time.Time, err error) {
	return l.asked, l.asked.Add(20 * time.Second), nil
}

func (l *leased) Begin() (*sql.Tx, error) {
	if l.lost != nil {
		return nil, l.lost
	}
	l.asked = time.Now()
	return l.Tables.Begin()
}

// A process that was stopped for seconds asks whether the job is still its own before it sends.
func TestHeldIsAskedAgain(t *testing.T) {
	t.Parallel()
	for ago, want := range map[time.Duration]bool{0: true, 10 * time.Second: false} {
		job, _, err := store.Create(t.Context(), t.TempDir(), storetest.Spec(storetest.Tangled))
		if err != nil {
			t.Fatal(err)
		}
		tables := &leased{asked: time.Now().Add(-ago)}
		job = job.Over(func(all store.Tables) store.Tables {
			tables.Tables = all
			return tables
		})
		defer job.Close()
		if until, err := job.Held(); err != nil || time.Until(until) < 15*time.Second {
			t.Errorf("asked %v ago, and it has the lock: got until %v, %v", ago, until, err)
		}
		tables.asked, tables.lost = time.Now().Add(-ago), errors.New("lost")
		if _, err := job.Held(); (err == nil) != want {
			t.Errorf("asked %v ago, and it lost the lock: got %v", ago, err)
		}
	}
}
