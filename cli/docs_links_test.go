package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	markdownLink    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	markdownHeading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	testName        = regexp.MustCompile("`(Test[A-Z][A-Za-z0-9]*)`")
)

// Every link in the documents leads to a file, and to a heading that it has.
func TestDocumentLinks(t *testing.T) {
	documents, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(documents, "../README.md", "../CONTRIBUTING.md") {
		text := readText(t, path)
		for _, m := range markdownLink.FindAllStringSubmatch(text, -1) {
			file, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(m[1], "://") {
				continue
			}
			target := path
			if file != "" {
				target = filepath.Join(filepath.Dir(path), file)
			}
			info, err := os.Stat(target)
			switch {
			case err != nil:
				t.Errorf("%s links to %s: %v", path, m[1], err)
			case anchor != "" && (info.IsDir() || !hasAnchor(readText(t, target), anchor)):
				t.Errorf("%s links to %s, which has no such heading", path, m[1])
			}
		}
	}
}

// Every test that a document names exists.
func TestNamedTests(t *testing.T) {
	var code strings.Builder
	err := fs.WalkDir(os.DirFS(".."), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, "_test.go") {
			code.WriteString(readText(t, filepath.Join("..", path)))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"../docs/guarantees.md", "../docs/limits.md", "../CONTRIBUTING.md"} {
		for _, m := range testName.FindAllStringSubmatch(readText(t, path), -1) {
			if !strings.Contains(code.String(), "\nfunc "+m[1]+"(t *testing.T)") {
				t.Errorf("%s names %s, which does not exist", path, m[1])
			}
		}
	}
}

// hasAnchor reports whether a document has a heading that an anchor leads to: its words in
// small letters, joined by hyphens.
func hasAnchor(text, anchor string) bool {
	for _, m := range markdownHeading.FindAllStringSubmatch(text, -1) {
		words := strings.Join(strings.Fields(strings.ToLower(m[1])), "-")
		if regexp.MustCompile(`[^a-z0-9_-]`).ReplaceAllString(words, "") == anchor {
			return true
		}
	}
	return false
}
