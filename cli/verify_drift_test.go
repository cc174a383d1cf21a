package cli

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"adferry/graph/sandbox"
)

// lose takes an image out of an ad account of the script's sandbox, behind
// adferry's back: lose ACCOUNT HASH.
func lose(ts *testscript.TestScript, _ bool, args []string) {
	w := httptest.NewRecorder()
	q := httptest.NewRequest(http.MethodDelete, "/v25.0/act_"+args[0]+"/adimages?hash="+args[1]+"&access_token=another", nil)
	ts.Value(servedKey{}).(*served).server.ServeHTTP(w, q)
	if w.Code != http.StatusOK {
		ts.Fatalf("%s", w.Body)
	}
}

// gain puts an image there, made an hour from now: gain ACCOUNT HASH [STATUS].
func gain(ts *testscript.TestScript, _ bool, args []string) {
	i := sandbox.Image{Hash: args[1], Created: time.Now().Add(time.Hour)}
	if len(args) > 2 {
		i.Status, i.Created = args[2], time.Now().Add(-time.Hour)
	}
	ts.Value(servedKey{}).(*served).server.AddImage(args[0], i)
}

// writes checks how many writes the script's sandbox has been sent: writes NUMBER.
func writes(ts *testscript.TestScript, _ bool, args []string) {
	calls := ts.Value(servedKey{}).(*served).server.Stats().Calls
	if n := calls[sandbox.Copy] + calls[sandbox.Delete] + calls[sandbox.Upload]; args[0] != strconv.Itoa(n) {
		ts.Fatalf("%d writes were sent, want %s", n, args[0])
	}
}

// refusals checks how many calls an ad account of the script's sandbox that is
// denied has been sent: refusals ACCOUNT NUMBER.
func refusals(ts *testscript.TestScript, _ bool, args []string) {
	n := 0
	for _, calls := range ts.Value(servedKey{}).(*served).server.Stats().Accounts[args[0]].Calls {
		n += calls
	}
	if args[1] != strconv.Itoa(n) {
		ts.Fatalf("%d calls were sent to ad account %s, want %s", n, args[0], args[1])
	}
}
