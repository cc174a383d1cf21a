package postgres_test

import (
	"os"
	"testing"
	"time"

	"adferry/jobs/board"
	"adferry/jobs/store"
	"adferry/jobs/store/postgres"
	"adferry/jobs/store/postgres/pgtest"
	"adferry/jobs/store/storetest"
	"adferry/plan"
)

// join makes a worker known.
func join(t testing.TB, d *postgres.Database, name string) board.Member {
	t.Helper()
	m, err := d.Board().Join(t.Context(), board.Worker{Name: name, Host: "here", PID: os.Getpid(), Version: "1", Labels: []string{"", "EAST"}, Started: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// shared are jobs in a database that one worker carries out, beside others that might be there.
type shared struct {
	databases
	member board.Member
}

func (s shared) Create(name string, spec store.Spec) (*store.Job, *plan.Plan, error) {
	job, p, err := s.databases.Create(name, spec)
	if err != nil {
		return nil, nil, err
	}
	if err := job.Close(); err != nil {
		return nil, nil, err
	}
	job, err = s.Open(name)
	return job, p, err
}

// Open takes all lanes of the job.
func (s shared) Open(name string) (*store.Job, error) {
	job, err := s.member.Open(s.t.Context(), name)
	if err != nil {
		return nil, err
	}
	point, err := job.Resume(s.t.Context())
	if err != nil {
		return nil, err
	}
	for _, l := range point.Lanes {
		if _, err := job.Take(s.t.Context(), l.Account); err != nil {
			return nil, err
		}
	}
	return job.Stored(), nil
}

// A job that one worker carries out beside others is as one that it carries out alone.
func TestSharedSuite(t *testing.T) {
	t.Parallel()
	s := pgtest.Start(t)
	storetest.Run(t, false, func(t *testing.T) storetest.Backend {
		d := migrated(t, s)
		return shared{databases{t, d}, join(t, d, "w")}
	})
}

