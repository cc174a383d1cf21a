package plan_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"adferry/plan"
)

// Operations are told apart where a hash is in more accounts than an image's
// twins are listed for, and accounts where they differ in their first digits only.
func TestHashInManyAccounts(t *testing.T) {
	const accounts = 60
	random := rand.New(rand.NewPCG(3, 4))
	var manifest strings.Builder
	manifest.WriteString(threeColumns)
	var want []string
	merged := 0
	named := map[string]bool{}
	for range 3000 {
		from := random.IntN(accounts - 1)
		to := from + 1 + random.IntN(accounts-1-from) // so that there is no cycle
		source, target := fmt.Sprint(from+1, "0000007"), fmt.Sprint(to+1, "0000007")
		hash := []string{hashA, hashB}[random.IntN(2)]
		prefix := []string{"", "act_"}[random.IntN(2)]
		fmt.Fprintf(&manifest, "%s%s,%s,%s%s\n", prefix, source, hash, prefix, target)
		op := strings.Join([]string{source, hash, target}, " ")
		if slices.Contains(want, op) {
			merged++
		} else {
			want = append(want, op)
		}
		named[source], named[target] = true, true
	}

	p, err := plan.Read(strings.NewReader(manifest.String()), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for op := range p.Ops() {
		got = append(got, fmt.Sprint(op.Source, " ", op.Hash, " ", op.Target))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %d operations, want those %d that the rows mention, in that order", len(got), len(want))
	}
	if c := p.Counts(); c.Merged != merged || c.Accounts != len(named) {
		t.Errorf("got %d merged rows and %d accounts, want %d and %d", c.Merged, c.Accounts, merged, len(named))
	}
}

// Of so many images some have the same place in a table of 32-bit hashes.
func TestManyImages(t *testing.T) {
	const n = 200_000
	for _, tt := range []struct {
		name string
		row  func(i int) (hash string, target int)
	}{
		{"many hashes", func(i int) (string, int) { return fmt.Sprintf("%032x", i), 2 }},
		{"many accounts", func(i int) (string, int) { return hashA, 2 + i }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var manifest strings.Builder
			manifest.WriteString(threeColumns)
			for i := range n {
				hash, target := tt.row(i)
				fmt.Fprintf(&manifest, "1,%s,%d\n", hash, target)
			}
			p, err := plan.Read(strings.NewReader(manifest.String()), nil)
			if err != nil {
				t.Fatal(err)
			}
			if c := p.Counts(); c.Copies != n || c.Merged != 0 {
				t.Errorf("got %d copies and %d merged rows, want %d and none", c.Copies, c.Merged, n)
			}
		})
	}
}

// An account that was read before vouches for no text but its own.
func TestAccountLikeOneBefore(t *testing.T) {
	for _, tt := range []struct{ name, text string }{
		{"prefix twice", "act_act_1017"},
		{"blank", " 1017"},
		{"leading zero", "01017"},
		{"another letter case", "ACT_1017"},
		{"only the last digits", "x017"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := plan.Read(strings.NewReader(threeColumns+"1017,"+hashA+",2\n"+tt.text+","+hashA+",2\n"), nil)
			if err == nil || !strings.Contains(err.Error(), "line 3") {
				t.Errorf("got %v, want a problem on line 3", err)
			}
		})
	}
}
