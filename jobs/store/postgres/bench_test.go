package postgres_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"

	"adferry/jobs"
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
		d, sent := counted(b)
		job, _, err := d.Create(b.Context(), "j", storetest.Spec(storetest.Copies()))
		if err != nil {
			b.Fatal(err)
		}
		defer job.Close()
		storetest.Bench(b, job, sent)
	})
	b.Run("worker", func(b *testing.B) {
		d, sent := counted(b)
		submitted(b, d, "j", storetest.Copies())
		storetest.Bench(b, openShared(b, join(b, d, "w"), "j").Stored(), sent)
	})
}

// BenchmarkDepart has eight goroutines ask before they send.
func BenchmarkDepart(b *testing.B) {
	d, _ := counted(b)
	submitted(b, d, "j", storetest.Tangled)
	job := openShared(b, join(b, d, "w"), "j")
	b.SetParallelism(8)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if l, err := job.Depart(b.Context(), jobs.Departure{App: app1, Account: "11", Calls: 1, Points: 1, Room: free}); err != nil || !l.May {
				b.Error(l, err)
				return
			}
		}
	})
}

// counted is a database with the tables of adferry, and how often something was sent to it.
func counted(b *testing.B) (d *postgres.Database, sent func() int64) {
	b.Helper()
	var n atomic.Int64
	d = open(b, pgtest.Common(b).Database(b))
	d.SetDial(func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		return countedConn{conn, &n}, err
	})
	if _, err := d.Migrate(b.Context(), postgres.Version); err != nil {
		b.Fatal(err)
	}
	return d, n.Load
}
