package review

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// FirstPage is the name of the page that people open.
const FirstPage = "review.html"

// PageName is the file of a page: review.html, review-2.html and so on.
func PageName(page int) string {
	if page <= 1 {
		return FirstPage
	}
	return fmt.Sprintf("review-%d.html", page)
}

// IsPage reports whether a file of this name is a page.
func IsPage(name string) bool {
	number, ours := strings.CutPrefix(name, "review-")
	number, html := strings.CutSuffix(number, ".html")
	page, err := strconv.Atoi(number)
	return name == FirstPage || ours && html && err == nil && page > 1 && name == PageName(page)
}

// Pages are the names of the pages in a folder, those of which only a temporary file is
// left included.
func Pages(dir string) []string {
	entries, _ := os.ReadDir(dir) // none, if it cannot be read: nothing is then taken for a page
	var names []string
	for _, e := range entries {
		name := e.Name()
		if hidden, ok := strings.CutPrefix(name, "."); ok {
			name = strings.TrimRight(hidden, "0123456789")
		}
		if IsPage(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// Remove removes the pages in a folder. Temporary files are left to who sweeps them.
func Remove(dir string) error {
	for _, name := range Pages(dir) {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return nil
}
