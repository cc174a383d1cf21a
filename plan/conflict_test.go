package plan_test

import (
	"fmt"
	"strings"
	"testing"
)

// rows spells a manifest out: "move A B", "copy A B", "delete A", "upload B file"
// of one image, separated by "; ", the first row on line 2.
func rows(short string) string {
	var b strings.Builder
	b.WriteString("operation,source_account,hash,target_account,file\n")
	for row := range strings.SplitSeq(short, "; ") {
		f := append(strings.Fields(row), "", "")
		switch f[0] {
		case "delete":
			fmt.Fprintf(&b, "delete,%s,%s,,\n", account(f[1]), hashA)
		case "upload": // with a third word, one that expects no hash
			fmt.Fprintf(&b, "upload,,%s,%s,%s\n", hashA[:32-32*len(f[3])], account(f[1]), f[2])
		default:
			fmt.Fprintf(&b, "%s,%s,%s,%s,\n", f[0], account(f[1]), hashA, account(f[2]))
		}
	}
	return b.String()
}

// account makes 101 of A, 102 of B.
func account(letter string) string { return fmt.Sprint(100 + int(letter[0]-'A') + 1) }

func TestContradictions(t *testing.T) {
	line := func(n int, what string) string { return fmt.Sprintf("line %d, hash \"%s\": %s", n, hashA, what) }
	for _, tt := range []struct {
		name, rows string
		want       []string
	}{
		{"a chain of copies", "copy A B; copy B C", nil},
		{"a chain of moves, backwards", "move B C; move A B", nil},
		{"a move, then a copy of what was moved", "move A B; copy B C", nil},
		{"two moves to two accounts", "move A B; move A C", nil},
		{"a copy and a delete of the source", "delete A; copy A B", nil},
		{"a delete and a move of the source", "delete A; move A B", nil},
		{"an upload, and a copy of what it gives", "upload A f.png; copy A B", nil},
		{"two ways to one account", "copy A B; copy A C; copy B D; copy C D", nil},
		{"a delete where a copy goes", "delete B; copy A B",
			[]string{line(3, "line 2 deletes the image in act_102, but line 3 puts it there; remove one of these rows")}},
		{"a delete where a move and a copy go", "move A B; copy C B; delete B",
			[]string{
				line(4, "line 4 deletes the image in act_102, but line 2 puts it there; remove one of these rows"),
				line(4, "line 4 deletes the image in act_102, but line 3 puts it there; remove one of these rows")}},
		{"a delete where an upload goes", "upload A f.png; delete A",
			[]string{line(3, "line 3 deletes the image in act_101, but line 2 puts it there; remove one of these rows")}},
		{"a delete where an upload of an unknown image goes", "upload A f.png x; delete A", nil},
		{"a move from where a copy goes", "copy A B; move B C",
			[]string{line(3, "line 3 moves the image out of act_102, but line 2 puts it there to stay; make line 3 a copy, or line 2 a move")}},
		{"a move from where an upload goes", "move A C; upload A f.png",
			[]string{line(3, "line 2 moves the image out of act_101, but line 3 puts it there to stay; make line 2 a copy, or remove one of these rows")}},
		{"a move from where a copy goes that is a move, too", "move A B; copy A B; move B C",
			[]string{line(4, "line 4 moves the image out of act_102, but line 3 puts it there to stay; make line 4 a copy, or line 3 a move")}},
		{"a cycle of two", "move A B; move B A",
			[]string{line(2, "lines 2 and 3 copy or move the image in a cycle; remove one of these rows")}},
		{"a cycle of copies, with a way in and a way out", "copy Z A; copy A B; copy B C; copy C A; copy C D",
			[]string{line(3, "lines 3, 4 and 5 copy or move the image in a cycle; remove one of these rows")}},
		{"two circles that meet", "copy A B; copy B A; copy B C; copy C B",
			[]string{line(2, "lines 2, 3, 4 and 5 copy or move the image in a cycle; remove one of these rows")}},
		{"two circles apart", "copy A B; copy B A; copy B C; copy C D; copy D C",
			[]string{
				line(2, "lines 2 and 3 copy or move the image in a cycle; remove one of these rows"),
				line(5, "lines 5 and 6 copy or move the image in a cycle; remove one of these rows")}},
		{"a long cycle", "copy A B; copy B C; copy C D; copy D E; copy E F; copy F G; copy G H; copy H I; copy I J; copy J K; copy K L; copy L A",
			[]string{line(2, "lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more copy or move the image in a cycle; remove one of these rows")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			checkProblems(t, rows(tt.rows), tt.want)
		})
	}
}

func TestOneFileTwoHashes(t *testing.T) {
	manifest := "operation,hash,target_account,file\n" +
		"upload,,2,a.png\n" +
		"upload," + hashA + ",2,a.png\n" +
		"upload," + hashB + ",2,./a.png\n" +
		"upload," + hashB + ",3,a.png\n"
	checkProblems(t, manifest, []string{
		"line 4, hash \"" + hashB + "\": line 2 uploads the same file but expects another hash; remove the wrong hash"})
}

// A chain as long as the manifest must not be walked by recursion, nor one image
// in as many accounts take a walk for each.
func TestLongChains(t *testing.T) {
	const n = 200_000
	for _, tt := range []struct {
		name string
		row  func(i int) (source, target int)
	}{
		{"a chain", func(i int) (int, int) { return i, i + 1 }},
		{"a star", func(i int) (int, int) { return 1, i + 2 }},
		{"a funnel", func(i int) (int, int) { return i + 2, 1 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			b.WriteString(threeColumns)
			for i := 1; i <= n; i++ {
				source, target := tt.row(i)
				fmt.Fprintf(&b, "%d,%s,%d\n", source, hashA, target)
			}
			checkProblems(t, b.String(), nil)
		})
	}
}
