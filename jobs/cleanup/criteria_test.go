package cleanup_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/cleanup"
	"adferry/plan"
)

// The document of cleanup.json as scripts read it, and as later versions find it in
// the folders of unfinished jobs.
const document = `{
  "version": 1,
  "endpoint": "https://graph.facebook.com",
  "accounts": [
    "11",
    "22"
  ],
  "unused": true,
  "older_than": "180d",
  "name": "<tmp>-*",
  "min_age": "1d",
  "keep": [
    {
      "path": "/etc/keep.txt",
      "sha256": "3eb1bd439947eb762998e566ccc2e099c791118b2f40579cc4f7da2b5061b7f9"
    }
  ],
  "max_delete": "20%",
  "manifest_sha256": "SUM",
  "policy": "unused images, created at least 180d ago (until 2026-05-28 08:00 UTC), with a name that matches \"<tmp>-*\", except for 1 entry of --keep",
  "cutoff": "2026-05-28T08:00:00Z"
}
`

func documented(t *testing.T) *cleanup.Request {
	t.Helper()
	r := request("22", "11")
	r.Policy.OlderThan, r.Policy.Name = 180*day, "<tmp>-*"
	if err := r.AddKeepList("/etc/keep.txt", strings.NewReader(hash)); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSave(t *testing.T) {
	image := unused(1)
	image.Name = "<tmp>-1"
	r := documented(t)
	inv, err := cleanup.List(t.Context(), pages{pages: []page{{"11", []graph.Image{image}}}}, r, now, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer inv.Close()
	dir := t.TempDir()
	sum, err := inv.Save(dir, writeFile)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, cleanup.CriteriaName))
	want := strings.Replace(document, "SUM", hex.EncodeToString(sum[:]), 1)
	if got := string(raw); err != nil || got != want {
		t.Errorf("got %v and\n%s\nwant\n%s", err, got, want)
	}
	if p, err := readPlan(filepath.Join(dir, cleanup.ManifestName)); err != nil || p.SHA256 != sum || p.Rows != 1 {
		t.Errorf("the manifest: got %+v, %v", p, err)
	}
	if !r.Made(dir, hex.EncodeToString(sum[:])) || r.Made(dir, "") {
		t.Error("the request is not known again by its manifest")
	}
}

func readPlan(path string) (*plan.Plan, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return plan.ReadFiles(f, nil, nil)
}

// A cleanup resumes a job only if nothing differs that decides over deletions.
func TestMade(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*cleanup.Request)
		want   bool
	}{
		{"nothing", func(*cleanup.Request) {}, true},
		{"the order of the accounts", func(r *cleanup.Request) { r.Accounts = []plan.Account{"11", "22"} }, true},
		{"the keep list is given twice", func(r *cleanup.Request) { _ = r.AddKeepList("/tmp/copy.txt", strings.NewReader(hash)) }, true},
		{"an account more", func(r *cleanup.Request) { r.Accounts = append(r.Accounts, "33") }, false},
		{"the server", func(r *cleanup.Request) { r.Endpoint = "http://127.0.0.1:1" }, false},
		{"a keep list more", func(r *cleanup.Request) { _ = r.AddKeepList("/etc/more.txt", strings.NewReader(string(one))) }, false},
		{"unused", func(r *cleanup.Request) { r.Policy.Unused = false }, false},
		{"the age", func(r *cleanup.Request) { r.Policy.OlderThan += time.Hour }, false},
		{"the name", func(r *cleanup.Request) { r.Policy.Name = "*" }, false},
		{"the guard of the young", func(r *cleanup.Request) { r.Policy.MinAge = 0 }, false},
		{"the limit", func(r *cleanup.Request) { r.Limit = jobs.Limit{Count: 20, Set: true} }, false},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, cleanup.CriteriaName), []byte(document), 0o644); err != nil {
			t.Fatal(err)
		}
		r := request("22", "11")
		r.Policy.OlderThan, r.Policy.Name = 180*day, "<tmp>-*"
		if err := r.AddKeepList("/home/keep.txt", strings.NewReader(hash)); err != nil {
			t.Fatal(err)
		}
		tt.change(r)
		if got := r.Made(dir, "SUM"); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// Criteria that are missing, damaged or of another version are another cleanup's.
func TestMadeUnknown(t *testing.T) {
	for name, text := range map[string]string{
		"damaged":         document[:100],
		"another version": strings.Replace(document, `"version": 1`, `"version": 2`, 1),
		"another type":    "[]",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, cleanup.CriteriaName), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if documented(t).Made(dir, "SUM") {
			t.Errorf("%s: the request made it", name)
		}
	}
	if documented(t).Made(t.TempDir(), "SUM") {
		t.Error("an empty folder: the request made it")
	}
}

// Only what a dry run wrote may be replaced, and only as long as nobody has edited it.
func TestReplaceable(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(t *testing.T, manifest string)
		want   bool
	}{
		{"as it was written", func(*testing.T, string) {}, true},
		{"removed", func(t *testing.T, manifest string) { remove(t, manifest) }, true},
		{"edited", func(t *testing.T, manifest string) { write(t, manifest, "operation\n") }, false},
		{"without its criteria", func(t *testing.T, manifest string) {
			remove(t, filepath.Join(filepath.Dir(manifest), cleanup.CriteriaName))
		}, false},
		{"a folder", func(t *testing.T, manifest string) { remove(t, manifest); mkdir(t, manifest) }, false},
		{"a link to nowhere", func(t *testing.T, manifest string) { remove(t, manifest); link(t, manifest) }, false},
	} {
		dir := t.TempDir()
		inv, err := cleanup.List(t.Context(), pages{pages: []page{{"11", []graph.Image{unused(1)}}}}, request("11"), now, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = inv.Save(dir, writeFile)
		inv.Close()
		if err != nil {
			t.Fatal(err)
		}
		tt.change(t, filepath.Join(dir, cleanup.ManifestName))
		if got := cleanup.Replaceable(dir); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, path string) {
	t.Helper()
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, path string) {
	t.Helper()
	if err := os.Symlink("nowhere", path); err != nil {
		t.Skip(err)
	}
}
