package cli

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"adferry/graph/sandbox"
)

// Whatever the pages of an ad account are like, what is not known of its images is no
// reason to delete one, and a page that leads nowhere is not the end. Act 11 has 60
// images, 20 on a page; a third may go, all on the last two pages. Of act 22 one of
// ten may go, and does unless a guard keeps everything from going.
func TestCleanupDistrustsListing(t *testing.T) {
	t.Parallel()
	buildBinary(t)
	for _, test := range []struct {
		fault  string
		limit  string
		code   int
		left   int // of the images of act 11
		stderr string
		column string // of the preview, and what it says of act 11
		says   string
	}{
		{fault: "", limit: "33%", code: exitGuard, left: 60, stderr: "20 of the 60 images of act_11"},
		{fault: "", limit: "34%", left: 40, column: "in use", says: "40"},
		{fault: "repeated_page", limit: "33%", code: exitGuard, left: 60, stderr: "20 of the 60 images of act_11"},
		{fault: "repeated_page", limit: "34%", left: 40, column: "in use", says: "40"},
		{fault: "same_cursor", code: exitFailures, left: 60, stderr: "its list of images has no end: the next page is one that was already read; none of its images are deleted"},
		{fault: "cursor_circle", code: exitFailures, left: 60, stderr: "has no end: the next page is one that was already read"},
		{fault: "endless_paging", code: exitFailures, left: 60, stderr: "has no end: 3 pages in a row have no new image"},
		{fault: "endless_empty", code: exitFailures, left: 60, stderr: "has no end: 3 pages in a row have no new image"},
		{fault: "null_rows", code: exitFailures, left: 60, stderr: "act_11 cannot be read: the answer has entries that name no image"},
		{fault: "empty_rows", code: exitFailures, left: 60, stderr: "the answer has entries that name no image"},
		{fault: "foreign_rows", code: exitFailures, left: 60, stderr: "the answer shows an image of another ad account"},
		{fault: "unsuccessful", code: exitFailures, left: 60, stderr: "act_11 cannot be read"},
		{fault: "id_rows", left: 60, column: "not active", says: "60"},
		{fault: "no_use", left: 60, column: "use unknown", says: "60"},
		{fault: "odd_use", left: 60, column: "use unknown", says: "60"},
		{fault: "odd_types", left: 60, column: "not active", says: "60"},
	} {
		t.Run(strings.TrimSpace(test.fault+" "+test.limit), func(t *testing.T) {
			t.Parallel()
			r := distrusted(t, test.fault)
			if test.limit == "" {
				test.limit = "100%"
			}
			code, out, stderr := r.run(t, "cleanup", "11", "22", "--unused", "--max-delete", test.limit, "--job", filepath.Join(t.TempDir(), "job"), "--yes",
				"--progress", "plain", "--retry-base", "1ms", "--retry-max", "2ms")
			if code != test.code || !strings.Contains(stderr, test.stderr) {
				t.Errorf("got exit code %d, want %d, and %q\n%s%s", code, test.code, test.stderr, out, stderr)
			}
			left22 := 9
			if code == exitGuard {
				left22 = 10
			}
			for account, want := range map[string]int{"11": test.left, "22": left22} {
				if n := len(r.server.Images(account)); n != want {
					t.Errorf("act_%s has %d images left, want %d\n%s%s", account, n, want, out, stderr)
				}
			}
			if test.says != "" && previewed(out, "act_11", test.column) != test.says {
				t.Errorf("want %s in column %s of act_11\n%s", test.says, test.column, out)
			}
		})
	}
}

// distrusted serves the ad accounts of TestCleanupDistrustsListing, the reads of act 11
// with a fault.
func distrusted(t *testing.T, fault string) *trial {
	t.Helper()
	o := sandbox.Options{Variants: sandbox.Variants{MaxPage: 20}}
	if fault != "" {
		o.Script = []sandbox.Rule{{Match: sandbox.Match{Account: "11", Kind: sandbox.Read}, Fault: sandbox.Fault{Name: fault}}}
	}
	r := &trial{server: sandbox.New(o)}
	add := func(account string, n int, used bool) {
		image := sandbox.Image{Hash: fmt.Sprintf("%032x", n), Created: time.Now().Add(-300 * day)}
		if used {
			image.Creatives = []string{"120000000000001"}
		}
		r.server.AddImage(account, image)
	}
	for n := range 60 {
		add("11", n, n < 20 || n%2 == 0)
	}
	for n := range 10 {
		add("22", n, n > 0)
	}
	r.serve(t)
	return r
}

// previewed is what a column of the preview says of an ad account.
func previewed(out, account, column string) string {
	columns := regexp.MustCompile(`\s{2,}`)
	var heads []string
	for line := range strings.Lines(out) {
		cells := columns.Split(strings.TrimSpace(line), -1)
		switch cells[0] {
		case "ad account":
			heads = cells
		case account:
			if i := slices.Index(heads, column); i >= 0 {
				return cells[i]
			}
		}
	}
	return ""
}
