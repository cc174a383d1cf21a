package plan_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"adferry/plan"
)

func TestOrder(t *testing.T) {
	for _, tt := range []struct{ name, rows, want string }{
		{"copies and deletion of one source", "delete A; copy A B; copy A C",
			"1 delete A needs 2 3; 2 copy A B needed; 3 copy A C needed"},
		{"a chain of copies, backwards", "copy B C; copy A B",
			"1 copy B C needs 2; 2 copy A B needed"},
		{"a chain of moves", "move A B; move B C",
			"1 copy A B needed; 2 delete A needs 1 needed; 3 copy B C needs 1 needed; 4 delete B needs 1 2 3"},
		{"a move, then a copy", "move A B; copy B C",
			"1 copy A B needed; 2 delete A needs 1; 3 copy B C needs 1"},
		{"two moves of one image", "move A B; move A C",
			"1 copy A B needed; 2 delete A needs 1 3; 3 copy A C needed"},
		{"equal rows", "copy A B; copy A B; move A B; move A B; delete A; delete A",
			"1 copy A B needed; 2 delete A needs 1"},
		{"uploads", "copy B C; upload B f.png; upload B f.png; upload C f.png",
			"1 copy B C needs 2; 2 upload B needed; 3 upload C"},
		{"uploads of unknown images", "copy B C; upload B f.png x; upload C f.png x",
			"1 copy B C; 2 upload B; 3 upload C"},
		{"an upload whose hash only its second row knows", "upload B f.png x; copy B C; upload B f.png",
			"1 upload B needed; 2 copy B C needs 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := plan.Read(strings.NewReader(rows(tt.rows)), nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := short(p); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestTotals(t *testing.T) {
	p, err := plan.Read(strings.NewReader(rows("move A J; copy A J; move A J; copy A B; copy A B; delete C; upload D f.png; upload D f.png; copy J B; copy E F")), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := plan.Counts{CopyRows: 5, MoveRows: 2, DeleteRows: 1, UploadRows: 2, Copies: 4, Deletes: 2, Uploads: 1, Merged: 3, Accounts: 7}
	if diff := cmp.Diff(p.Counts(), want); diff != "" {
		t.Errorf("counts (-got +want):\n%s", diff)
	}
	loads := []plan.Load{
		{Account: "101", Sources: 2, Deletes: 1},
		{Account: "102", Copies: 2, Confirmations: 1},
		{Account: "103", Deletes: 1},
		{Account: "104", Uploads: 1},
		{Account: "105", Sources: 1},
		{Account: "106", Copies: 1},
		{Account: "110", Copies: 1, Sources: 1, Confirmations: 1},
	}
	if diff := cmp.Diff(p.Accounts(), loads); diff != "" {
		t.Errorf("loads (-got +want):\n%s", diff)
	}
}

func TestAccountsByNumber(t *testing.T) {
	p, err := plan.Read(strings.NewReader(threeColumns+"9,"+hashA+",1000\n100,"+hashA+",20\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []plan.Account
	for _, load := range p.Accounts() {
		got = append(got, load.Account)
	}
	if want := []plan.Account{"9", "20", "100", "1000"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The index agrees with a slow model of the package comment on small manifests
// with few accounts, which have every kind of chain, cycle and contradiction.
func TestAgainstModel(t *testing.T) {
	valid := 0
	for seed := range uint64(3000) {
		random := rand.New(rand.NewPCG(seed, 0))
		var list []string
		for range 1 + random.IntN(7) {
			a, b := string(rune('A'+random.IntN(5))), string(rune('A'+random.IntN(5)))
			switch verb := []string{"copy", "move", "delete", "upload"}[random.IntN(16)%5%4]; {
			case verb == "delete":
				list = append(list, "delete "+a)
			case verb == "upload":
				list = append(list, "upload "+a+" f.png")
			case a != b:
				list = append(list, verb+" "+a+" "+b)
			}
		}
		if len(list) == 0 {
			continue
		}
		manifest := strings.Join(list, "; ")
		want, good := model(list)
		p, err := plan.Read(strings.NewReader(rows(manifest)), nil)
		if (err == nil) != good {
			t.Fatalf("seed %d: got error %v for %q, want good to be %t", seed, err, manifest, good)
		}
		if !good {
			continue
		}
		valid++
		if got := short(p); got != want {
			t.Fatalf("seed %d: %s\ngot  %s\nwant %s", seed, manifest, got, want)
		}
		checkAcyclic(t, p)
	}
	if valid < 1000 {
		t.Errorf("got %d valid manifests, want more to learn from", valid)
	}
}

// model returns what short says of the plan of a manifest in the notation of rows,
// and whether the manifest is good.
func model(list []string) (want string, good bool) {
	var ops []string // in the order of first mention
	mention := func(op string) {
		if !slices.Contains(ops, op) {
			ops = append(ops, op)
		}
	}
	asked, moved := map[string]bool{}, map[string]bool{} // by row without verb
	for _, row := range list {
		f := strings.Fields(row)
		switch f[0] {
		case "copy":
			mention(row)
			asked[f[1]+" "+f[2]] = true
		case "move":
			mention("copy " + f[1] + " " + f[2])
			mention("delete " + f[1])
			moved[f[1]+" "+f[2]] = true
		case "delete":
			mention(row)
			asked[f[1]] = true
		case "upload":
			mention("upload " + f[1])
		}
	}
	needs := map[string]map[string]bool{}
	good = true
	for _, op := range ops {
		f := strings.Fields(op)
		needs[op] = map[string]bool{}
		for _, other := range ops {
			g := append(strings.Fields(other), "")
			into := g[0] == "copy" && g[2] == f[1] || g[0] == "upload" && g[1] == f[1]
			outOf := g[0] == "copy" && g[1] == f[1]
			switch {
			case f[0] == "upload":
			case into:
				needs[op][other] = true
				stays := g[0] == "upload" || asked[g[1]+" "+g[2]]
				movedAway := slices.ContainsFunc(slices.Collect(maps.Keys(moved)), func(m string) bool { return m[0] == f[1][0] })
				if f[0] == "delete" && (asked[f[1]] || movedAway && stays) {
					good = false
				}
				if f[0] == "delete" && g[0] == "copy" && moved[g[1]+" "+g[2]] {
					needs[op]["delete "+g[1]] = true
				}
			case outOf && f[0] == "delete":
				needs[op][other] = true
			}
		}
	}
	for op := range needs {
		if reaches(needs, op, op, map[string]bool{}) {
			return "", false
		}
	}
	return spell(ops, func(i int) (needed bool, wants []int) {
		for j, other := range ops {
			needed = needed || needs[other][ops[i]]
			if needs[ops[i]][other] {
				wants = append(wants, j+1)
			}
		}
		return needed, wants
	}), good
}

func reaches(needs map[string]map[string]bool, from, to string, seen map[string]bool) bool {
	for next := range needs[from] {
		if next == to {
			return true
		}
		if !seen[next] {
			seen[next] = true
			if reaches(needs, next, to, seen) {
				return true
			}
		}
	}
	return false
}

// short spells a plan as "1 copy A B needed; 2 delete A needs 1".
func short(p *plan.Plan) string {
	var ops []string
	var flags []plan.Op
	for op := range p.Ops() {
		letter := func(a plan.Account) string { return string(rune('A' + a[len(a)-1] - '1')) }
		words := []string{op.Kind.String()}
		if op.Source != "" {
			words = append(words, letter(op.Source))
		}
		if op.Target != "" {
			words = append(words, letter(op.Target))
		}
		ops, flags = append(ops, strings.Join(words, " ")), append(flags, op)
	}
	needs := map[plan.OpID][]int{}
	for op, need := range p.Needs() {
		needs[op] = append(needs[op], int(need))
	}
	return spell(ops, func(i int) (bool, []int) {
		wants := needs[flags[i].ID]
		if flags[i].Needs != (len(wants) > 0) {
			return false, []int{-1} // the flag belies the needs
		}
		return flags[i].Needed, wants
	})
}

func spell(ops []string, of func(i int) (needed bool, needs []int)) string {
	var list []string
	for i, op := range ops {
		s := fmt.Sprint(i+1, " ", op)
		needed, needs := of(i)
		if len(needs) > 0 {
			s += " needs" + strings.Trim(strings.ReplaceAll(fmt.Sprint(" ", needs), "[", ""), "]")
		}
		if needed {
			s += " needed"
		}
		list = append(list, s)
	}
	return strings.Join(list, "; ")
}

// checkAcyclic carries the plan out in some order that its needs allow.
func checkAcyclic(t *testing.T, p *plan.Plan) {
	t.Helper()
	waits, dependents := map[plan.OpID]int{}, map[plan.OpID][]plan.OpID{}
	targets, awaited := map[plan.OpID]plan.Account{}, map[plan.OpID][]plan.Account{}
	for op := range p.Ops() {
		targets[op.ID] = op.Target
	}
	for op, need := range p.Needs() {
		if a := targets[need]; a != "" {
			awaited[op] = append(awaited[op], a)
		}
		waits[op]++
		dependents[need] = append(dependents[need], op)
	}
	var ready []plan.OpID
	all := 0
	for op := range p.Ops() {
		all++
		if op.Needs != (waits[op.ID] > 0) || op.Needed != (len(dependents[op.ID]) > 0) {
			t.Errorf("operation %d: got needs %t and needed %t, want what the pairs say", op.ID, op.Needs, op.Needed)
		}
		slices.Sort(awaited[op.ID])
		if got, want := p.WaitsFor(op.ID), slices.Compact(awaited[op.ID]); !slices.Equal(got, want) {
			t.Errorf("operation %d waits for %q, want %q", op.ID, got, want)
		}
		if waits[op.ID] == 0 {
			ready = append(ready, op.ID)
		}
	}
	done := 0
	for ; len(ready) > 0; done++ {
		op := ready[0]
		ready = ready[1:]
		for _, d := range dependents[op] {
			if waits[d]--; waits[d] == 0 {
				ready = append(ready, d)
			}
		}
	}
	if done != all {
		t.Errorf("got %d of %d operations done, the others wait for each other", done, all)
	}
}
