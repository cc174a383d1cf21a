package cli

import (
	"net"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"adferry/graph/sandbox"
	"adferry/jobs/rehearsal"
)

// served is the sandbox that a script has started.
type served struct{ server *sandbox.Server }

type servedKey struct{}

// serve starts a sandbox that is seeded from a manifest, as adferry sandbox seeds
// it, and makes it the script's endpoint: serve MANIFEST [FAULTS.json].
func serve(ts *testscript.TestScript, _ bool, args []string) {
	var o sandbox.Options
	var err error
	if len(args) > 1 {
		o.Script, err = sandbox.ParseScript(strings.NewReader(ts.ReadFile(args[1])))
		ts.Check(err)
	}
	seeds, err := rehearsal.ReadSeeds(manifestIn(ts.MkAbs(args[0])).readWith)
	ts.Check(err)
	server := sandbox.New(o)
	seeds.Fill(server, time.Now())
	web := httptest.NewServer(server)
	ts.Defer(web.Close)
	ts.Setenv("ADFERRY_ENDPOINT", web.URL)
	ts.Value(servedKey{}).(*served).server = server
}

// holds checks how many images an ad account of the script's sandbox has now:
// holds ACCOUNT NUMBER.
func holds(ts *testscript.TestScript, _ bool, args []string) {
	images := ts.Value(servedKey{}).(*served).server.Images(args[0])
	if got := strconv.Itoa(len(images)); got != args[1] {
		ts.Fatalf("ad account %s has %s images, want %s", args[0], got, args[1])
	}
}

// occupy listens at an address, which becomes the script's TAKEN.
func occupy(ts *testscript.TestScript, _ bool, _ []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	ts.Setenv("TAKEN", l.Addr().String())
}
