package pgtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Server is a PostgreSQL of a test's own, which listens in a folder alone.
type Server struct {
	bin, dir  string
	options   string // of the next start
	databases atomic.Int64

	prepared sync.Once
	template string // the name of a prepared database
}

// Missing is why a test is skipped where PostgreSQL is not installed.
const Missing = "PostgreSQL is not installed: apt-get install postgresql"

// Installed reports whether Start can start one.
func Installed() bool { return serverPrograms() != "" }

// Start starts a PostgreSQL, or skips the test where there is none.
func Start(t testing.TB) *Server {
	t.Helper()
	bin := serverPrograms()
	if bin == "" {
		t.Skip(Missing)
	}
	dir, err := os.MkdirTemp("", "pg-") // short: the path of a socket may have 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	// What tests end is the process, and not the machine: nothing has to reach a disk.
	s := &Server{bin: bin, dir: dir, options: "-c listen_addresses='' -c fsync=off"}
	if os.Getuid() == 0 { // PostgreSQL refuses to run as root
		if err := os.Chown(dir, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	s.run(t, "initdb", "--pgdata="+filepath.Join(dir, "data"), "--username=adferry", "--auth=trust", "--no-sync", "--locale=C.UTF-8")
	s.Start(t)
	t.Cleanup(func() { s.Kill(t) })
	return s
}

// serverPrograms is the folder with initdb and pg_ctl, which Debian keeps out of PATH.
func serverPrograms() string {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path)
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if found == nil {
		return ""
	}
	return filepath.Dir(found[len(found)-1])
}

func (s *Server) run(t testing.TB, program string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), filepath.Join(s.bin, program), args...)
	cmd.Dir = s.dir
	dropRoot(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
}

// Start starts the server again.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	s.run(t, "pg_ctl", "start", "--wait", "--pgdata="+filepath.Join(s.dir, "data"), "--log="+filepath.Join(s.dir, "log"),
		"--options=-c unix_socket_directories="+s.dir+" -c max_connections=200 "+s.options)
}

// Kill ends the server without letting it write anything, as a crash does.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	s.run(t, "pg_ctl", "stop", "--wait", "--mode=immediate", "--pgdata="+filepath.Join(s.dir, "data"))
}

func (s *Server) address(name string) string {
	return fmt.Sprintf("host=%s user=adferry dbname=%s", s.dir, name)
}

// Database makes a new database, and returns its address.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	return s.address(s.create(t, "template1"))
}

// Prepared is Database for one that prepare has prepared, which is called once: the others are
// copies, which takes less time.
func (s *Server) Prepared(t testing.TB, prepare func(address string)) string {
	t.Helper()
	s.prepared.Do(func() {
		s.template = s.create(t, "template1")
		prepare(s.address(s.template))
	})
	return s.address(s.create(t, s.template))
}

func (s *Server) create(t testing.TB, template string) (name string) {
	t.Helper()
	name = fmt.Sprint("test", s.databases.Add(1))
	s.Exec(t, s.address("postgres"), "CREATE DATABASE "+name+" TEMPLATE "+template)
	return name
}

// Exec executes a statement in a database.
func (s *Server) Exec(t testing.TB, address, statement string, args ...any) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}
