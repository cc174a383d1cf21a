package cleanup

import (
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"
)

// The files that decide over deletions reach for no disk, network or engine.
func TestPure(t *testing.T) {
	impure := []string{"context", "net/http", "os", "path/filepath"}
	for _, name := range []string{"age.go", "criteria.go", "describe.go", "keep_set.go", "limit.go", "policy.go", "request.go", "row.go", "schedule.go", "verdict.go"} {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			if path, _ := strconv.Unquote(i.Path.Value); slices.Contains(impure, path) {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}
