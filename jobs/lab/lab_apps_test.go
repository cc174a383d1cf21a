package lab_test

import (
	"slices"
	"strings"
	"testing"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs/credentials"
	"adferry/jobs/dispatch"
	"adferry/jobs/jobtest"
)

// The tokens of a server with two apps.
const (
	blockedToken = "blocked-token-0123456789"
	freeToken    = "free-token-0123456789"
)

// besideFree is a model that limits an app, beside an ad account of an app that has no limit.
func besideFree(m model, name string, s size) model {
	const free = "90"
	m.name, m.blocked, m.twoApps = name, nil, true
	targets := map[string]int{free: s.full}
	for target, n := range m.targets {
		m.blocked, targets[target] = append(m.blocked, target), n
	}
	slices.Sort(m.blocked)
	m.targets, m.accounts = targets, map[string]sandbox.Limits{free: linear}
	return m
}

// access says which token may use which ad accounts.
func (m model) access() map[string]sandbox.Token {
	var blocked, free []string
	for target := range m.targets {
		if slices.Contains(m.blocked, target) {
			blocked = append(blocked, target, "11"+target)
		} else {
			free = append(free, target, "11"+target)
		}
	}
	return map[string]sandbox.Token{blockedToken: {Accounts: blocked}, freeToken: {Accounts: free, App: "2"}}
}

// labClient is a client of the model's server.
func labClient(t *testing.T, m model, s *sandbox.Server) dispatch.API {
	t.Helper()
	if !m.twoApps {
		return jobtest.ClientOver(t, sandbox.Transport(s))
	}
	var text strings.Builder
	text.WriteString("account,token\n*,FREE\n")
	for _, target := range m.blocked {
		text.WriteString(target + ",BLOCKED\n11" + target + ",BLOCKED\n")
	}
	file, err := credentials.Parse("", strings.NewReader(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	tokens := map[string]string{"BLOCKED": blockedToken, "FREE": freeToken}
	set, err := file.Open("", credentials.Environment{Lookup: func(name string) (string, bool) {
		token, ok := tokens[name]
		return token, ok
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	client, err := credentials.NewClient(set, graph.Config{Transport: sandbox.Transport(s)})
	if err != nil {
		t.Fatal(err)
	}
	client.Inspect(t.Context(), []string{"BLOCKED", "FREE"})
	return client
}
