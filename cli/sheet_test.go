//go:build !windows

package cli

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"adferry/graph/sandbox"
)

// hostile are names that break out of HTML, of an attribute, or of a line.
var hostile = []string{
	`<script>document.title="broken"</script>.jpg`, `"><img src=x onerror='document.title="broken"'>`, `' onload='document.title="broken"`,
	"</li></ul></main><style>*{display:none}</style>", "javascript:alert(1)", "right\u202eto left.jpg", "line\r\nbreak.jpg", "Größe_日本語_" + strings.Repeat("long", 40) + ".jpg",
}

// viewers is a sandbox that remembers how its pictures were asked for.
type viewers struct {
	*sandbox.Server
	at []string // the environment in which adferry reads it

	mu    sync.Mutex
	asked []*http.Request
}

func (v *viewers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") == "" && r.Method == http.MethodGet { // not adferry's
		v.mu.Lock()
		v.asked = append(v.asked, r)
		v.mu.Unlock()
	}
	v.Server.ServeHTTP(w, r)
}

// take returns the requests since the last call.
func (v *viewers) take() []*http.Request {
	v.mu.Lock()
	defer v.mu.Unlock()
	asked := v.asked
	v.asked = nil
	return asked
}

const sheetToken = "sheet-token-0123456789abcdef"

// serveSheets serves an ad account with so many images.
func serveSheets(t *testing.T, images int) *viewers {
	t.Helper()
	v := &viewers{Server: sandbox.New(sandbox.Options{})}
	v.AddAccount("11", sandbox.AccountOptions{})
	old := time.Now().Add(-200 * 24 * time.Hour)
	for i := range images {
		name := fmt.Sprintf("spring_%05d.jpg", i)
		if i < 40 {
			name = hostile[i%len(hostile)]
		}
		v.AddImage("11", sandbox.Image{Hash: fmt.Sprintf("%032x", i*7919+1), Name: name, Width: 1200, Height: 400 + i%900, Created: old})
	}
	v.at = []string{"ADFERRY_ENDPOINT=" + urlOf(t, v), "ADFERRY_ACCESS_TOKEN=" + sheetToken}
	return v
}

// checkViews holds that a page asked for thumbnails and nothing else, and told nobody who
// asked.
func checkViews(t *testing.T, asked []*http.Request) {
	t.Helper()
	for _, r := range asked {
		if !strings.HasPrefix(r.URL.Path, "/_image/11/") || !strings.HasSuffix(r.URL.Path, "/128") || r.URL.RawQuery != "" {
			t.Errorf("the page asked for %s", r.URL)
		}
		for _, header := range []string{"Referer", "Cookie", "Origin"} {
			if got := r.Header.Get(header); got != "" {
				t.Errorf("the page sent %s: %s", header, got)
			}
		}
	}
}

// A list of 10,000 images as a page opens in seconds, loads what is looked at and nothing
// else, and runs nothing that is in a name.
func TestListAsPicturesInABrowser(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts a browser")
	}
	const images = 5000
	b, server := openBrowser(t), serveSheets(t, images)
	path := filepath.Join(t.TempDir(), "list.html")
	page, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if code, said := inProcessTo(t, page, server.at, "list", "11", "--format", "html"); code != exitDone {
		t.Fatalf("exit code %d: %s", code, said)
	}
	page.Close()
	written := time.Since(began)
	server.take()

	b.look(1280, "light")
	opened := b.open(path)
	if got := b.eval(`document.images.length`); got != fmt.Sprint(images) {
		t.Errorf("the page has %s pictures, want %d", got, images)
	}
	// The boxes are asked where they are, not what is in them: that would lay out all that
	// the browser spares itself.
	settle := `new Promise(done => { const wait = () => [...document.querySelectorAll(".sheet li")].filter(i => { const r = i.getBoundingClientRect(); return r.bottom > 0 && r.top < innerHeight })
		.every(i => { const picture = i.querySelector("img"); return picture.complete && picture.naturalWidth > 0 }) ? done(true) : setTimeout(wait, 20); wait() })`
	b.eval(settle)
	atFirst := server.take()
	if n := len(atFirst); n == 0 || n > images/10 {
		t.Errorf("%d pictures were loaded before anybody scrolled, want some and not most", n)
	}
	checkViews(t, atFirst)
	b.screenshot("list-light")
	began = time.Now()
	b.eval(`scrollTo(0, document.documentElement.scrollHeight)`)
	b.eval(settle)
	scrolled := time.Since(began)
	checkViews(t, server.take())
	t.Logf("%d images: written in %v, opened in %v, at the end of the page and its pictures loaded after %v", images, written, opened, scrolled)
	if opened > 2*time.Minute || scrolled > 2*time.Minute {
		t.Errorf("opened in %v, scrolled to the end in %v: nobody would wait that long", opened, scrolled)
	}
	for what, expression := range map[string]string{
		"scripts":          `document.scripts.length`,
		"broken out":       `document.title === "broken" ? 1 : 0`,
		"elements outside": `document.querySelectorAll("body > :not(main)").length`,
		"foreign styles":   `document.querySelectorAll("style").length - 1`,
	} {
		if got := b.eval(expression); got != "0" {
			t.Errorf("%s: got %s, want none", what, got)
		}
	}
	raw := readFile(t, path)
	if bytes.Contains(raw, []byte(sheetToken[:12])) {
		t.Error("the page has the token")
	}
	b.quiet()
}

// The review of a cleanup is there before anybody agrees to it, is read on a phone and in
// the dark, and leads from page to page.
func TestReviewInABrowser(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts a browser")
	}
	b, server := openBrowser(t), serveSheets(t, 700)
	dir := filepath.Join(t.TempDir(), "dry")
	ends(t, exitDone, server.at, "cleanup", "11", "--unused", "--max-delete", "100%", "--dry-run", "--job", dir)
	server.take()
	for _, look := range []struct {
		width int
		theme string
	}{{1280, "light"}, {1280, "dark"}, {390, "light"}, {390, "dark"}} {
		b.look(look.width, look.theme)
		b.open(filepath.Join(dir, "review.html"))
		if got := b.eval(`document.documentElement.scrollWidth - innerWidth`); strings.Trim(got, "-0123456789") != "" || !strings.HasPrefix(got, "-") && got != "0" {
			t.Errorf("%d pixels wide: the page is %s pixels wider than the window", look.width, got)
		}
		if got := b.eval(`getComputedStyle(document.body).backgroundColor`); (got == "rgb(21, 23, 26)") != (look.theme == "dark") {
			t.Errorf("%s: the background is %s", look.theme, got)
		}
		b.eval(`new Promise(done => setTimeout(done, 500))`)
		b.screenshot(fmt.Sprintf("review-%d-%s", look.width, look.theme))
	}
	if n := len(server.take()); n == 0 {
		t.Error("no picture was loaded")
	}
	b.eval(`document.querySelector("nav a[rel=next]").click()`)
	<-b.loaded
	if got := b.eval(`location.pathname.split("/").pop() + " " + document.images.length`); got != "review-2.html 300" {
		t.Errorf("the next page is %s", got)
	}
	b.open(filepath.Join(dir, "review-3.html"))
	if got := b.eval(`document.images.length + " " + document.querySelectorAll("nav a[rel=next]").length`); got != "100 0" {
		t.Errorf("the last page has pictures and next pages: %s", got)
	}
	checkViews(t, server.take())
	b.quiet()
}
