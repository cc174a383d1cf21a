package cli

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	if err := os.WriteFile(manifest, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
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
			web := httptest.NewServer(server)
			defer web.Close()
			code, out, stderr := inProcess(t, at(web.URL), "plan", manifest, "--check", "--json", "--progress", "none")
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
