//go:build unix

package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/campaign"
)

// stock is a sandbox with ad accounts to clean up: of every four images one is
// used, one young, and two may go.
func stock(t *testing.T, o sandbox.Options, accounts []string, images int) *trial {
	t.Helper()
	r := &trial{server: sandbox.New(o)}
	for _, a := range accounts {
		r.server.AddAccount(a, sandbox.AccountOptions{})
		for i := range images {
			image := sandbox.Image{Hash: fmt.Sprintf("%032x", i+1), Name: fmt.Sprintf("=%d.jpg", i), Created: time.Now().Add(-300 * day)}
			switch i % 4 {
			case 0:
				image.Creatives = []string{"120000000000001"}
			case 1:
				image.Created = time.Now().Add(-100 * day)
			}
			r.server.AddImage(a, image)
		}
	}
	return r
}

// checkCleaned checks that each account lost half of its images, once, and no
// other.
func checkCleaned(t *testing.T, r *trial, accounts []string, images int) {
	t.Helper()
	for _, a := range accounts {
		left := r.server.Images(a)
		if len(left) != images/2 {
			t.Errorf("%s has %d images left, want %d", a, len(left), images/2)
		}
		for _, i := range left {
			if len(i.Creatives) == 0 && time.Since(i.Created) > 200*day {
				t.Errorf("%s is left in %s", i.Hash, a)
			}
		}
	}
	for _, e := range r.server.Log() {
		if !e.Changed || e.Kind != sandbox.Delete {
			t.Errorf("%s of %s in %s: changed %v", e.Kind, e.Hash, e.Account, e.Changed)
		}
	}
	if n := len(r.server.Log()); n != len(accounts)*images/2 {
		t.Errorf("%d images were deleted, want %d", n, len(accounts)*images/2)
	}
}

// An ad account whose second page is refused loses nothing of its first.
func TestCleanupHalfListed(t *testing.T) {
	t.Parallel()
	r := stock(t, sandbox.Options{Script: []sandbox.Rule{
		{Match: sandbox.Match{Kind: sandbox.Read, Account: "22", Nth: 2, Count: 1000}, Fault: sandbox.Fault{Name: "200"}},
	}}, []string{"11", "22"}, 800)
	r.serve(t)
	job := filepath.Join(t.TempDir(), "job")
	code, _, stderr := r.run(t, "cleanup", "11", "22", "--older-than", "200d", "--max-delete", "50%", "--job", job, "--yes")
	if code != exitFailures || !strings.Contains(stderr, "act_22 cannot be read") {
		t.Errorf("got exit code %d, want %d\n%s", code, exitFailures, stderr)
	}
	if n := len(r.server.Images("22")); n != 800 {
		t.Errorf("act_22 has %d images left, want all 800", n)
	}
	checkCleaned(t, r, []string{"11"}, 800)
}

// The last page of every account has come before the first deletion is sent.
func TestCleanupListsFirst(t *testing.T) {
	t.Parallel()
	accounts := []string{"11", "22", "33"}
	r := stock(t, sandbox.Options{}, accounts, 600)
	var mu sync.Mutex
	pages, early := 0, 0
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		q.Body = io.NopCloser(bytes.NewReader(body))
		text := q.URL.String() + string(body)
		deletes := q.Method == http.MethodDelete || strings.Contains(text, "DELETE")
		if strings.Contains(q.URL.Path, "/act_33/") && q.Method == http.MethodGet {
			time.Sleep(50 * time.Millisecond) // the others have long been listed
		}
		mu.Lock()
		if deletes && pages < len(accounts)*2 {
			early++
		}
		mu.Unlock()
		r.server.ServeHTTP(w, q)
		mu.Lock()
		if q.Method == http.MethodGet && !strings.Contains(text, "hashes") {
			pages++
		}
		mu.Unlock()
	}))
	defer web.Close()
	r.url = web.URL
	job := filepath.Join(t.TempDir(), "job")
	if code, _, stderr := r.run(t, "cleanup", "11", "22", "33", "--unused", "--older-than", "200d", "--max-delete", "50%", "--job", job, "--yes"); code != exitDone {
		t.Errorf("got exit code %d\n%s", code, stderr)
	}
	if early > 0 || pages != len(accounts)*2 {
		t.Errorf("%d deletions were sent before all pages had come; %d pages came", early, pages)
	}
	checkCleaned(t, r, accounts, 600)
	// Names that a spreadsheet would run are notes that it does not.
	for _, row := range readCSV(t, filepath.Join(job, "results.csv"))[1:] {
		if !strings.HasPrefix(row[len(row)-1], "created ") {
			t.Fatalf("got note %q", row[len(row)-1])
		}
	}
}

// A timer's run that is killed at any moment leaves whole jobs or none, and the
// next run goes on.
func TestCleanupKilled(t *testing.T) {
	t.Parallel()
	accounts := []string{"11", "22"}
	r := stock(t, sandbox.Options{Latency: sandbox.Latency{Min: 2 * time.Millisecond, Max: 8 * time.Millisecond}}, accounts, 1200)
	r.serve(t)
	root := filepath.Join(t.TempDir(), "jobs")
	args := []string{"cleanup", "11", "22", "--unused", "--older-than", "200d", "--max-delete", "60%", "--jobs", root, "--keep-jobs", "3", "--yes"}
	const least, most = 4, 12
	more, kills := campaign.Start(t, campaign.Kills), 0
	for kills < least || kills < most && more.Next() {
		c := r.command(t, args...)
		start(t, c)
		timer := time.AfterFunc(time.Duration(20+rand.IntN(150))*time.Millisecond, func() { _ = c.Process.Kill() })
		_ = c.Wait()
		timer.Stop()
		if c.ProcessState.Exited() {
			break
		}
		r.handleAll(t)
		kills++
	}
	for range 2 { // one job to be gone on with, and nothing after it
		r.ends(t, exitDone, args...)
	}
	t.Logf("killed %d times", kills)
	checkCleaned(t, r, accounts, 1200)
	dirs, err := filepath.Glob(filepath.Join(root, "cleanup-*"))
	if err != nil || len(dirs) != 1 {
		t.Errorf("got folders %v, want the one of the job", dirs)
	}
	for _, dir := range dirs {
		if s := readSummary(t, dir); s.State != jobs.JobFinished || s.Totals.Rows != 1200 {
			t.Errorf("%s: got state %s of %d rows", dir, s.State, s.Totals.Rows)
		}
	}
}

// A signal while it lists leaves nothing behind; a second timer is kept out
// meanwhile.
func TestCleanupStoppedListing(t *testing.T) {
	t.Parallel()
	r := stock(t, sandbox.Options{Latency: sandbox.Latency{Min: 200 * time.Millisecond}}, []string{"11"}, 20_000)
	r.serve(t)
	root := filepath.Join(t.TempDir(), "jobs")
	args := []string{"cleanup", "11", "--unused", "--jobs", root, "--yes"}
	c := r.command(t, args...)
	var stderr strings.Builder
	c.Stderr = &stderr
	temporary := t.TempDir()
	c.Env = append(c.Env, "TMPDIR="+temporary)
	start(t, c)
	for r.server.Stats().Calls[sandbox.Read] == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	if code, _, stderr := r.run(t, args...); code != exitLocked || !strings.Contains(stderr, "another process is using") {
		t.Errorf("a second process: got exit code %d\n%s", code, stderr)
	}
	_ = c.Process.Signal(syscall.SIGTERM)
	_ = c.Wait()
	if code := c.ProcessState.ExitCode(); code != exitStopped || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("got exit code %d, want %d\n%s", code, exitStopped, stderr.String())
	}
	for _, dir := range []string{root, temporary} {
		entries, err := os.ReadDir(dir)
		for _, e := range entries {
			if e.Name() != "series.lock" {
				err = errors.Join(err, fmt.Errorf("%s is left", e.Name()))
			}
		}
		if err != nil {
			t.Error(err)
		}
	}
	if n := len(r.server.Log()); n != 0 {
		t.Errorf("%d images were deleted", n)
	}
}
