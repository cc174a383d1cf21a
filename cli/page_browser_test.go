package cli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"adferry/graph/sandbox"
)

// The page opens in a browser without an error or a request, and its numbers are those of
// summary.json.
func TestPageInBrowser(t *testing.T) {
	t.Parallel()
	browser := browserPath()
	if browser == "" {
		t.Skip("no Chromium here: install it to see the page as a browser does")
	}
	r := newTrial(t, smallRows, sandbox.Options{})
	r.ends(t, exitFailures, "run", r.manifest, "--job", r.job, "--yes", "--progress", "none")
	s := readSummary(t, r.job)

	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	netLog := filepath.Join(r.dir, "net.json")
	c := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
		"--user-data-dir="+browserProfile(t), "--log-net-log="+netLog, "--enable-logging=stderr", "--v=0", "--dump-dom",
		"file://"+filepath.Join(r.job, "report.html"))
	var said strings.Builder
	c.Stderr = &said
	dom, err := c.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &said)
	}
	for line := range strings.Lines(said.String()) {
		if strings.Contains(line, "CONSOLE") {
			t.Errorf("the page's console says %s", line)
		}
	}
	log := readFile(t, netLog)
	for _, m := range regexp.MustCompile(`"url":"(https?://[^"]*)"`).FindAllSubmatch(log, -1) {
		if url := string(m[1]); !strings.Contains(url, "google") && !strings.Contains(url, "gvt1") { // the browser's own
			t.Errorf("the page asked for %s", url)
		}
	}
	page := string(dom)
	for label, n := range map[string]int{"done": s.Totals.Done, "skipped": s.Totals.Skipped, "failed": s.Totals.Failed, "unknown": s.Totals.Unknown, "pending": s.Totals.Pending} {
		if want := fmt.Sprintf(`</span>%s</dt><dd>%d</dd>`, label, n); !strings.Contains(page, want) {
			t.Errorf("the page does not have %d %s", n, label)
		}
	}
	for account, a := range s.Accounts {
		want := regexp.MustCompile(fmt.Sprintf(`%s</th><td class="num">%d</td><td class="num">%d</td><td class="num[^"]*">%d</td><td class="num[^"]*">%d</td>`,
			account.Act(), a.Rows, a.Done, a.Skipped, a.Failed))
		if !want.MatchString(page) {
			t.Errorf("the page does not have the rows of %s: %+v", account.Act(), a.Totals)
		}
	}
	if want := fmt.Sprintf("%d failed rows", s.Totals.Failed); !strings.Contains(page, want) {
		t.Errorf("the page does not say %q", want)
	}
	if left := s.Totals.Rows; left != s.Totals.Settled() {
		t.Errorf("%d rows are left: the test is void", left-s.Totals.Settled())
	}
}

func browserPath() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "headless_shell"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// browserProfile is a folder for Chromium, whose children may write there a moment longer than it
// runs.
func browserProfile(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "adferry-browser-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 200 {
			if os.RemoveAll(dir) == nil {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
	})
	return dir
}
