package sandbox_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
)

func TestParseScript(t *testing.T) {
	rules, err := sandbox.ParseScript(strings.NewReader(`[
		{"match": {"kind": "copy", "account": "act_222", "nth": 3, "count": 2}, "fault": "cut_after"},
		{"match": {"kind": "batch", "after": "90s"}, "fault": {"name": "80004/2446079", "regain": "7m", "hold": "8m", "status": 403}},
		{"fault": "1"}
	]`))
	if err != nil {
		t.Fatal(err)
	}
	want := []sandbox.Rule{
		{Match: sandbox.Match{Kind: sandbox.Copy, Account: "act_222", Nth: 3, Count: 2}, Fault: sandbox.Fault{Name: "cut_after"}},
		{Match: sandbox.Match{Kind: sandbox.Batch, After: 90 * time.Second},
			Fault: sandbox.Fault{Name: "80004/2446079", Regain: 7 * time.Minute, Hold: 8 * time.Minute, Status: 403}},
		{Fault: sandbox.Fault{Name: "1"}},
	}
	if fmt.Sprintf("%+v", rules) != fmt.Sprintf("%+v", want) {
		t.Errorf("got %+v\nwant %+v", rules, want)
	}
}

func TestParseScriptRefuses(t *testing.T) {
	tests := []struct{ name, script, words string }{
		{"no array", `{}`, "read script"},
		{"unknown key", `[{"match":{"knd":"copy"},"fault":"1"}]`, "knd"},
		{"unknown key of a fault", `[{"fault":{"name":"1","regian":"1m"}}]`, "regian"},
		{"unknown kind", `[{"match":{"kind":"cpoy"},"fault":"1"}]`, `not "cpoy"`},
		{"unknown fault", `[{"fault":"1"},{"fault":"ctu"}]`, `rule 2: unknown fault "ctu"; use an error code such as`},
		{"no fault", `[{"match":{}}]`, "unknown fault"},
		{"duration", `[{"match":{"after":"soon"},"fault":"1"}]`, "soon"},
		{"negative", `[{"match":{"nth":-1},"fault":"1"}]`, "negative"},
		{"status", `[{"fault":{"name":"1","status":700}}]`, "700"},
		{"lie of a copy", `[{"match":{"kind":"copy"},"fault":"lie"}]`, "cannot strike a call of kind copy"},
		{"null for a batch", `[{"match":{"kind":"batch"},"fault":"null"}]`, "cannot strike a whole batch"},
		{"envelope for a call", `[{"fault":"envelope"}]`, "match kind batch"},
		{"shape of a call's answer", `[{"fault":"short_batch"}]`, "match kind batch"},
		{"page of a copy", `[{"match":{"kind":"copy"},"fault":"same_cursor"}]`, "cannot strike a call of kind copy"},
		{"name of a batch", `[{"match":{"kind":"batch"},"fault":"renamed"}]`, "cannot strike a whole batch"},
		{"age", `[{"fault":{"name":"stale","age":"1h"}}]`, "age must be between 0 and 10m0s, not 1h0m0s"},
		{"appear without images", `[{"fault":"appear"}]`, "needs the hashes"},
		{"a wait of an answer without headers", `[{"fault":{"name":"cut","regain":"1m"}}]`, "regain changes nothing about fault cut"},
		{"hold of a success", `[{"fault":{"name":"regain","regain":"1m","hold":"1m"}}]`, "hold changes nothing about fault regain"},
		{"images of an error", `[{"fault":{"name":"1","hashes":["a"]}}]`, "hashes changes nothing about fault 1"},
		{"something after", `[] []`, "text after its end"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := sandbox.ParseScript(strings.NewReader(tt.script))
			if err == nil || !strings.Contains(err.Error(), tt.words) {
				t.Errorf("got %v, want an error with %q", err, tt.words)
			}
		})
	}
}

func TestParseFaults(t *testing.T) {
	got, err := sandbox.ParseFaults(" throttle=0.02, cut_after=1%,80004/2446079=1 ,")
	want := map[string]float64{"throttle": 0.02, "cut_after": 0.01, "80004/2446079": 1}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	for _, bad := range []string{"cut", "cut=2", "cut=x", "cut=NaN", "cut=-1", "ctu=0.1", "cut=0.1,cut=0.2", "=1", "0=1", "vanish=0.1"} {
		if got, err := sandbox.ParseFaults(bad); err == nil {
			t.Errorf("ParseFaults(%q) = %v, want an error", bad, got)
		}
	}
}

func TestMatch(t *testing.T) {
	tests := []struct {
		name  string
		match sandbox.Match
		want  string // of copy 1, copy 2, copy 3, read, delete 1: x is struck
	}{
		{"all", sandbox.Match{}, "xxxxx"},
		{"kind", sandbox.Match{Kind: sandbox.Copy}, "xxx.."},
		{"method", sandbox.Match{Method: "delete"}, "....x"},
		{"account", sandbox.Match{Account: "act_111"}, "...xx"},
		{"hash", sandbox.Match{Hash: hash(1)}, "x..xx"},
		{"nth", sandbox.Match{Kind: sandbox.Copy, Nth: 2}, ".x..."},
		{"nth and count", sandbox.Match{Nth: 2, Count: 2}, ".xx.."},
		{"count", sandbox.Match{Count: 2}, "xx..."},
		{"after", sandbox.Match{After: 3 * time.Second}, "...xx"},
		{"nothing", sandbox.Match{Kind: sandbox.Upload}, "....."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := seeded(script("2", tt.match), 3)
				var got strings.Builder
				calls := []func() reply{
					func() reply { return copyImage(t, s, hash(1)) },
					func() reply { return copyImage(t, s, hash(2)) },
					func() reply { return copyImage(t, s, hash(3)) },
					func() reply { return get(t, s, `/act_111/adimages?hashes=["`+hash(1)+`"]`) },
					func() reply { return remove(t, s, hash(1)) },
				}
				for _, call := range calls {
					if call().status == 500 {
						got.WriteByte('x')
					} else {
						got.WriteByte('.')
					}
					time.Sleep(time.Second)
				}
				if got.String() != tt.want {
					t.Errorf("got %s, want %s", got.String(), tt.want)
				}
			})
		})
	}
}

// The first rule that fires wins, yet the ones behind it count the call.
func TestRulesAreOrdered(t *testing.T) {
	o := script("1", sandbox.Match{Nth: 1})
	o.Script = append(o.Script, sandbox.Rule{Match: sandbox.Match{Nth: 2}, Fault: sandbox.Fault{Name: "2"}})
	s := seeded(o, 3)
	var got []string
	for i := range 3 {
		got = append(got, copyImage(t, s, hash(i+1)).code())
	}
	if want := []string{"1", "2", ""}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
