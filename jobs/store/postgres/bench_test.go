package postgres_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"

	"adferry/jobs/store"
	"adferry/jobs/store/postgres"
	"adferry/jobs/store/postgres/pgtest"
	"adferry/jobs/store/storetest"
)

// countedConn counts what is sent: for each statement once, after which its answer is awaited.
type countedConn struct {
	net.Conn
	sent *atomic.Int64
}

func (c countedConn) Write(b []byte) (int, error) {
	c.sent.Add(1)
	return c.Conn.Write(b)
}

func BenchmarkCommit(b *testing.B) {
	b.Run("file", func(b *testing.B) {
		job, _, err := store.Create(b.Context(), b.TempDir(), storetest.Spec(storetest.Copies()))
		if err != nil {
			b.Fatal(err)
		}
		defer job.Close()
		storetest.Bench(b, job, nil)
	})
	b.Run("database", func(b *testing.B) {
		var sent atomic.Int64
		d := open(b, pgtest.Start(b).Database(b))
		d.SetDial(func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
			return countedConn{conn, &sent}, err
		})
		if _, err := d.Migrate(b.Context(), postgres.Version); err != nil {
			b.Fatal(err)
		}
		job, _, err := d.Create(b.Context(), "j", storetest.Spec(storetest.Copies()))
		if err != nil {
			b.Fatal(err)
		}
		defer job.Close()
		storetest.Bench(b, job, sent.Load)
	})
}
