package evidence_test

import (
	"slices"
	"strings"
	"testing"

	"adferry/graph"
	"adferry/jobs/evidence"
)

func TestMatch(t *testing.T) {
	copied := func(n int) graph.Call { return graph.Copy("2", "1", hash(n)) }
	read := func(n ...int) graph.Call {
		var hashes []string
		for _, i := range n {
			hashes = append(hashes, hash(i))
		}
		return graph.ReadHashes("1", hashes)
	}
	stored := func(pairs ...string) graph.Reply {
		var r graph.Reply
		for i := 0; i < len(pairs); i += 2 {
			r.Stored = append(r.Stored, graph.Stored{Key: pairs[i], Hash: pairs[i+1]})
		}
		return r
	}
	shows := func(n ...int) graph.Reply {
		var r graph.Reply
		for _, i := range n {
			r.Images = append(r.Images, image(i))
		}
		return r
	}
	refused := graph.Reply{Err: &graph.Error{Class: graph.RefusedItem}}
	throttled := graph.Reply{Err: &graph.Error{Class: graph.ThrottledAccount}}
	upload := graph.Upload("2", graph.File{Name: hash(7)})
	for _, test := range []struct {
		name    string
		calls   []graph.Call
		replies []graph.Reply
		want    string // hashes stored; lost, ok or refused
	}{
		{"each its own", []graph.Call{copied(1), copied(2)}, []graph.Reply{stored(hash(1), hash(1)), stored(hash(2), hash(9))}, "1 9"},
		{"alone under a name", []graph.Call{copied(1)}, []graph.Reply{stored("bytes", hash(1))}, "1"},
		{"its own among others", []graph.Call{copied(1)}, []graph.Reply{stored("a", hash(5), hash(1), hash(6))}, "6"},
		{"its own in capitals", []graph.Call{copied(10)}, []graph.Reply{stored(strings.ToUpper(hash(10)), hash(10))}, "a"},
		{"several, none its own", []graph.Call{copied(1)}, []graph.Reply{stored("a", hash(1), "b", hash(1))}, "lost"},
		{"under another image's hash", []graph.Call{copied(1)}, []graph.Reply{stored(hash(8), hash(1))}, "lost"},
		{"a hash that is none", []graph.Call{copied(1)}, []graph.Reply{stored(hash(1), "")}, "lost"},
		{"answers changed places", []graph.Call{copied(1), copied(2), copied(3)}, []graph.Reply{stored(hash(2), hash(2)), stored(hash(1), hash(1)), stored(hash(3), hash(3))}, "lost lost lost"},
		{"one names another's image under a name", []graph.Call{copied(1), copied(2)}, []graph.Reply{stored("a", hash(2)), stored(hash(2), hash(2))}, "lost lost"},
		{"two images under one new hash", []graph.Call{copied(1), copied(2)}, []graph.Reply{stored(hash(1), hash(9)), stored(hash(2), hash(9))}, "lost lost"},
		{"a refusal may be another's then, too", []graph.Call{copied(1), copied(2)}, []graph.Reply{stored(hash(2), hash(2)), refused}, "lost lost"},
		{"a throttle is the account's, whoever got it", []graph.Call{copied(1), copied(2)}, []graph.Reply{stored(hash(2), hash(2)), throttled}, "lost throttled"},
		{"a refusal stays one", []graph.Call{copied(1), copied(2)}, []graph.Reply{stored(hash(1), hash(1)), refused}, "1 refused"},
		{"one image from two accounts", []graph.Call{copied(1), graph.Copy("2", "3", hash(1))}, []graph.Reply{stored(hash(1), hash(1)), stored(hash(1), hash(1))}, "1 1"},
		{"reads, each its own", []graph.Call{read(1, 2), read(3)}, []graph.Reply{shows(1), shows(3)}, "ok ok"},
		{"reads that ask for one image twice", []graph.Call{read(1, 2), read(2, 3)}, []graph.Reply{shows(2), shows(2)}, "ok ok"},
		{"reads changed places", []graph.Call{read(1, 2), read(3), copied(5)}, []graph.Reply{{Empty: true}, shows(1), stored(hash(5), hash(5))}, "lost lost lost"},
		{"an upload under its file's name", []graph.Call{upload}, []graph.Reply{stored(hash(7), hash(4))}, "4"},
		{"a delete", []graph.Call{graph.Delete("1", hash(1))}, []graph.Reply{{}}, "ok"},
	} {
		t.Run(test.name, func(t *testing.T) {
			replies := slices.Clone(test.replies)
			evidence.Match(test.calls, replies)
			var got []string
			for _, r := range replies {
				switch {
				case r.Err == nil && len(r.Stored) == 1:
					got = append(got, strings.TrimLeft(r.Stored[0].Hash, "0"))
				case r.Err == nil && len(r.Stored) == 0:
					got = append(got, "ok")
				case r.Err != nil && r.Err.Lost && r.Err.Class == graph.Transient && !r.Empty && len(r.Images)+len(r.Stored) == 0:
					got = append(got, "lost")
				case r.Err != nil && r.Err.Lost && r.Err.Class.Throttled():
					got = append(got, "throttled")
				case r.Err != nil:
					got = append(got, "refused")
				}
			}
			if got := strings.Join(got, " "); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
