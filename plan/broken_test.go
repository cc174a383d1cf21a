package plan_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// testdata/broken.csv has every kind of problem that can stand beside others.
func TestBroken(t *testing.T) {
	manifest, err := os.ReadFile("testdata/broken.csv")
	if err != nil {
		t.Fatal(err)
	}
	bad := problemsOf(t, string(manifest))
	var got strings.Builder
	for _, p := range bad.Problems {
		fmt.Fprintln(&got, p)
	}
	const golden = "testdata/broken.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(got.String(), "\n"), strings.Split(string(want), "\n")); diff != "" {
		t.Errorf("problems (-got +want):\n%s", diff)
	}
}

// A column without a name is not named.
func TestShortRowUnnamedColumns(t *testing.T) {
	const columns = "source_account,hash,target_account"
	checkProblems(t, columns+",,note,\n1,"+hashA+",2\n", []string{"line 2: the row has 3 cells, the header 6; nothing is left for note; an empty cell needs its comma, too"})
	checkProblems(t, columns+",,\n1,"+hashA+",2\n", []string{"line 2: the row has 3 cells, the header 5; an empty cell needs its comma, too"})
}

func TestRowProblems(t *testing.T) {
	const columns = "operation,source_account,hash,target_account,file\n"
	for _, tt := range []struct{ name, row, want string }{
		{"a file on a copy", "copy,1," + hashA + ",2,a.png",
			`line 2, file "a.png": a copy row does not use it; empty the cell, or write upload in the operation column`},
		{"a file on a move", "move,1," + hashA + ",2,a.png", `line 2, file "a.png": a move row does not use it; empty the cell`},
		{"a target on a delete", "delete,1," + hashA + ",2,",
			`line 2, target_account "2": a delete row does not use it; empty the cell, or make the row a move`},
		{"a source on an upload", "upload,1,,2,a.png", `line 2, source_account "1": an upload row does not use it; empty the cell`},
		{"no file on an upload", "upload,,,2, ", "line 2, file: missing; an upload row needs it"},
		{"source and target the same", "move,1," + hashA + ",act_1,",
			`line 2, target_account "act_1": source and target are the same account; name another account, or remove the row`},
		{"a drive", `upload,,,2,C:a.png`,
			`line 2, file "C:a.png": not an image file: it is an absolute path; write it relative to the manifest's folder`},
		{"an absolute path", `upload,,,2,/a.png`,
			`line 2, file "/a.png": not an image file: it is an absolute path; write it relative to the manifest's folder`},
		{"a share", `upload,,,2,\\host\a.png`,
			`line 2, file "\\host\a.png": not an image file: it is an absolute path; write it relative to the manifest's folder`},
		{"a folder above", `upload,,,2,a\..\..`, `line 2, file "a\..\..": not an image file: it names a folder; write one row for each image`},
		{"a path that leaves its folder", `upload,,,2,a\..\..\b.png`, ""},
		{"the folder itself", `upload,,,2,.`, `line 2, file ".": not an image file: it names a folder; write one row for each image`},
		{"escapes for a terminal", "copy,\x1b[2J," + hashA + ",2,",
			`line 2, source_account "\x1b[2J": not an account id: it has '\x1b', which is not a digit; write only digits, as in act_123 or 123`},
		{"one cell", "copy", "line 2: the row has 1 cell, the header 5; nothing is left for source_account, hash, target_account, file; an empty cell needs its comma, too"},
		{"a path with dots that stays", `upload,,,2,..a/../b..png`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var want []string
			if tt.want != "" {
				want = []string{tt.want}
			}
			checkProblems(t, columns+tt.row+"\n", want)
		})
	}
}
