package credentials_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs/credentials"
	"adferry/plan"
)

func TestParse(t *testing.T) {
	set := parsed(t, "\ufeffToken,ACCOUNT\r\nNORTH, act_11 \r\nSOUTH,*\r\nNORTH,12\r\n", map[string]string{"NORTH": northToken, "SOUTH": southToken})
	for account, want := range map[plan.Account]string{"11": "NORTH", "12": "NORTH", "99": "SOUTH"} {
		if got := set.Of(account); got == nil || got.Label != want {
			t.Errorf("%s has %v, want %s", account, got, want)
		}
	}
	if got := set.Labels([]plan.Account{"12", "11"}); !slices.Equal(got, []string{"NORTH"}) {
		t.Errorf("labels %v, want NORTH alone", got)
	}
}

// Every problem is told with its line, and none repeats what may be a secret.
func TestParseProblems(t *testing.T) {
	const token, secret = "EAABsbCS1234567890abcdefghij", "0123456789abcdef0123456789abcdef"
	tests := []struct{ name, text, want string }{
		{"empty", "", "it is empty"},
		{"no account", "token\nNORTH\n", "line 1: there is no column account"},
		{"other column", "account,token,note\n", `the column "note"`},
		{"column twice", "account,token,token\n", "the column token comes twice"},
		{"nothing", "account,token\n", "it names no account"},
		{"token inside", "account,token\n11," + token + "\n", "line 2: it holds a secret"},
		{"token as account", "account,token\n" + token + ",NORTH\n", "line 2: it holds a secret"},
		{"secret inside", "account,token,app_secret\n11,NORTH," + secret + "\n", "line 2: it holds a secret"},
		{"token in a path", "account,token\n11,file:" + token + "\n", "line 2: it holds a secret"},
		{"no name", "account,token\n11,north-token\n", "line 2: its token is no name of an environment variable"},
		{"no path", "account,token\n11,file:\n", "line 2: its token names no file"},
		{"no token", "account,token\n11,\n", "line 2: it names no token"},
		{"no id", "account,token\nact_x,NORTH\n", "line 2: "},
		{"twice", "account,token\n11,NORTH\nact_11,SOUTH\n", "line 3: act_11 is in line 2 already"},
		{"rest twice", "account,token\n*,NORTH\n*,SOUTH\n", "line 3: * is in line 2 already"},
		{"two secrets", "account,token,app_secret\n11,NORTH,A\n12,NORTH,B\n", "line 3: NORTH has another app_secret than in line 2"},
		{"cells", "account,token\n11\n", "line 2: it has 1 cells"},
		{"two problems", "account,token\nx,NORTH\n11,\n", "line 3: it names no token"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := credentials.Parse("c.csv", strings.NewReader(tt.text))
			if !errors.As(err, new(*credentials.ProblemsError)) || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
			if strings.Contains(err.Error(), token) || strings.Contains(err.Error(), secret) {
				t.Errorf("the error repeats a secret: %v", err)
			}
		})
	}
}

func TestOpenProblems(t *testing.T) {
	f, err := credentials.Parse("c.csv", strings.NewReader("account,token,app_secret\n11,NORTH,\n12,SOUTH,SECRET\n13,file:nothing.txt,\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Open("c.csv", credentials.Environment{Folder: t.TempDir(), Lookup: func(string) (string, bool) { return "", false }}, nil)
	for _, want := range []string{"line 2: the variable NORTH is not set", "the variable SOUTH is not set", "the variable SECRET is not set", "nothing.txt: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestMissing(t *testing.T) {
	secrets := map[string]string{"NORTH": northToken}
	set := parsed(t, "account,token\n11,NORTH\n", secrets)
	if got := set.Missing([]plan.Account{"11", "12"}); !slices.Equal(got, []plan.Account{"12"}) {
		t.Errorf("missing %v, want 12", got)
	}
	if got := parsed(t, "account,token\n*,NORTH\n", secrets).Missing([]plan.Account{"11", "12"}); got != nil {
		t.Errorf("with a row for all, missing %v", got)
	}
	// Nothing is sent for an account without a credential.
	server := sandbox.New(sandbox.Options{AutoAccounts: true})
	c, err := credentials.NewClient(set, graph.Config{Transport: sandbox.Transport(server)})
	if err != nil {
		t.Fatal(err)
	}
	r := c.Do(t.Context(), []graph.Call{graph.Read("12", graph.Query{})})[0]
	if graph.ClassOf(r.Err) != graph.RefusedAccount || server.Stats().Requests != 0 {
		t.Errorf("got %v after %d requests", r.Err, server.Stats().Requests)
	}
}

// A file that everybody may read is refused, because its owner can change that.
func TestFileMode(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes say nothing there")
	}
	dir := t.TempDir()
	open := func(mode os.FileMode) error {
		path := filepath.Join(dir, "token")
		if err := os.WriteFile(path, []byte(northToken+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		f, err := credentials.Parse("c.csv", strings.NewReader("account,token\n*,file:token\n"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Open("c.csv", credentials.Environment{Folder: dir}, nil)
		return err
	}
	for _, mode := range []os.FileMode{0o600, 0o400, 0o640} {
		if err := open(mode); err != nil {
			t.Errorf("%o: %v", mode, err)
		}
	}
	if err := open(0o644); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("0644: got %v, want advice", err)
	}
}

// A token that was renewed in its file is read when the old one is refused, and the refused
// calls are sent again; one that was not renewed is not sent again.
func TestRenewedFile(t *testing.T) {
	dir := t.TempDir()
	write := func(token string) {
		if err := os.WriteFile(filepath.Join(dir, "token"), []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("old-token-0123456789")
	f, err := credentials.Parse("c.csv", strings.NewReader("account,token\n*,file:token\n"))
	if err != nil {
		t.Fatal(err)
	}
	set, err := f.Open("c.csv", credentials.Environment{Folder: dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	server := sandbox.New(sandbox.Options{AutoAccounts: true, Tokens: []string{"new-token-0123456789"}})
	c, err := credentials.NewClient(set, graph.Config{Transport: sandbox.Transport(server)})
	if err != nil {
		t.Fatal(err)
	}
	calls := []graph.Call{graph.Read("11", graph.Query{}), graph.Read("11", graph.Query{})}
	if r := c.Do(t.Context(), calls); graph.ClassOf(r[0].Err) != graph.RefusedRun || server.Stats().Requests != 1 {
		t.Fatalf("got %v after %d requests, want a refusal after one", r[0].Err, server.Stats().Requests)
	}
	write("new-token-0123456789")
	for i, r := range c.Do(t.Context(), calls) {
		if r.Err != nil {
			t.Errorf("call %d after the renewal: %v", i, r.Err)
		}
	}
}

// A request has calls of one credential, and replies come in the order of the calls.
func TestRequestsDoNotMix(t *testing.T) {
	set := parsed(t, "account,token\n11,NORTH\n21,SOUTH\n", map[string]string{"NORTH": northToken, "SOUTH": southToken})
	server := sandbox.New(sandbox.Options{Access: map[string]sandbox.Token{northToken: {Accounts: []string{"11"}}, southToken: {Accounts: []string{"21"}}}})
	for _, a := range []string{"11", "21"} {
		server.AddImage(a, sandbox.Image{Hash: "0000000000000000000000000000000" + a[:1]})
	}
	c, err := credentials.NewClient(set, graph.Config{Transport: sandbox.Transport(server)})
	if err != nil {
		t.Fatal(err)
	}
	read := func(a string) graph.Call { return graph.Read(a, graph.Query{Fields: []string{"hash"}}) }
	replies := c.Do(t.Context(), []graph.Call{read("11"), read("21"), read("11")})
	for i, want := range []string{"1", "2", "1"} {
		if r := replies[i]; r.Err != nil || len(r.Images) != 1 || !strings.HasSuffix(r.Images[0].Hash, want) {
			t.Errorf("reply %d: got %+v, want the image of act_%s1", i, r, want)
		}
	}
	if s := server.Stats(); s.Requests != 2 || s.Outside != 0 {
		t.Errorf("%d requests, %d calls outside; want 2 and none", s.Requests, s.Outside)
	}
}
