package postgres_test

import (
	"errors"
	"strings"
	"testing"

	"adferry/jobs"
	"adferry/jobs/store"
	"adferry/jobs/store/postgres"
	"adferry/jobs/store/postgres/pgtest"
	"adferry/jobs/store/storetest"
)

// raising makes each write of outcomes fail with the code that adferry.code has.
const raising = `CREATE TABLE adferry.code (code text);
CREATE FUNCTION adferry.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'odd' USING ERRCODE = (SELECT code FROM adferry.code); END $$;
CREATE TRIGGER fail BEFORE INSERT ON adferry.outcomes EXECUTE FUNCTION adferry.fail()`

// What a database may do when it is asked again does not end a run for good: the job is opened anew,
// also when the connection that has the lock is alive.
func TestPassingErrors(t *testing.T) {
	t.Parallel()
	s := pgtest.Common(t)
	address := migratedAt(t, s)
	d := open(t, address)
	job, _, err := d.Create(t.Context(), "j", storetest.Spec(storetest.Tangled))
	if err != nil {
		t.Fatal(err)
	}
	for statement := range strings.SplitSeq(raising, ";\n") {
		s.Exec(t, address, statement)
	}
	for code, passes := range map[string]bool{"53300": true, "53200": true, "25006": true, "40001": true, "40P01": true, "57P01": true, "53100": false, "22012": false, "23505": false} {
		s.Exec(t, address, `DELETE FROM adferry.code`)
		s.Exec(t, address, `INSERT INTO adferry.code VALUES ($1)`, code)
		_, err := job.Commit(t.Context(), jobs.Change{Records: []jobs.Record{{ID: 1, Outcome: jobs.Outcome{State: jobs.Sent}}}})
		if err == nil || postgres.IsLost(err) != passes {
			t.Errorf("%s: got %v, want that it may pass: %v", code, err, passes)
		}
		if _, err := d.Open(t.Context(), "j"); !errors.Is(err, store.ErrLocked) {
			t.Errorf("%s: got %v, want the job locked still", code, err)
		}
		if err := job.Unlock(); err != nil {
			t.Error(err)
		}
		next, err := d.Reopen(t.Context(), "j")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := job.Unfinished(t.Context()); err != nil {
			t.Errorf("the job cannot be read without its lock: %v", err)
		}
		if err := job.Close(); err != nil {
			t.Error(err)
		}
		job = next
	}
	job.Close()
}
