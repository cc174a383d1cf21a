package pgtest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Server is a PostgreSQL for tests, which listens in a folder alone.
type Server struct {
	bin, dir  string
	options   string // of the next start
	databases atomic.Int64

	preparing sync.Mutex
	template  string // the name of the prepared database; empty until one is
}

// Missing is why a test is skipped where PostgreSQL is not installed.
const Missing = "PostgreSQL is not installed: apt-get install postgresql"

// Installed reports whether a server can be started.
func Installed() bool { return serverPrograms() != "" }

// together is what the tests of a package have together.
var together struct {
	sync.Mutex
	dir    string // has in "new" what initdb makes, which every server has a copy of
	server *Server
}

// Main runs the tests of a package, and removes what they had together. It is called by TestMain of
// a package whose tests start a PostgreSQL. More of them run at once than elsewhere, because most
// wait more than they work.
func Main(run func() int) int {
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue {
		_ = parallel.Value.Set(strconv.Itoa(6 * runtime.GOMAXPROCS(0)))
	}
	defer func() {
		if s := together.server; s != nil {
			_, _ = s.try(context.Background(), s.program("pg_ctl"), s.killing()...)
		}
		if together.dir != "" {
			_ = os.RemoveAll(together.dir)
		}
	}()
	return run()
}

// Common is the PostgreSQL that the tests of a package share, which none of them ends. Each makes
// databases of its own there. The test is skipped where there is none.
func Common(t testing.TB) *Server {
	t.Helper()
	together.Lock()
	defer together.Unlock()
	if together.server == nil {
		together.server = newServer(t, clusterFolder(t))
	}
	return together.server
}

// Start starts a PostgreSQL of a test's own, or skips the test where there is none.
func Start(t testing.TB) *Server {
	t.Helper()
	func() {
		together.Lock()
		defer together.Unlock() // also if the test is skipped
		clusterFolder(t)
	}()
	dir := newFolder(t)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := newServer(t, dir)
	t.Cleanup(func() { s.Kill(t) })
	return s
}

// clusterFolder is the folder of what the tests have together, which initdb is called for once.
func clusterFolder(t testing.TB) string {
	t.Helper()
	if serverPrograms() == "" {
		t.Skip(Missing)
	}
	if together.dir == "" {
		dir := newFolder(t)
		s := &Server{bin: serverPrograms(), dir: dir}
		s.run(t, s.program("initdb"), "--pgdata="+filepath.Join(dir, "new"), "--username=adferry", "--auth=trust", "--no-sync", "--locale=C.UTF-8")
		together.dir = dir
	}
	return together.dir
}

// newFolder makes a folder for PostgreSQL.
func newFolder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pg-") // short: the path of a socket may have 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 { // PostgreSQL refuses to run as root
		if err := os.Chown(dir, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// newServer starts a server in a folder.
func newServer(t testing.TB, dir string) *Server {
	t.Helper()
	s := &Server{bin: serverPrograms(), dir: dir, options: "-c listen_addresses=''"}
	s.run(t, "cp", "-a", filepath.Join(together.dir, "new"), s.data())
	s.Start(t)
	return s
}

// debian is where Debian keeps initdb, out of PATH.
var debian = "/usr/lib/postgresql/*/bin/initdb"

// serverPrograms is the folder with initdb and pg_ctl; empty where there are none.
func serverPrograms() string {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path)
	}
	found, _ := filepath.Glob(debian)
	if found == nil {
		return ""
	}
	return filepath.Dir(found[len(found)-1])
}

func (s *Server) program(name string) string { return filepath.Join(s.bin, name) }

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) run(t testing.TB, program string, args ...string) {
	t.Helper()
	if out, err := s.try(context.WithoutCancel(t.Context()), program, args...); err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(program), err, out)
	}
}

func (s *Server) try(ctx context.Context, program string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = s.dir
	dropRoot(cmd)
	return cmd.CombinedOutput()
}

// Start starts the server again. What tests end is the process, and not the machine: nothing has to
// reach a disk. Statistics are gathered when a test says so.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	s.run(t, s.program("pg_ctl"), "start", "--wait", "--pgdata="+s.data(), "--log="+filepath.Join(s.dir, "log"),
		"--options=-c unix_socket_directories="+s.dir+" -c max_connections=500 -c fsync=off -c full_page_writes=off -c autovacuum=off "+s.options)
}

// Kill ends the server without letting it write anything, as a crash does.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	s.run(t, s.program("pg_ctl"), s.killing()...)
}

// killing are arguments of pg_ctl.
func (s *Server) killing() []string {
	return []string{"stop", "--wait", "--mode=immediate", "--pgdata=" + s.data()}
}

func (s *Server) address(name string) string {
	return fmt.Sprintf("host=%s user=adferry dbname=%s", s.dir, name)
}

// Database makes a new database, and returns its address.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	return s.address(s.create(t, "template1"))
}

// Prepared is Database for one that prepare has prepared, which is called until it succeeds once: all
// are copies of that one, which takes less time.
func (s *Server) Prepared(t testing.TB, prepare func(address string)) string {
	t.Helper()
	return s.address(s.create(t, s.prepare(t, prepare)))
}

func (s *Server) prepare(t testing.TB, prepare func(address string)) (template string) {
	t.Helper()
	s.preparing.Lock()
	defer s.preparing.Unlock() // also if prepare ends the test
	if s.template == "" {
		name := s.create(t, "template1")
		prepare(s.address(name))
		s.template = name
	}
	return s.template
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
