package plan_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"adferry/plan"
)

func FuzzRead(f *testing.F) {
	for _, short := range []string{"copy A B", "move A B; move B C; delete A", "copy A B; copy B A", "upload A f.png; copy A B"} {
		f.Add([]byte(rows(short)))
	}
	f.Add([]byte("\ufeffhash,source_account,target_account,note\r\n\r\n" + hashA + ",1,2,\"a\r\nb\"\r\n"))
	f.Add([]byte(threeColumns + "1,\"" + hashA + ",2\n1," + hashB + ",2\n"))
	f.Add([]byte("operation,\"\n\"\n0"))
	f.Add([]byte("\xff\xfeh\x00"))
	if broken, err := os.ReadFile("testdata/broken.csv"); err == nil {
		f.Add(broken)
	}
	f.Fuzz(func(t *testing.T, manifest []byte) {
		var list []plan.Row
		p, err := plan.Read(bytes.NewReader(manifest), func(r plan.Row) error { list = append(list, r); return nil })
		if err != nil {
			checkRefusal(t, err, bytes.Count(manifest, []byte{'\n'})+1)
			return
		}
		if p.SHA256 != sha256.Sum256(manifest) {
			t.Error("got another hash than that of the file")
		}
		checkAcyclic(t, p)
		checkRows(t, p, list, string(manifest))
	})
}

func FuzzCells(f *testing.F) {
	f.Add("a,\"b\"\"\n\",c\r")
	f.Fuzz(func(t *testing.T, record string) {
		if cells, err := plan.Cells(record); err == nil && len(cells) == 0 {
			t.Error("got no cells and no error")
		}
	})
}

func checkRefusal(t *testing.T, err error, lines int) {
	t.Helper()
	var bad *plan.ProblemsError
	if !errors.As(err, &bad) || len(bad.Problems) == 0 {
		t.Fatalf("got %v, want problems", err)
	}
	if !slices.IsSortedFunc(bad.Problems, func(a, b plan.Problem) int { return a.Line - b.Line }) {
		t.Error("got problems out of order")
	}
	for _, p := range bad.Problems {
		if p.Line < 1 || p.Line > lines {
			t.Errorf("got line %d of %d: %v", p.Line, lines, p)
		}
		if s := p.String(); strings.ContainsAny(s, "\n\r\x1b\x00") || p.What == "" {
			t.Errorf("got %q, want one printable line", s)
		}
	}
}

// checkRows holds that each row has its operations, and its record stands on its
// line of the manifest.
func checkRows(t *testing.T, p *plan.Plan, list []plan.Row, manifest string) {
	t.Helper()
	if len(list) != p.Rows || p.Rows == 0 {
		t.Fatalf("got %d rows, want %d", len(list), p.Rows)
	}
	ops := slices.Collect(p.Ops())
	for _, r := range list {
		var got plan.Verb
		switch {
		case r.Copy != 0 && r.Delete != 0:
			got = plan.Move
		case r.Delete != 0:
			got = plan.Delete
		case r.Copy != 0 && ops[r.Copy-1].Kind == plan.KindUpload:
			got = plan.Upload
		case r.Copy != 0:
			got = plan.Copy
		}
		if got != r.Verb {
			t.Errorf("line %d: got the operations of a %v row, want %v", r.Line, got, r.Verb)
		}
		if r.Delete != 0 && ops[r.Delete-1].Kind != plan.KindDelete {
			t.Errorf("line %d: got a deletion that is %v", r.Line, ops[r.Delete-1].Kind)
		}
		if cells, err := plan.Cells(r.Record); err != nil || len(cells) != len(p.Header) {
			t.Errorf("line %d: got cells %q, %v", r.Line, cells, err)
		}
		rest := manifest
		for range r.Line - 1 {
			_, rest, _ = strings.Cut(rest, "\n")
		}
		if !strings.HasPrefix(rest, r.Record) {
			t.Errorf("line %d: got record %q, want what stands there", r.Line, r.Record)
		}
	}
}
