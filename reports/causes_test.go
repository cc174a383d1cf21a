package reports

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"adferry/jobs"
)

func TestEveryReasonIsExplained(t *testing.T) {
	declared := declaredReasons(t)
	if len(declared) == 0 {
		t.Fatal("no reasons found in package jobs")
	}
	for r := range declared {
		c, ok := causes[r]
		if !ok {
			t.Errorf("%s has no explanation", r)
			continue
		}
		for _, text := range []string{c.Meaning, c.Advice} {
			if !strings.HasSuffix(text, ".") || len(text) < 10 {
				t.Errorf("%s: %q is no sentence", r, text)
			}
		}
		if c.Short == "" || len(c.Short) > 60 || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: %q does not fit on a line after the reason", r, c.Short)
		}
	}
	for r := range causes {
		if !declared[r] {
			t.Errorf("%s is explained and is no reason of package jobs", r)
		}
	}
	if c := CauseOf("from_the_future"); c.Meaning == "" || c.Advice == "" {
		t.Errorf("got %+v for a reason that is not known, want some advice", c)
	}
}

// declaredReasons reads the constants of type Reason out of package jobs.
func declaredReasons(t *testing.T) map[jobs.Reason]bool {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../jobs/outcome.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[jobs.Reason]bool)
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if id, ok := spec.Type.(*ast.Ident); !ok || id.Name != "Reason" {
			return true
		}
		for _, v := range spec.Values {
			word, err := strconv.Unquote(v.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			found[jobs.Reason(word)] = true
		}
		return true
	})
	return found
}
