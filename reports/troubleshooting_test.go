package reports

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"adferry/jobs"
)

// docs/troubleshooting.md has every reason, with the words of the reports.
func TestTroubleshooting(t *testing.T) {
	const path = "../docs/troubleshooting.md"
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begun := strings.Cut(string(raw), "-update -->\n")
	got, after, ended := strings.Cut(rest, "<!-- end of the reasons")
	if !begun || !ended {
		t.Fatalf("%s has no place for the reasons", path)
	}
	want := reasonsInMarkdown()
	if flag.Lookup("update").Value.String() == "true" { // of the golden files, in package reports_test
		text := before + "-update -->\n" + want + "<!-- end of the reasons" + after
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s differs from causes.go (-want +got); -update accepts it:\n%s", path, diff)
	}
}

func reasonsInMarkdown() string {
	var b strings.Builder
	b.WriteString("\n")
	for _, status := range []jobs.Status{jobs.StatusFailed, jobs.StatusSkipped, jobs.StatusDone} {
		for _, r := range slices.Sorted(maps.Keys(causes)) {
			if c := causes[r]; r.Status() == status {
				fmt.Fprintf(&b, "### `%s`\n\nThe row is `%s`: %s.\n\n%s\n\n", r, status, c.Short, c.Meaning)
				fmt.Fprintf(&b, "**What to do**: %s\n\n", c.Advice)
			}
		}
	}
	return b.String()
}
