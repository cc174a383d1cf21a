package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"adferry/graph"
	"adferry/jobs/campaign"
)

// nodeSDK is Meta's own SDK for Node.js, in one version, so that a new one does
// not break a build that changed nothing.
const nodeSDK = "facebook-nodejs-business-sdk@24.0.1"

// heard is what testdata/node/images.mjs was told by the sandbox.
type heard struct {
	Version                           string
	Uploaded, Previous, Named, Copied []string
	Pages                             [][]string
	Image                             map[string]string
	Batch                             []struct {
		Method string
		Status int
		OK     bool
		Body   json.RawMessage
	}
	Again   any // what the SDK would have to send once more
	Deleted struct{ Success bool }
	Mistake struct {
		Name, Trace, Message string
		Status, Code         int
	}
	Usage map[string][]struct {
		Type string
		Tier string `json:"ads_api_access_tier"`
	}
}

// Meta's official SDK, with nothing but its host changed, works against adferry
// sandbox as against the API: bytes, pages, named images, copies, batches,
// deletions, errors and usage headers.
func TestOfficialNodeSDK(t *testing.T) {
	t.Parallel()
	folder := installNodeSDK(t)
	url := startSandbox(t)
	raw, err := exec.Command("node", "../testdata/node/images.mjs", folder, url).Output()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, stderrOf(err))
	}
	var h heard
	if err := json.Unmarshal(raw, &h); err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	if len(h.Uploaded) != 30 || len(slices.Compact(slices.Sorted(slices.Values(h.Uploaded)))) != 30 {
		t.Fatalf("got uploads %v, want 30 different images", h.Uploaded)
	}
	sizes := []int{}
	for _, page := range h.Pages {
		sizes = append(sizes, len(page))
	}
	if !slices.Equal(sizes, []int{12, 12, 6}) {
		t.Errorf("got pages of %v images, want 12, 12 and 6", sizes)
	}
	same(t, "all pages", slices.Concat(h.Pages...), h.Uploaded)
	same(t, "the page before the last", h.Previous, h.Pages[1])
	same(t, "the named images", h.Named, []string{h.Uploaded[1], h.Uploaded[3]})
	same(t, "the copies", h.Copied, h.Uploaded[:3])
	first := h.Pages[0][0]
	if h.Image["id"] != "111:"+first || h.Image["status"] != "ACTIVE" || h.Image["created_time"] == "" {
		t.Errorf("got image %v", h.Image)
	}
	checkNodeBatch(t, h)
	if !h.Deleted.Success {
		t.Error("the deletion was not answered with success")
	}
	if m := h.Mistake; m.Name != "FacebookRequestError" || m.Status != 400 || m.Code != 100 || m.Trace == "" || m.Message == "" {
		t.Errorf("got mistake %+v, want the SDK to understand the error", m)
	}
	if u := h.Usage["222"]; len(u) != 1 || u[0].Type != "ads_management" || u[0].Tier != "standard_access" {
		t.Errorf("got usage %v", h.Usage)
	}

	// What the sandbox holds now, as adferry reads it.
	gone := []string{h.Uploaded[5], h.Uploaded[6]}
	left := slices.DeleteFunc(slices.Clone(h.Uploaded), func(hash string) bool { return slices.Contains(gone, hash) })
	same(t, "account 111 at the end", heldBy(t, url, "111"), left)
	same(t, "account 222 at the end", heldBy(t, url, "222"), h.Uploaded[:5])
}

func checkNodeBatch(t *testing.T, h heard) {
	t.Helper()
	if h.Again != nil || len(h.Batch) != 5 {
		t.Fatalf("got %d batch answers and %v to send again, want 5 and nothing", len(h.Batch), h.Again)
	}
	for i, want := range []struct {
		method string
		status int
		holds  []string
	}{
		{"POST", 200, []string{`"images"`, h.Uploaded[3]}},
		{"POST", 200, []string{`"images"`, h.Uploaded[4]}},
		{"GET", 200, h.Copied},
		{"DELETE", 200, []string{`"success":true`}},
		{"DELETE", 400, []string{`"code":100`}},
	} {
		got := h.Batch[i]
		if got.Method != want.method || got.Status != want.status || got.OK != (want.status == 200) {
			t.Errorf("batch entry %d: got %s, HTTP %d, success %v, want %s and %d", i, got.Method, got.Status, got.OK, want.method, want.status)
		}
		for _, text := range want.holds {
			if !strings.Contains(string(got.Body), text) {
				t.Errorf("batch entry %d: %s does not hold %s", i, got.Body, text)
			}
		}
	}
}

// installNodeSDK puts the SDK into the user's cache, once, and names the folder.
func installNodeSDK(t *testing.T) string {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("no %s here: the SDK was not tried", program)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = t.TempDir()
	}
	folder := filepath.Join(cache, "adferry-test", nodeSDK)
	if _, err := os.Stat(folder); err == nil {
		return folder
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		t.Fatal(err)
	}
	fresh, err := os.MkdirTemp(filepath.Dir(folder), "installing-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(fresh)
	writeFile(t, filepath.Join(fresh, "package.json"), `{"private": true}`)
	ctx := t.Context()
	if budget := campaign.Start(t, campaign.SDK).Budget(); budget > 0 {
		limited, cancel := context.WithTimeout(ctx, budget)
		defer cancel()
		ctx = limited
	}
	c := exec.CommandContext(ctx, "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", nodeSDK)
	c.Dir = fresh
	if out, err := c.CombinedOutput(); err != nil {
		t.Skipf("the SDK cannot be installed, so it was not tried: %v\n%s", err, out)
	}
	if err := os.Rename(fresh, folder); err != nil { // another test process may have been faster
		if _, there := os.Stat(folder); there != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// startSandbox runs adferry sandbox and names its address.
func startSandbox(t *testing.T) string {
	t.Helper()
	c := exec.Command(buildBinary(t), "sandbox", "--listen", "127.0.0.1:0")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	start(t, c)
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(line)
	return fields[len(fields)-1]
}

// heldBy reads all images of an ad account with adferry's own client.
func heldBy(t *testing.T, url, account string) []string {
	t.Helper()
	token, err := graph.NewSecret("token")
	if err != nil {
		t.Fatal(err)
	}
	client, err := graph.New(graph.Config{Endpoint: url, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	var hashes []string
	for q := (graph.Query{Limit: 7}); ; {
		r := client.Do(t.Context(), []graph.Call{graph.Read(account, q)})[0]
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		for _, i := range r.Images {
			hashes = append(hashes, i.Hash)
		}
		if q.After = r.After; q.After == "" {
			return hashes
		}
	}
}

// same compares two sets of hashes.
func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func stderrOf(err error) string {
	if e, ok := err.(*exec.ExitError); ok {
		return string(e.Stderr)
	}
	return fmt.Sprint(err)
}
