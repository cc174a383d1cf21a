package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/backup"
	"adferry/plan"
)

// keeper is a backup that checks that what it keeps is still there, and fails
// when told to.
type keeper struct {
	w     *world
	inner jobs.Backup
	fail  error
}

func (k *keeper) Keep(ctx context.Context, a plan.Account, i graph.Image) error {
	if k.fail != nil {
		return k.fail
	}
	if !k.w.wasThere(string(a), i.Hash) {
		k.w.t.Errorf("%s of %s was to be kept and is gone", i.Hash, a)
	}
	return k.inner.Keep(ctx, a, i)
}

func (w *world) backup(t *testing.T, dir string) *keeper {
	t.Helper()
	f, err := backup.Open(dir, w.gallery())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &keeper{w: w, inner: f}
}

func (w *world) gallery() *graph.Gallery {
	return graph.NewGallery(sandbox.Transport(w.server), time.Minute, "")
}

// Every image is kept before it is deleted, and one that is kept already is not
// fetched again.
func TestBackup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Rates: map[string]float64{"cut_after": 0.2, "html_502": 0.1}, Seed: 5})
		w.has("11", "a", "b", "c", "d", "e")
		w.has("22")
		w.manifest("delete 11 a -", "delete 11 b -", "move 11 c 22", "delete 11 x -", "copy 11 d 22")
		dir := t.TempDir()
		if err := w.run(jobs.Options{Backup: w.backup(t, dir)}); err != nil {
			t.Fatal(err)
		}
		w.expect("done", "done", "done", "skipped already_absent", "done")
		wantHolds(t, w, "!11 a", "!11 b", "!11 c", "11 d", "22 c", "22 d")
		if n := w.server.Stats().Downloads; n != 3 {
			t.Errorf("%d pictures were fetched, want 3", n)
		}
		for _, name := range []string{"a", "b", "c"} {
			if _, err := os.Stat(filepath.Join(dir, "11", string(hash(name))+".json")); err != nil {
				t.Error(err)
			}
		}
		// The image comes back, and another job deletes it.
		again := newWorld(t, sandbox.Options{})
		again.has("11", "a")
		again.manifest("delete 11 a -")
		if err := again.run(jobs.Options{Backup: again.backup(t, dir)}); err != nil {
			t.Fatal(err)
		}
		again.expect("done")
		if n := again.server.Stats().Downloads; n != 0 {
			t.Errorf("%d pictures were fetched that the backup has", n)
		}
	})
}

// What cannot be kept is not deleted: neither for the picture's sake nor for the
// disk's.
func TestNoBackupNoDelete(t *testing.T) {
	for _, test := range []struct {
		name string
		fail error
		want string // fate of the row
		stop bool   // the run stops
	}{
		{"the content network is down", &graph.Error{Class: graph.Transient, Message: "down"}, "failed backup_failed", false},
		{"there is no picture", &graph.Error{Class: graph.RefusedItem, Message: "none"}, "failed backup_failed", false},
		{"the disk is full", errors.New("no space left on device"), "pending", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{})
				w.has("11", "a")
				w.manifest("delete 11 a -")
				err := w.run(jobs.Options{Backup: &keeper{w: w, fail: test.fail}})
				if test.stop {
					is[*jobs.PictureError](t, err)
				} else if err != nil {
					t.Fatal(err)
				}
				w.expect(test.want)
				wantHolds(t, w, "11 a")
				if n := w.server.Stats().Calls[sandbox.Delete]; n != 0 {
					t.Errorf("%d deletions were sent", n)
				}
			})
		})
	}
}

// A stop while pictures are fetched sends no deletion any more.
func TestStopWhileKeeping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		w.has("11", "a")
		w.manifest("delete 11 a -")
		var engine *jobs.Engine
		stopping := keepFunc(func() error {
			engine.Stop(jobs.ErrInterrupted)
			time.Sleep(time.Second)
			return nil
		})
		err := w.runCtx(context.Background(), jobs.Options{Backup: stopping}, func(e *jobs.Engine) { engine = e })
		if !errors.Is(err, jobs.ErrInterrupted) {
			t.Fatal(err)
		}
		w.expect("pending")
		wantHolds(t, w, "11 a")
	})
}

type keepFunc func() error

func (f keepFunc) Keep(context.Context, plan.Account, graph.Image) error { return f() }

// Where copying is refused for a pair of accounts, one refusal is enough to
// fetch and upload its images; other pairs are copied.
func TestDetour(t *testing.T) {
	for _, code := range []sandbox.Code{"200", "100"} {
		t.Run(string(code), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{Latency: sandbox.Latency{Min: 100 * time.Millisecond}})
				w.server.AddAccount("11", sandbox.AccountOptions{NoCopies: code})
				names := []string{}
				var rows, want []string
				for i := range 60 {
					name := "i" + string(rune('a'+i%26)) + string(rune('a'+i/26))
					names = append(names, name)
					rows = append(rows, "move 11 "+name+" 22")
					want = append(want, "done uploaded")
				}
				for _, n := range names {
					w.server.AddImage("11", sandbox.Image{Hash: string(hash(n)), Name: n + ".jpg", Width: 30, Height: 20})
				}
				w.has("22")
				w.has("33", "other")
				w.manifest(append(rows, "copy 33 other 22")...)
				if err := w.run(jobs.Options{Detour: true, Gallery: w.gallery(), Workers: 1, BatchSize: 1}); err != nil {
					t.Fatal(err)
				}
				w.expect(append(want, "done")...)
				for _, n := range names {
					wantHolds(t, w, "22 "+n, "!11 "+n)
				}
				w.copiesBeforeDeletes(w.results())
				calls := w.server.Stats().Calls
				if calls[sandbox.Copy] != 2 || calls[sandbox.Upload] != 60 {
					t.Errorf("got %d copies and %d uploads, want 2 (one refused) and 60", calls[sandbox.Copy], calls[sandbox.Upload])
				}
				for _, i := range w.server.Images("22") {
					if i.Hash != string(hash("other")) && !strings.HasSuffix(i.Name, ".jpg") {
						t.Errorf("an image is called %q", i.Name)
					}
				}
			})
		})
	}
}

// Also when answers are lost and uploads are throttled, every image arrives once
// and none is deleted before.
func TestDetourUnderFaults(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{Seed: seed, Latency: sandbox.Latency{Min: 50 * time.Millisecond, Max: time.Second},
				Rates: map[string]float64{"cut_after": 0.1, "cut_before": 0.05, "html_502": 0.05, "throttle": 0.05, "late": 0.02}})
			w.server.AddAccount("11", sandbox.AccountOptions{NoCopies: "200"})
			w.has("22")
			var rows []string
			for i := range 20 {
				name := fmt.Sprint("i", i)
				w.server.AddImage("11", sandbox.Image{Hash: string(hash(name))})
				rows = append(rows, "move 11 "+name+" 22")
			}
			w.manifest(rows...)
			for { // each process is cut off
				ctx, kill := context.WithTimeout(context.Background(), 7*time.Second)
				err := w.runCtx(ctx, jobs.Options{Detour: true, Gallery: w.gallery(), Workers: 3, Attempts: 20}, nil)
				kill()
				if err == nil {
					break
				}
			}
			for i, r := range w.results() {
				if r.Status != jobs.StatusDone {
					t.Errorf("seed %d, row %d is %s %s: %s", seed, i, r.Status, r.Reason, r.Message)
				}
				name := fmt.Sprint("i", i)
				wantHolds(t, w, "22 "+name, "!11 "+name)
			}
			arrived := map[string]bool{}
			for _, e := range w.server.Log() {
				if e.Kind == sandbox.Delete && !arrived[e.Hash] {
					t.Errorf("seed %d: %s was deleted before it arrived", seed, e.Hash)
				}
				arrived[e.Result] = arrived[e.Result] || e.Kind == sandbox.Upload
			}
		})
	}
}

// Without the option a refused pair fails, after a few calls.
func TestNoDetour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		w.server.AddAccount("11", sandbox.AccountOptions{NoCopies: "200"})
		w.server.AddImage("11", sandbox.Image{Hash: string(hash("a"))})
		w.has("22")
		w.manifest("move 11 a 22")
		if err := w.run(jobs.Options{}); err != nil {
			t.Fatal(err)
		}
		w.expect("failed denied")
		wantHolds(t, w, "11 a", "!22 a")
	})
}

// Created says what an undo may take back: what this job brought, and nothing
// that it found, under whatever hash.
func TestCreated(t *testing.T) {
	for _, test := range []struct {
		name     string
		variants sandbox.Variants
		seed     func(*world)
		fate     string
		created  bool
	}{
		{"the same hash", sandbox.Variants{}, func(*world) {}, "done", true},
		{"another hash", sandbox.Variants{Rehash: true}, func(*world) {}, "done", true},
		{"another hash that was there", sandbox.Variants{Rehash: true},
			func(w *world) { w.rehashed("22", "a", time.Now().Add(-24*time.Hour)) }, "done", false},
		{"copies keep their age", sandbox.Variants{Rehash: true, CopyKeepsCreated: true}, func(*world) {}, "done", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{Variants: test.variants})
				w.server.AddImage("11", sandbox.Image{Hash: string(hash("a")), Created: time.Now().Add(-time.Hour)})
				w.has("22")
				test.seed(w)
				w.manifest("copy 11 a 22")
				if err := w.run(jobs.Options{}); err != nil {
					t.Fatal(err)
				}
				w.expect(test.fate)
				if got := w.operations()[0].Outcome.Created; got != test.created {
					t.Errorf("got created %v, want %v", got, test.created)
				}
			})
		})
	}
}

// The clocks of this machine and of the API may differ by far.
func TestCreatedByAnotherClock(t *testing.T) {
	for _, ahead := range []time.Duration{-3 * time.Hour, 3 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{Variants: sandbox.Variants{Rehash: true}})
			w.api.API = clientOver(t, shifted{sandbox.Transport(w.server), ahead})
			w.has("11", "a", "b")
			w.has("22")
			w.rehashed("22", "b", time.Now().Add(-time.Hour))
			w.manifest("copy 11 a 22", "copy 11 b 22")
			if err := w.run(jobs.Options{}); err != nil {
				t.Fatal(err)
			}
			if a, b := w.operations()[0].Outcome, w.operations()[1].Outcome; !a.Created || b.Created {
				t.Errorf("%v ahead: got created %v and %v, want the first alone", ahead, a.Created, b.Created)
			}
		})
	}
}

// An upload without a hash finds out afterwards whether the image was there.
func TestUploadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		w.has("22")
		open := func(op plan.Op) (graph.File, error) {
			if op.File == "gone.png" {
				return graph.File{}, &jobs.FileError{Name: op.File, Err: os.ErrNotExist}
			}
			return graph.File{Name: op.File, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("picture of " + op.File)), nil }}, nil
		}
		manifest := "operation,hash,target_account,file\nupload,,22,a.png\nupload,,22,b.png\nupload,,22,gone.png\n"
		w.text(manifest)
		if err := w.run(jobs.Options{File: open}); err != nil {
			t.Fatal(err)
		}
		w.expect("done", "done", "failed file_unreadable")
		for _, o := range w.operations()[:2] {
			if !o.Outcome.Created {
				t.Errorf("%s was created and is not said to be", o.File)
			}
		}
		time.Sleep(time.Hour)
		w.dir = t.TempDir()
		w.text(manifest)
		if err := w.run(jobs.Options{File: open}); err != nil {
			t.Fatal(err)
		}
		w.expect("skipped already_present", "skipped already_present", "failed file_unreadable")
		for _, o := range w.operations()[:2] {
			if o.Outcome.Created || o.Outcome.TargetHash == "" {
				t.Errorf("%s: got created %v, hash %q", o.File, o.Outcome.Created, o.Outcome.TargetHash)
			}
		}
	})
}

// shifted is a server whose clock is ahead.
type shifted struct {
	http.RoundTripper
	ahead time.Duration
}

func (s shifted) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := s.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	date, _ := http.ParseTime(res.Header.Get("Date"))
	res.Header.Set("Date", date.Add(s.ahead).UTC().Format(http.TimeFormat))
	body, err := io.ReadAll(res.Body)
	text := string(body)
	const layout = "2006-01-02T15:04:05-0700"
	for _, field := range strings.Split(text, `"`) {
		if at, err := time.Parse(layout, field); err == nil {
			text = strings.ReplaceAll(text, field, at.Add(s.ahead).Format(layout))
		}
	}
	res.Body, res.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	return res, err
}

// A copy that got another hash is known by it from its answer on: a process that
// dies before the image's age was read leaves nothing to be sent again.
func TestRenamedSurvivesCrash(t *testing.T) {
	known := 0
	for after := time.Second; after < 8*time.Second; after += 250 * time.Millisecond {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{Variants: sandbox.Variants{Rehash: true}, Latency: sandbox.Latency{Min: time.Second}})
			w.has("11", "a")
			w.has("22")
			w.manifest("copy 11 a 22")
			ctx, kill := context.WithTimeout(context.Background(), after)
			_ = w.runCtx(ctx, jobs.Options{}, nil)
			kill()
			o := w.operations()[0].Outcome
			if o.State != jobs.Sent || o.TargetHash == "" {
				return
			}
			known++
			if err := w.run(jobs.Options{}); err != nil {
				t.Fatal(err)
			}
			w.expect("done")
			if n := w.server.Stats().Calls[sandbox.Copy]; n != 1 || !w.operations()[0].Outcome.Created {
				t.Errorf("killed after %v: %d copies were sent, created %v; want 1 and true", after, n, w.operations()[0].Outcome.Created)
			}
		})
	}
	if known == 0 {
		t.Error("no process died between the answer and the look at the image's age: the test is void")
	}
}

// noGallery has no pictures.
type noGallery struct{}

func (noGallery) Fetch(context.Context, string, io.Writer) (string, error) {
	return "", &graph.Error{Class: graph.RefusedItem, Message: "no picture"}
}

// Where neither copying nor fetching works, rows fail by the refusal's word, also
// those that were never refused themselves.
func TestDetourWithoutPictures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		w.server.AddAccount("11", sandbox.AccountOptions{NoCopies: "200"})
		for _, n := range []string{"a", "b", "c", "d", "e"} {
			w.server.AddImage("11", sandbox.Image{Hash: string(hash(n))})
		}
		w.has("22")
		w.manifest("copy 11 a 22", "copy 11 b 22", "copy 11 c 22", "copy 11 d 22", "copy 11 e 22")
		if err := w.run(jobs.Options{Detour: true, Gallery: noGallery{}, Workers: 1, BatchSize: 1}); err != nil {
			t.Fatal(err)
		}
		w.expect("failed denied", "failed denied", "failed denied", "failed denied", "failed denied")
	})
}

// A refused copy did nothing: an image that somebody else put there before the
// detour is not this job's to undo.
func TestRefusedCopyCreatesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Script: []sandbox.Rule{{Match: sandbox.Match{Kind: sandbox.Upload}, Fault: sandbox.Fault{Name: "80004/2446079", Regain: time.Hour}}}})
		w.server.AddAccount("11", sandbox.AccountOptions{NoCopies: "200"})
		w.server.AddImage("11", sandbox.Image{Hash: string(hash("a"))})
		w.has("22")
		w.manifest("copy 11 a 22")
		o := jobs.Options{Detour: true, Gallery: w.gallery()}
		stopping := o
		stopping.StopOnThrottle = true
		is[*jobs.ThrottledError](t, w.run(stopping))
		w.has("22", "a")
		if err := w.run(o); err != nil {
			t.Fatal(err)
		}
		w.expect("skipped already_present")
		if manifest, _ := w.undoing(t, t.TempDir()); strings.Count(manifest, "\n") > 1 {
			t.Errorf("the undo is %s", manifest)
		}
	})
}

// Pictures on their way are gone with the operations that they were for.
func TestDetourLeavesNothing(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		w.server.AddAccount("11", sandbox.AccountOptions{NoCopies: "200"})
		w.has("22")
		var rows []string
		for i := range 100 {
			w.server.AddImage("11", sandbox.Image{Hash: string(hash(fmt.Sprint(i)))})
			rows = append(rows, fmt.Sprintf("copy 11 %d 22", i))
		}
		w.manifest(rows...)
		most := 0
		watched := watchGallery{w.gallery(), func() {
			files, _ := filepath.Glob(filepath.Join(temp, "adferry-*", "*"))
			most = max(most, len(files))
		}}
		if err := w.run(jobs.Options{Detour: true, Gallery: watched, Workers: 1, BatchSize: 1}); err != nil {
			t.Fatal(err)
		}
		if most == 0 || most > 5 {
			t.Errorf("up to %d pictures were on their way at once, want a few", most)
		}
	})
	if left, _ := filepath.Glob(filepath.Join(temp, "adferry-*")); len(left) > 0 {
		t.Errorf("%v were left", left)
	}
}

type watchGallery struct {
	jobs.Gallery
	look func()
}

func (g watchGallery) Fetch(ctx context.Context, url string, w io.Writer) (string, error) {
	g.look()
	return g.Gallery.Fetch(ctx, url, w)
}
