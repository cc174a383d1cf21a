package cli

import (
	"path/filepath"
	"strings"
	"testing"

	"adferry/graph/sandbox"
)

// What docs/sandbox.md shows of manifests and scripts works, and ends as it says.
func TestSandboxDocument(t *testing.T) {
	t.Parallel()
	text := readText(t, "../docs/sandbox.md")
	if _, err := sandbox.ParseScript(strings.NewReader(codeBlock(t, text, "json"))); err != nil {
		t.Errorf("the script: %v", err)
	}
	path := filepath.Join(t.TempDir(), "manifest.csv")
	writeFile(t, path, codeBlock(t, text, "csv"))
	code, out, stderr := inProcess(t, nil, "run", path, "--sandbox", "--yes", "--progress", "none")
	if code != exitFailures {
		t.Fatalf("got exit code %d\n%s%s", code, out, stderr)
	}
	results := readText(t, strings.TrimSuffix(path, ".csv")+".job/results.csv")
	for _, want := range []string{",done,,", ",skipped,already_present,", ",failed,copied_not_deleted,", ",failed,not_found,"} {
		if strings.Count(results, want) != 1 {
			t.Errorf("the results have no row with %s\n%s", want, results)
		}
	}
}

// codeBlock is the only block of a language in a document.
func codeBlock(t *testing.T, text, language string) string {
	t.Helper()
	_, after, ok := strings.Cut(text, "\n```"+language+"\n")
	block, _, ended := strings.Cut(after, "```")
	if !ok || !ended || strings.Count(text, "\n```"+language+"\n") != 1 {
		t.Fatalf("there is not one block of %s", language)
	}
	return block
}
