package credentials_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/credentials"
)

const renewedToken = "renewed-token-0123456789"

// A run does not stop for a token that ends while another one is in its file already: it is
// read again, as often as it is needed, and not shown afterwards either.
func TestRenewedWhileRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		write := func(token string) {
			if err := os.WriteFile(filepath.Join(dir, "north"), []byte(token+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		w := newBusinesses(t, moves(200))
		f, err := credentials.Parse("credentials.csv", strings.NewReader("account,token\n*,SOUTH\n"+strings.Join(north, ",file:north\n")+",file:north\n"))
		if err != nil {
			t.Fatal(err)
		}
		write(northToken)
		set, err := f.Open("credentials.csv", credentials.Environment{Folder: dir, Lookup: func(string) (string, bool) { return southToken, true }}, nil)
		if err != nil {
			t.Fatal(err)
		}
		w.connect(t, set)
		w.opts.Workers = 1 // what is counted has no race
		ends := map[int][2]string{30: {northToken, renewedToken}, 60: {renewedToken, northToken}}
		calls := 0
		w.Wire.Before = func([]graph.Call) {
			calls++
			if tokens, now := ends[calls]; now {
				w.Server.AddToken(tokens[1], sandbox.Token{Accounts: north, App: "1"})
				w.Server.Expire(tokens[0])
				write(tokens[1])
			}
		}
		if err := w.Run(w.opts); err != nil {
			t.Fatal(err)
		}
		if calls < 60 {
			t.Fatalf("%d requests were sent: the test is void", calls)
		}
		for _, r := range w.Results() {
			if r.Status != jobs.StatusDone {
				t.Errorf("%s of %s is %s %s: %s", r.Verb, r.Hash, r.Status, r.Reason, r.Message)
			}
		}
		if n := w.Server.Stats().Outside; n != 0 {
			t.Errorf("%d calls with a token that the account does not have", n)
		}
		const text = "a " + renewedToken + " and a " + northToken + " and a " + southToken
		if got := set.Redact(text); strings.Contains(got, "0123456789") {
			t.Errorf("tokens are shown in %q", got)
		}
	})
}
