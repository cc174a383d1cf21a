package postgres_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"adferry/jobs/store/postgres"
)

// What River says of a database that has no connections left, or cannot be reached, ends no worker
// that had joined, though nobody classified it.
func TestLostToRiver(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  error
		want bool
	}{
		{&pgconn.PgError{Code: "53300"}, true},
		{&pgconn.PgError{Code: "57P03"}, true},
		{&pgconn.ConnectError{}, true},
		{&postgres.ClockError{}, true},
		{&pgconn.PgError{Code: "42501"}, false},
		{&pgconn.PgError{Code: "42P01"}, false},
		{errors.New("a queue has no name"), false},
	} {
		if got := postgres.IsLost(fmt.Errorf("start River: %w", test.err)); got != test.want {
			t.Errorf("%#v: got %v, want %v", test.err, got, test.want)
		}
	}
}
