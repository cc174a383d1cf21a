package credentials_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs/credentials"
	"adferry/plan"
)

const twoFile = "account,token,app_secret\n11,NORTH,\n12,NORTH,\n21,SOUTH,\n*,REST,\n"

// openPresent opens a file with those of its variables that are set.
func openPresent(t *testing.T, text string, variables map[string]string, byDefault *credentials.Credential) (*credentials.Set, error) {
	t.Helper()
	file, err := credentials.Parse("c.csv", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return file.Open("c.csv", credentials.Environment{Some: true, Lookup: lookup(variables)}, byDefault)
}

func lookup(variables map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := variables[name]
		return v, ok
	}
}

// An ad account whose credential is absent is never sent for with another one: neither with that
// of the accounts that are not named, nor with the default one.
func TestAbsent(t *testing.T) {
	set, err := openPresent(t, twoFile, map[string]string{"NORTH": northToken}, &credentials.Credential{Label: "DEFAULT", Credential: token(t, southToken)})
	if err != nil {
		t.Fatal(err)
	}
	for a, want := range map[plan.Account]struct {
		label   string
		present bool
	}{"11": {"NORTH", true}, "21": {"SOUTH", false}, "99": {"REST", false}} {
		if label, ok := set.Label(a); label != want.label || !ok || (set.Of(a) != nil) != want.present {
			t.Errorf("%s: got %s, %v", a, label, set.Of(a))
		}
	}
	if got := set.Present(); !slices.Equal(got, []string{"NORTH"}) {
		t.Errorf("present: %v", got)
	}
	if want := "the variable SOUTH is not set: ad accounts that need it are left to other workers"; !slices.Contains(set.Warnings, want) {
		t.Errorf("warnings: %v", set.Warnings)
	}
	if got := set.Labels([]plan.Account{"11", "21"}); !slices.Equal(got, []string{"NORTH", "SOUTH"}) {
		t.Errorf("a lane of both needs %v", got)
	}
	server := sandbox.New(sandbox.Options{})
	client, err := credentials.NewClient(set, graph.Config{Endpoint: "http://127.0.0.1", Transport: sandbox.Transport(server)})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range client.Do(t.Context(), []graph.Call{graph.Copy("21", "11", strings.Repeat("0", 32)), graph.Copy("99", "11", strings.Repeat("0", 32))}) {
		if r.Err == nil || r.Err.Class != graph.RefusedAccount {
			t.Errorf("got %v", r.Err)
		}
	}
	if n := server.Stats().Requests; n > 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// What is there and cannot be used is no absent credential, and one at least has to be there.
func TestPresentProblems(t *testing.T) {
	for _, tt := range []struct {
		text      string
		variables map[string]string
		want      string
	}{
		{twoFile, nil, "this process has none"},
		{twoFile, map[string]string{"NORTH": northToken, "SOUTH": "two words"}, "line 4: the variable SOUTH holds no token"},
		{"account,token,app_secret\n11,NORTH,SECRET\n21,SOUTH,\n", map[string]string{"NORTH": northToken}, "line 2: the variable SECRET is not set"},
		{"account,token\n11,NORTH\n21,file:" + t.TempDir() + "\n", map[string]string{"NORTH": northToken}, "it is a folder"},
	} {
		if _, err := openPresent(t, tt.text, tt.variables, nil); !errors.As(err, new(*credentials.ProblemsError)) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want %q", err, tt.want)
		}
	}
	set, err := openPresent(t, "account,token\n11,NORTH\n21,file:gone\n", map[string]string{"NORTH": northToken}, nil)
	if err != nil || !slices.Equal(set.Present(), []string{"NORTH"}) {
		t.Errorf("got %v, %v, want the file absent", set, err)
	}
}

// Workers with different files agree as long as they give each ad account of the job the same label.
func TestAgree(t *testing.T) {
	accounts := []plan.Account{"11", "21"}
	labels := func(s *credentials.Set) map[plan.Account]string { return s.LabelsOf(accounts) }
	set := func(text string) *credentials.Set {
		s, err := openPresent(t, text, map[string]string{"NORTH": northToken}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first, single := set(twoFile), credentials.Only(credentials.Credential{Label: "file:token", Credential: token(t, northToken)})
	if want := map[plan.Account]string{"11": "NORTH", "21": "SOUTH"}; !maps.Equal(labels(first), want) {
		t.Errorf("got %v, want %v", labels(first), want)
	}
	for _, tt := range []struct {
		mine       *credentials.Set
		remembered map[plan.Account]string
		want       string
	}{
		{set("account,token\n*,SOUTH\n11,NORTH\n77,OTHER\n"), labels(first), ""},
		{set("account,token\n*,NORTH\n"), labels(first), "the job carries out act_21 with SOUTH, and this worker would with NORTH"},
		{set("account,token\n11,NORTH\n"), labels(first), "the credentials file of this worker has no token for act_21"},
		{single, labels(first), "the job carries out act_11 with NORTH, and this worker would with the one token for all ad accounts"},
		{single, labels(single), ""},
		{first, labels(single), "the job carries out act_11 with the one token for all ad accounts, and this worker would with NORTH"},
	} {
		err := tt.mine.Agree(tt.remembered, accounts)
		if tt.want == "" && err != nil || tt.want != "" && (!errors.As(err, new(*credentials.OtherLabelError)) || err.Error() != tt.want) {
			t.Errorf("got %v, want %q", err, tt.want)
		}
	}
	if got := single.Present(); !slices.Equal(got, []string{credentials.Single}) {
		t.Errorf("present: %v", got)
	}
}

func token(t *testing.T, text string) graph.Credential {
	t.Helper()
	secret, err := graph.NewSecret(text)
	if err != nil {
		t.Fatal(err)
	}
	return graph.Credential{Token: secret}
}
