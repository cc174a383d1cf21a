package cli

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
)

// A job that is killed twice half way is undone: with its backup every ad account
// is what it was, and where copies get other hashes the targets are.
func TestUndoAfterKills(t *testing.T) {
	t.Parallel()
	for _, rehash := range []bool{false, true} {
		t.Run(fmt.Sprintf("rehash %v", rehash), func(t *testing.T) {
			t.Parallel()
			r := newTrial(t, 1500, sandbox.Options{Latency: sandbox.Latency{Min: 4 * time.Millisecond, Max: 40 * time.Millisecond}, Variants: sandbox.Variants{Rehash: rehash}})
			before := r.places("")
			job, kept := filepath.Join(r.dir, "job"), filepath.Join(r.dir, "kept")
			killed := r.killTwice(t, "run", r.manifest, "--job", job, "--yes", "--backup", kept)
			letTimePass(t, job)
			written := len(r.server.Log())
			undo := filepath.Join(job, "undo")
			if code, out, stderr := r.run(t, "undo", job, "--dry-run"); code != exitDone || len(r.server.Log()) != written {
				t.Fatalf("undo --dry-run: got exit code %d and %d writes\n%s%s", code, len(r.server.Log())-written, out, stderr)
			}
			if code, _, stderr := r.run(t, "undo", job); code != exitGuard || !strings.Contains(stderr, "--yes") || len(r.server.Log()) != written {
				t.Fatalf("undo without consent: got exit code %d and %d writes\n%s", code, len(r.server.Log())-written, stderr)
			}
			code, out, stderr := r.run(t, "undo", job, "--yes")
			if code != exitDone {
				t.Errorf("undo: got exit code %d\n%s%s", code, out, stderr)
			}
			t.Logf("killed %d times; %d writes before the undo, %d by it", killed, written, len(r.server.Log())-written)
			if rehash {
				r.same(t, before, "2")
			} else {
				r.same(t, before, "")
			}
			writes := len(r.server.Log())
			if code, _, stderr := r.run(t, "undo", job, "--yes"); code != exitDone || len(r.server.Log()) != writes {
				t.Errorf("undo once more: got exit code %d and %d writes\n%s", code, len(r.server.Log())-writes, stderr)
			}
			if left, _ := filepath.Glob(filepath.Join(undo, "*.new")); len(left) > 0 {
				t.Errorf("%v were left", left)
			}
		})
	}
}

// letTimePass makes the job's writes leave so long ago that none can take effect any
// more.
func letTimePass(t *testing.T, job string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(job, "job.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("UPDATE outcomes SET last_sent = last_sent - ? WHERE last_sent > 0", jobs.LongestDoubt.Milliseconds()); err != nil {
		t.Fatal(err)
	}
}

// killTwice starts the command three times, kills it twice in the middle, and
// stops it half way.
func (r *trial) killTwice(t *testing.T, args ...string) (killed int) {
	t.Helper()
	for life := range 3 {
		from := len(r.server.Log())
		c := r.command(t, args...)
		start(t, c)
		ended := make(chan struct{})
		go func() {
			_ = c.Wait()
			close(ended)
		}()
		for len(r.server.Log()) < from+60+rand.IntN(60) {
			select {
			case <-ended:
				t.Fatal("the job ended before it was killed")
			case <-time.After(time.Millisecond):
			}
		}
		if life < 2 {
			killed++
			_ = c.Process.Kill()
		} else {
			_ = c.Process.Signal(os.Interrupt)
		}
		<-ended
		r.handleAll(t)
	}
	return killed
}

// places lists what the accounts have whose ids start so: account, hash, name.
func (r *trial) places(prefix string) []string {
	var all []string
	for _, e := range r.server.Snapshot() {
		if strings.HasPrefix(e.Account, prefix) && e.Status != sandbox.Deleted {
			all = append(all, e.Account+" "+e.Hash)
		}
	}
	return all
}

// same fails the test unless the accounts have what they had.
func (r *trial) same(t *testing.T, before []string, prefix string) {
	t.Helper()
	before = slices.DeleteFunc(slices.Clone(before), func(p string) bool { return !strings.HasPrefix(p, prefix) })
	after := r.places(prefix)
	for _, p := range before {
		if _, found := slices.BinarySearch(after, p); !found {
			t.Errorf("lost: %s", p)
		}
	}
	for _, p := range after {
		if _, found := slices.BinarySearch(before, p); !found {
			t.Errorf("left: %s", p)
		}
	}
}

// A deletion with a backup and the backup's restore.csv are a full circle: names
// come back, too.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	r := newTrial(t, 1, sandbox.Options{})
	var b strings.Builder
	b.WriteString("operation,source_account,hash\n")
	for i := range 120 {
		hash := fmt.Sprintf("%032x", i+1)
		r.server.AddImage(source(i), sandbox.Image{Hash: hash, Name: fmt.Sprintf("shoe %d, red & blue.jpg", i), Width: 20, Height: 10})
		fmt.Fprintf(&b, "delete,%s,%s\n", source(i), hash)
	}
	names := func() (all []string) {
		for i := range 7 {
			for _, image := range r.server.Images(source(i)) {
				all = append(all, source(i)+" "+image.Hash+" "+image.Name)
			}
		}
		return all
	}
	before := names()
	manifest, kept := filepath.Join(r.dir, "delete.csv"), filepath.Join(r.dir, "kept")
	writeFile(t, manifest, b.String())
	r.ends(t, exitDone, "run", manifest, "--yes", "--backup", kept)
	if left := names(); len(left) != len(before)-120 {
		t.Fatalf("%d images are left of %d", len(left), len(before))
	}
	restore := filepath.Join(kept, "restore.csv")
	r.ends(t, exitDone, "run", restore, "--job", filepath.Join(r.dir, "back"))
	if after := names(); !slices.Equal(before, after) {
		t.Errorf("before %q\nafter %q", before, after)
	}
	if code, _, stderr := r.run(t, "run", restore, "--job", filepath.Join(r.dir, "twice")); code != exitDone || r.server.Stats().Calls[sandbox.Upload] != 120 {
		t.Errorf("restored twice: got exit code %d and %d uploads\n%s", code, r.server.Stats().Calls[sandbox.Upload], stderr)
	}
	// Nothing that the job made is left to undo, and what it deleted comes back
	// from the backup of its own accord.
	job := strings.TrimSuffix(manifest, ".csv") + ".job"
	if code, _, stderr := r.run(t, "undo", job, "--yes"); code != exitDone {
		t.Errorf("undo: got exit code %d\n%s", code, stderr)
	}
	if after := names(); !slices.Equal(before, after) {
		t.Errorf("after the undo %q", after)
	}
}

// Where copying between two accounts is refused, --on-denied upload takes the
// images along by their bytes, and a later process goes on so.
func TestOnDenied(t *testing.T) {
	t.Parallel()
	r := newTrial(t, 1, sandbox.Options{})
	r.server.AddAccount("77", sandbox.AccountOptions{NoCopies: "100"})
	var b strings.Builder
	b.WriteString("source_account,hash,target_account\n")
	for i := range 40 {
		hash := fmt.Sprintf("%032x", i+1)
		r.server.AddImage("77", sandbox.Image{Hash: hash, Name: fmt.Sprint(i, ".png")})
		fmt.Fprintf(&b, "77,%s,%s\n", hash, target(0))
	}
	manifest, job := filepath.Join(r.dir, "copies.csv"), filepath.Join(r.dir, "copies.job")
	writeFile(t, manifest, b.String())
	r.ends(t, exitFailures, "run", manifest)
	code, out, stderr := r.run(t, "retry", job, "--on-denied", "upload")
	if code != exitDone {
		t.Fatalf("with the option: got exit code %d\n%s", code, stderr)
	}
	if s := readSummary(t, job); s.Reasons["uploaded"] != 40 || s.Totals.Done != 40 {
		t.Errorf("got reasons %v, totals %+v\n%s", s.Reasons, s.Totals, out)
	}
	for _, row := range readCSV(t, filepath.Join(job, "results.csv"))[1:] {
		if row[5] != "done" || row[6] != "uploaded" {
			t.Errorf("line %s is %s %s", row[0], row[5], row[6])
		}
	}
	if n := len(r.server.Images(target(0))); n != 40 {
		t.Errorf("the target has %d images, want 40", n)
	}
}
