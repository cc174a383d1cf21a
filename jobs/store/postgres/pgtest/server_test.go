package pgtest

import (
	"os"
	"runtime"
	"sync"
	"testing"
)

func TestMain(m *testing.M) { os.Exit(Main(m.Run)) }

// Where PostgreSQL is not installed, each test is skipped, and none waits for another.
func TestNotInstalled(t *testing.T) {
	was := debian
	debian = ""
	t.Cleanup(func() { debian = was })
	t.Setenv("PATH", "")
	for name, start := range map[string]func(testing.TB) *Server{"Start": Start, "Common": Common} {
		skipped := false
		t.Run(name, func(t *testing.T) {
			defer func() { skipped = t.Skipped() }()
			start(t)
		})
		if !skipped {
			t.Errorf("%s: the test is not skipped", name)
		}
		if !together.TryLock() {
			t.Fatalf("%s: the next test waits forever", name)
		}
		together.Unlock()
	}
}

// A test that ends while it prepares a database leaves that to the next.
func TestPreparedAgain(t *testing.T) {
	s := Common(t)
	var ended sync.WaitGroup
	ended.Go(func() {
		s.Prepared(t, func(string) { runtime.Goexit() }) // as FailNow does
	})
	ended.Wait()
	create := func(address string) { s.Exec(t, address, `CREATE TABLE prepared ()`) }
	for range 2 {
		s.Exec(t, s.Prepared(t, create), `SELECT FROM prepared`)
	}
}
