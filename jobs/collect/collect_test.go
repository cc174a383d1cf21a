package collect

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"adferry/graph"
	"adferry/jobs/reader"
	"adferry/plan"
)

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		verb   plan.Verb
		target plan.Account
		want   string
	}{
		{plan.Copy, "33", ""},
		{plan.Move, "33", ""},
		{plan.Delete, "", ""},
		{plan.Copy, "", "a target is missing"},
		{plan.Move, "22", "act_22 is a source and the target"},
		{plan.Delete, "33", "a deletion has no target"},
		{plan.Upload, "33", "the operation must be"},
		{"", "33", "the operation must be"},
	} {
		got := ""
		if err := (&Request{Accounts: []plan.Account{"11", "22"}, Verb: test.verb, Target: test.target}).Check(); err != nil {
			got = err.Error()
		}
		if got != test.want && (test.want == "" || !strings.HasPrefix(got, test.want)) {
			t.Errorf("%s to %q: got %q, want %q", test.verb, test.target, got, test.want)
		}
	}
}

// What is not told is neither unused nor, for a deletion, active.
func TestJudge(t *testing.T) {
	image := func(status string, known bool, creatives ...string) graph.Image {
		return graph.Image{Status: status, UseKnown: known, Creatives: creatives}
	}
	for _, test := range []struct {
		name   string
		verb   plan.Verb
		unused bool
		image  graph.Image
		want   Why
	}{
		{"a copy of anything", plan.Copy, false, image("", false), Selected},
		{"a copy of what is in use", plan.Copy, false, image("ACTIVE", true, "1"), Selected},
		{"a copy of another status", plan.Copy, false, image("INTERNAL", true), Selected},
		{"a copy of a deleted image", plan.Copy, false, image("deleted", true), Deleted},
		{"a copy of what is unused", plan.Copy, true, image("ACTIVE", true), Selected},
		{"unused, but used", plan.Copy, true, image("ACTIVE", true, "1"), InUse},
		{"unused, but associated", plan.Move, true, graph.Image{Associated: true, UseKnown: true}, InUse},
		{"unused, but not told", plan.Copy, true, image("ACTIVE", false), UseUnknown},
		{"a deletion", plan.Delete, false, image("ACTIVE", true), Selected},
		{"a deletion of another status", plan.Delete, false, image("INTERNAL", true), NotActive},
		{"a deletion of no status", plan.Delete, true, image("", true), NotActive},
		{"a deletion of what is not told", plan.Delete, true, image("ACTIVE", false), UseUnknown},
	} {
		if got := (&Request{Verb: test.verb, Unused: test.unused}).judge(test.image); got != test.want {
			t.Errorf("%s: got %d, want %d", test.name, got, test.want)
		}
	}
}

// A request that judges by use asks for it.
func TestFields(t *testing.T) {
	for _, unused := range []bool{false, true} {
		fields := (&Request{Unused: unused}).fields()
		if got := slices.Contains(fields, graph.FieldCreatives) && slices.Contains(fields, graph.FieldAssociated); got != unused {
			t.Errorf("unused %v: got fields %q", unused, fields)
		}
	}
}

// accounts are images by account and page, and an error that ends the reading.
type accounts struct {
	pages map[plan.Account][][]graph.Image
	err   error
}

// List has the pages of the accounts come by turns.
func (a accounts) List(_ context.Context, asked []plan.Account, _ graph.Query, each func(plan.Account, graph.Reply) error) error {
	for i := range 10 {
		for _, account := range asked {
			if i < len(a.pages[account]) {
				if err := each(account, graph.Reply{Images: a.pages[account][i]}); err != nil {
					return err
				}
			}
		}
	}
	return a.err
}

func (a accounts) Find(_ context.Context, asked []plan.Account, _ graph.Query, hashes func(plan.Account) iter.Seq2[plan.Hash, error], each func(reader.Found) error) error {
	for _, account := range asked {
		for h := range hashes(account) {
			f := reader.Found{Account: account, Hash: h}
			for _, i := range slices.Concat(a.pages[account]...) {
				if i.Hash == string(h) {
					f.Image = &i
				}
			}
			if err := each(f); err != nil {
				return err
			}
		}
	}
	return a.err
}

func page(names ...string) (images []graph.Image) {
	for _, n := range names {
		images = append(images, graph.Image{Hash: hash(n), Name: n, Status: "ACTIVE"})
	}
	return images
}

func hash(name string) string { return strings.Repeat(fmt.Sprintf("%02x", name[0]), 16) }

// With copy, an image comes once, from the account that is named first, whatever order the
// pages had and however many rows are compared at a time; with move and delete from all.
func TestRows(t *testing.T) {
	from := accounts{pages: map[plan.Account][][]graph.Image{
		"11": {page("b"), page("c", "a")},
		"22": {page("a", "x"), page("c"), page("y")},
	}}
	for _, test := range []struct {
		verb    plan.Verb
		sources []plan.Account
		slice   int
		want    string
	}{
		{plan.Copy, []plan.Account{"11", "22"}, 100, "11b 11c 11a 22x 22y"},
		{plan.Copy, []plan.Account{"22", "11"}, 100, "22a 22x 22c 22y 11b"},
		{plan.Copy, []plan.Account{"11", "22"}, 1, "11a 11b 11c 22x 22y"}, // sorted by the slices, at the least
		{plan.Copy, []plan.Account{"22"}, 1, "22a 22x 22c 22y"},
		{plan.Move, []plan.Account{"11", "22"}, 100, "11b 11c 11a 22a 22x 22c 22y"},
	} {
		c, err := List(t.Context(), from, &Request{Accounts: test.sources, Verb: test.verb, Target: "33"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		c.slice = test.slice
		for range 2 {
			var got []string
			for line, err := range c.Rows() {
				if err != nil || line.Verb != test.verb || line.Target != "33" || string(line.Hash) != hash(line.Name) {
					t.Fatalf("got %+v, %v", line, err)
				}
				got = append(got, string(line.Source)+line.Name)
			}
			if test.slice == 1 {
				slices.Sort(got)
			}
			if want := strings.Fields(test.want); test.slice == 1 && !slices.Equal(got, sorted(want)) || test.slice > 1 && !slices.Equal(got, want) {
				t.Errorf("%s from %v: got %q, want %q", test.verb, test.sources, got, test.want)
			}
		}
		c.Close()
	}
}

func sorted(s []string) []string {
	slices.Sort(s)
	return s
}

// Every hash is in one of the slices.
func TestSlices(t *testing.T) {
	for _, n := range []uint64{1, 2, 7, 100} {
		used := map[uint64]bool{}
		for i := range 1 << 16 {
			s := sliceOf(plan.Hash(fmt.Sprintf("%04x%028x", i, 0)), n)
			if s >= n {
				t.Fatalf("got slice %d of %d", s, n)
			}
			used[s] = true
		}
		if len(used) != int(n) {
			t.Errorf("got %d slices, want %d", len(used), n)
		}
	}
}

// Hashes that are asked for are found in every account, and counted where they are not.
func TestFind(t *testing.T) {
	from := accounts{pages: map[plan.Account][][]graph.Image{"11": {page("a")}, "22": {page("a", "b")}}}
	r := &Request{Accounts: []plan.Account{"11", "22"}, Verb: plan.Move, Target: "33", Query: graph.Query{Hashes: []string{hash("a"), hash("b")}}}
	c, err := List(t.Context(), from, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.Counts[0].Missing != 1 || c.Counts[1].Missing != 0 || c.Counts[0].Of(Selected) != 1 || c.Counts[1].Of(Selected) != 2 {
		t.Errorf("got %+v", c.Counts)
	}
}

// An account that cannot be listed to its end leaves no collection.
func TestListFails(t *testing.T) {
	cause := &reader.AccountError{Account: "22", Err: &graph.Error{Message: "no"}}
	from := accounts{pages: map[plan.Account][][]graph.Image{"11": {page("a")}}, err: errors.Join(nil, cause)}
	c, err := List(t.Context(), from, &Request{Accounts: []plan.Account{"11", "22"}, Verb: plan.Copy, Target: "33"}, nil)
	if c != nil || !errors.As(err, new(*reader.AccountError)) {
		t.Errorf("got %+v, %v", c, err)
	}
}
