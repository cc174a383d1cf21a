package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"adferry/jobs"
	"adferry/jobs/store"
	"adferry/jobs/store/postgres"
	"adferry/jobs/store/postgres/pgtest"
	"adferry/jobs/store/storetest"
	"adferry/plan"
)

// grants is what docs/database.md says that a worker needs.
func grants(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../../docs/database.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), "```sql\n")
	if !found {
		t.Fatal("docs/database.md grants nothing")
	}
	sql, _, _ := strings.Cut(after, "```")
	return sql
}

// A role with no more than what is documented can do all but migrate.
func TestLeastPrivilege(t *testing.T) {
	t.Parallel()
	s := pgtest.Start(t)
	address := s.Database(t)
	name := address[strings.LastIndex(address, "=")+1:]
	owner := open(t, address)
	if _, err := owner.Migrate(t.Context(), postgres.Version); err != nil {
		t.Fatal(err)
	}
	s.Exec(t, address, "CREATE ROLE worker LOGIN")
	s.Exec(t, address, "REVOKE ALL ON DATABASE "+name+" FROM PUBLIC")
	for statement := range strings.SplitSeq(strings.ReplaceAll(grants(t), "DATABASE adferry", "DATABASE "+name), ";") {
		if strings.TrimSpace(statement) != "" {
			s.Exec(t, address, statement)
		}
	}
	address = strings.Replace(address, "user=adferry", "user=worker", 1)
	d := open(t, address)
	for _, name := range []string{"j", "other"} {
		job, _, err := d.Create(t.Context(), name, storetest.Spec(storetest.Tangled))
		if err != nil {
			t.Fatal(err)
		}
		defer job.Close()
		storetest.Play(t, job, 1)
		storetest.Transcript(t, job)
		if name == "other" {
			first, err := d.View(t.Context(), "j")
			if err != nil {
				t.Fatal(err)
			}
			defer first.Close()
			if _, err := job.FindConflict(t.Context(), first, store.ConflictOptions{}); err != nil {
				t.Error(err)
			}
			if err := first.Pause(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
	if err := d.Each(t.Context(), func(_ string, job *store.Job) error { _, err := job.Summary(t.Context()); return err }); err != nil {
		t.Error(err)
	}
	submitted(t, d, "shared", storetest.Tangled)
	worker := join(t, d, "w")
	shared := openShared(t, worker, "shared")
	take(t, shared, "11")
	storetest.Play(t, shared.Stored(), 1)
	_, departed := shared.Depart(t.Context(), jobs.Departure{App: app1, Account: "11", Calls: 1, Room: free, Probe: true})
	_, heard := shared.News(t.Context())
	_, buried := worker.Bury(t.Context())
	saved := shared.SaveLearned(t.Context(), jobs.Learned{Quotas: []jobs.QuotaState{{App: app1, Account: "11", Saved: []byte("a")}}, Failing: map[plan.Account]bool{"11": true}})
	if err := errors.Join(departed, heard, buried, saved, worker.Renew(t.Context()), shared.Waits(t.Context(), "11", "score", time.Now()), shared.Give(t.Context(), "11"), shared.Close(), worker.Leave(t.Context())); err != nil {
		t.Error(err)
	}
	s.Exec(t, address, `INSERT INTO adferry.river_job (kind, args, max_attempts) VALUES ('slice', '{}', 9)`)
	if err := d.Remove(t.Context(), "j"); err != nil {
		t.Error(err)
	}
	if _, err := d.View(t.Context(), "j"); err == nil {
		t.Error("got a job that was removed")
	}
	s.Exec(t, strings.Replace(address, "user=worker", "user=adferry", 1), "CREATE ROLE reader LOGIN; GRANT CONNECT ON DATABASE "+name+" TO reader; GRANT USAGE ON SCHEMA adferry TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA adferry TO reader")
	reader := open(t, strings.Replace(address, "user=worker", "user=reader", 1))
	if err := reader.Each(t.Context(), func(_ string, job *store.Job) error { _, err := job.Summary(t.Context()); return err }); err != nil {
		t.Error(err)
	}
	if _, _, err := reader.Create(t.Context(), "third", storetest.Spec(storetest.Tangled)); !errors.As(err, new(*postgres.PermissionError)) {
		t.Errorf("got %v, want a PermissionError", err)
	}
	if _, err := d.Migrate(t.Context(), 0); err == nil {
		t.Error("a worker could remove the tables")
	}
}

// Another machine is not spoken to without TLS, even if it says that it has none.
func TestRemoteNeedsTLS(t *testing.T) {
	t.Parallel()
	s := pgtest.Common(t)
	local := s.Database(t)
	socket := filepath.Join(strings.TrimPrefix(strings.Fields(local)[0], "host="), ".s.PGSQL.5432")
	for options, want := range map[string]bool{"": false, " sslmode=prefer": false, " sslmode=require": false, " sslmode=disable": true} {
		d := open(t, "host=db.example.com user=adferry dbname=postgres"+options)
		d.SetDial(func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket) // which has no TLS
		})
		d.SetLookup("192.0.2.1")
		_, err := d.Migrate(t.Context(), 0)
		if got := err == nil; got != want {
			t.Errorf("%q: got %v, want a connection: %t", options, err, want)
		}
		if !want && (err == nil || !strings.Contains(err.Error(), "TLS")) {
			t.Errorf("%q: got %v, want that it has no TLS", options, err)
		}
	}
}

// A server with a certificate that is known is used with TLS, and one with another is not.
func TestTLS(t *testing.T) {
	t.Parallel()
	s := pgtest.Start(t)
	port, certificate := s.ListenTLS(t)
	other := filepath.Join(t.TempDir(), "other.pem")
	if err := pgtest.WriteCertificate(other, other+".key"); err != nil {
		t.Fatal(err)
	}
	address := func(root string) string {
		return fmt.Sprintf("host=localhost port=%d user=adferry dbname=postgres sslmode=verify-full sslrootcert=%s", port, root)
	}
	if _, err := open(t, address(other)).Migrate(t.Context(), postgres.Version); err == nil {
		t.Error("a certificate of somebody else's was accepted")
	}
	d := open(t, address(certificate))
	if _, err := d.Migrate(t.Context(), postgres.Version); err != nil {
		t.Fatal(err)
	}
	job, _, err := d.Create(t.Context(), "j", storetest.Spec(storetest.Tangled))
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	if _, err := job.Commit(t.Context(), jobs.Change{}); err != nil {
		t.Error(err)
	}
	if _, err := job.Held(); err != nil {
		t.Error(err)
	}
}
