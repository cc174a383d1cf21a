package cli

import (
	"net"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"adferry/graph/sandbox"
)

// served is the sandbox that a script has started.
type served struct{ server *sandbox.Server }

type servedKey struct{}

// serve starts a sandbox that is seeded from a manifest, as adferry sandbox seeds
// it, and makes it the script's endpoint: serve MANIFEST [FAULTS.json [TOKENS.json]], with -
// for no faults.
func serve(ts *testscript.TestScript, _ bool, args []string) {
	var o sandbox.Options
	var err error
	if len(args) > 2 {
		o.Access, o.Apps, err = sandbox.ParseTokens(strings.NewReader(ts.ReadFile(args[2])), time.Now())
		ts.Check(err)
	}
	if len(args) > 1 && args[1] != "-" {
		o.Script, err = sandbox.ParseScript(strings.NewReader(ts.ReadFile(args[1])))
		ts.Check(err)
	}
	seeds, err := readSeeds(manifestIn(ts.MkAbs(args[0])))
	ts.Check(err)
	server := sandbox.New(o)
	seeds.Fill(server, time.Now())
	web := httptest.NewServer(server)
	ts.Defer(web.Close)
	ts.Setenv("ADFERRY_ENDPOINT", web.URL)
	ts.Value(servedKey{}).(*served).server = server
}

// expire ends a token of the script's sandbox: expire TOKEN.
func expire(ts *testscript.TestScript, _ bool, args []string) {
	ts.Value(servedKey{}).(*served).server.Expire(args[0])
}

// grant makes a token valid for some ad accounts: grant TOKEN ACCOUNT...
func grant(ts *testscript.TestScript, _ bool, args []string) {
	ts.Value(servedKey{}).(*served).server.AddToken(args[0], sandbox.Token{Accounts: args[1:]})
}

// outside checks that no call was sent with a token that its ad account does not have.
func outside(ts *testscript.TestScript, _ bool, _ []string) {
	if n := ts.Value(servedKey{}).(*served).server.Stats().Outside; n != 0 {
		ts.Fatalf("%d calls with a token that their ad account does not have", n)
	}
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
