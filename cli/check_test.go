package cli

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"adferry/graph/sandbox"
)

// What is predicted after a check follows from the tiers that the accounts report,
// and from what is left to do there.
func TestCheckTiers(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("source_account,hash,target_account\n")
	for i := range 200 {
		fmt.Fprintf(&b, "11,%032x,22\n11,%032x,33\n", i, i)
	}
	manifest := filepath.Join(t.TempDir(), "m.csv")
	writeFile(t, manifest, b.String())
	for _, test := range []struct {
		name    string
		server  sandbox.Options
		tier    sandbox.Tier // of account 33
		present bool         // 33 has all the images already
		want    string
	}{
		{"full", sandbox.Options{}, sandbox.Full, false, `"least_s": 2,"most_s": 2,"no_tier": 0`},
		{"one limited", sandbox.Options{}, sandbox.Limited, false, `"least_s": 2720,"most_s": 2720,"no_tier": 0`},
		{"one limited, and done", sandbox.Options{}, sandbox.Limited, true, `"least_s": 2,"most_s": 2,"no_tier": 0`},
		{"no headers", sandbox.Options{Headers: sandbox.Headers{None: true}}, sandbox.Full, false, `"least_s": 2,"most_s": 2720,"no_tier": 3`},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := sandbox.New(test.server)
			server.AddAccount("22", sandbox.AccountOptions{})
			server.AddAccount("33", sandbox.AccountOptions{Tier: test.tier})
			for i := range 200 {
				server.AddImage("11", sandbox.Image{Hash: fmt.Sprintf("%032x", i)})
				if test.present {
					server.AddImage("33", sandbox.Image{Hash: fmt.Sprintf("%032x", i)})
				}
			}
			code, out, stderr := inProcess(t, at(urlOf(t, server)), "plan", manifest, "--check", "--json", "--progress", "none")
			if code != exitDone {
				t.Fatalf("got exit code %d, %s", code, stderr)
			}
			if err := json.Unmarshal([]byte(out), new(any)); err != nil {
				t.Fatalf("%v in\n%.3000s", err, out)
			}
			got := strings.Join(strings.Fields(out), " ")
			if want := strings.ReplaceAll(test.want, ",", ", "); !strings.Contains(got, want) {
				t.Errorf("got %.2500s, want %s in it", got, want)
			}
			if n := len(server.Log()); n > 0 {
				t.Errorf("%d writes took effect", n)
			}
		})
	}
}

// Each token is checked, too: one that ends before the job would, or lacks the permission that
// its accounts' writes need, is warned of, and no other.
func TestCheckTokens(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var b strings.Builder
	b.WriteString("source_account,hash,target_account\n")
	for i := range 200 {
		fmt.Fprintf(&b, "11,%032x,22\n", i)
	}
	manifest, file := filepath.Join(dir, "m.csv"), filepath.Join(dir, "credentials.csv")
	for path, text := range map[string]string{manifest: b.String(), file: "account,token\n11,NORTH\n22,SOUTH\n"} {
		writeFile(t, path, text)
	}
	now := time.Now()
	reading := []string{"ads_read"}
	for _, test := range []struct {
		name         string
		north, south sandbox.Token
		want         string // after "warning"; "": none
	}{
		{"as they should be", sandbox.Token{Scopes: reading, Expires: now.Add(3 * time.Hour)}, sandbox.Token{Expires: now.Add(3 * time.Hour)}, ""},
		{"a target's ends too early", sandbox.Token{}, sandbox.Token{Expires: now.Add(30 * time.Minute)}, "SOUTH ends at "},
		{"a source's ends too early", sandbox.Token{Expires: now.Add(30 * time.Minute)}, sandbox.Token{}, "NORTH ends at "},
		{"no permission to write", sandbox.Token{}, sandbox.Token{Scopes: reading}, "SOUTH has no ads_management, which its 200 writes need"},
		{"no permission at all", sandbox.Token{Scopes: []string{"email"}}, sandbox.Token{}, "NORTH has neither ads_read nor ads_management, but email"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.north.Accounts, test.south.Accounts = []string{"11"}, []string{"22"}
			test.north.App, test.south.App = "7", "8"
			server := sandbox.New(sandbox.Options{Access: map[string]sandbox.Token{"north-token-0123": test.north, "south-token-0123": test.south}})
			server.AddAccount("22", sandbox.AccountOptions{Tier: sandbox.Limited})
			for i := range 200 {
				server.AddImage("11", sandbox.Image{Hash: fmt.Sprintf("%032x", i)})
			}
			environment := append(at(urlOf(t, server)), "NORTH=north-token-0123", "SOUTH=south-token-0123")
			code, out, stderr := inProcess(t, environment, "plan", manifest, "--check", "--progress", "none", "--credentials", file)
			out = strings.Join(strings.Fields(out), " ")
			if code != exitDone || !strings.Contains(out, " NORTH 1 7 ") || !strings.Contains(out, " SOUTH 1 8 ") {
				t.Fatalf("got exit code %d\n%s\n%s", code, out, stderr)
			}
			if n := strings.Count(out, "warning NORTH") + strings.Count(out, "warning SOUTH"); test.want == "" && n > 0 || test.want != "" && (n != 1 || !strings.Contains(out, "warning "+test.want)) {
				t.Errorf("got %s\nwant the warning %q", out, test.want)
			}
			if n := server.Stats().Outside; n > 0 {
				t.Errorf("%d calls with a token that the account does not have", n)
			}
		})
	}
}
