package engine_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/content"
	"adferry/jobs/dispatch"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/plan"
)

// What comes from the content network in place of an image's picture is neither
// uploaded in its place nor kept as its backup: the row fails, says why, and no
// source is deleted. A picture that comes for several images is none of theirs, the
// first one's included.
func TestPlaceholders(t *testing.T) {
	t.Parallel()
	names := []string{"a", "b", "c", "d", "e"}
	for _, test := range []struct {
		fault sandbox.PictureFault
		why   string
	}{
		{sandbox.PicturePlaceholder, "it has 1 x 1 pixels, the image has 120 x 63"},
		{sandbox.PictureCut, "did not send the image: the PNG cannot be decoded: "},
		{sandbox.PicturePage, `"text/html; charset=utf-8", not an image`},
		{sandbox.PictureSame, "the content network sent the same picture for image "},
	} {
		for _, width := range []engine.Options{{}, {Workers: 1, BatchSize: 1}} {
			for _, verb := range []string{"move", "delete"} {
				t.Run(fmt.Sprintf("%s, %s in requests of %d", test.fault, verb, width.BatchSize), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						w := jobtest.NewWorld(t, sandbox.Options{Variants: sandbox.Variants{Pictures: test.fault}})
						w.Server.AddAccount("11", sandbox.AccountOptions{NoCopies: "200"})
						w.Has("22")
						o, want := width, "failed backup_failed"
						var rows, fates []string
						for _, n := range names {
							w.Server.AddImage("11", sandbox.Image{Hash: string(jobtest.Hash(n)), Width: 120, Height: 63})
							if verb == "delete" {
								rows = append(rows, "delete 11 "+n+" -")
							} else {
								rows = append(rows, "move 11 "+n+" 22")
								want = "failed denied"
							}
						}
						for range names {
							fates = append(fates, want)
						}
						if verb == "delete" {
							o.Backup = w.Backup(t, t.TempDir())
						} else {
							o.UploadInstead, o.Downloader = true, w.Downloader()
						}
						w.Manifest(rows...)
						if err := w.Run(o); err != nil {
							t.Fatal(err)
						}
						w.Expect(fates...)
						for _, r := range w.Results() {
							if !strings.Contains(r.Message, "the image could not be downloaded: ") || !strings.Contains(r.Message, test.why) {
								t.Errorf("the row says %q, want %q in it", r.Message, test.why)
							}
						}
						for _, n := range names {
							jobtest.WantHolds(t, w, "11 "+n, "!22 "+n)
						}
						calls := w.Server.Stats().Calls
						if calls[sandbox.Delete]+calls[sandbox.Upload] > 0 {
							t.Errorf("%d deletes and %d uploads were sent", calls[sandbox.Delete], calls[sandbox.Upload])
						}
					})
				})
			}
		}
	}
}

// Also where each ad account gets one image alone no source is deleted: a picture that
// was uploaded before it came for another image keeps its source.
func TestPlaceholdersInManyLanes(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{1, 8} {
		synctest.Test(t, func(t *testing.T) {
			w := jobtest.NewWorld(t, sandbox.Options{Variants: sandbox.Variants{Pictures: sandbox.PictureSame}})
			var rows []string
			for i := range 5 {
				target := fmt.Sprint(22 + i)
				w.Has("11", target)
				w.Has(target)
				rows = append(rows, "move 11 "+target+" "+target)
			}
			w.Server.AddAccount("11", sandbox.AccountOptions{NoCopies: "200"})
			w.Manifest(rows...)
			w.Finish(engine.Options{UploadInstead: true, Downloader: w.Downloader(), Workers: workers})
			if n := w.Server.Stats().Calls[sandbox.Delete]; n > 0 {
				t.Errorf("%d workers: %d deletes were sent", workers, n)
			}
			for _, r := range w.Results() {
				if r.Status != jobs.StatusFailed {
					t.Errorf("%d workers: %s is %s", workers, r.Hash, r.Status)
				}
			}
		})
	}
}

// forAWhile serves placeholders in place of the first pictures of each url.
type forAWhile struct {
	http.Handler
	placeholder http.Handler
	times       int

	mu   sync.Mutex
	seen map[string]int
}

func (f *forAWhile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.seen[r.URL.Path]++
	early := f.seen[r.URL.Path] <= f.times
	f.mu.Unlock()
	if early {
		f.placeholder.ServeHTTP(w, r)
	} else {
		f.Handler.ServeHTTP(w, r)
	}
}

// placeholders serve the pictures of a sandbox's images with a fault, for a while.
func placeholders(w *jobtest.World, fault sandbox.PictureFault, times int) *graph.Downloader {
	other := sandbox.New(sandbox.Options{Variants: sandbox.Variants{Pictures: fault}})
	for _, i := range w.Server.Images("11") {
		other.AddImage("11", i)
	}
	return graph.NewDownloader(sandbox.Transport(&forAWhile{Handler: w.Server, placeholder: other, times: times, seen: map[string]int{}}), time.Minute, "")
}

// A placeholder may be gone the next time: the picture is asked for again before the
// row fails, and then the row is carried out.
func TestPlaceholdersForAWhile(t *testing.T) {
	t.Parallel()
	for _, fault := range []sandbox.PictureFault{sandbox.PicturePlaceholder, sandbox.PictureCut, sandbox.PicturePage, sandbox.PictureSame} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, sandbox.Options{})
				w.Has("11", "a", "b", "c")
				w.Server.AddAccount("11", sandbox.AccountOptions{NoCopies: "200"})
				w.Has("22")
				w.Manifest("move 11 a 22", "move 11 b 22", "move 11 c 22")
				w.Finish(engine.Options{UploadInstead: true, Downloader: placeholders(w, fault, 2)})
				w.Expect("done uploaded", "done uploaded", "done uploaded")
				jobtest.WantHolds(t, w, "22 a", "22 b", "22 c", "!11 a", "!11 b", "!11 c")
			})
		})
	}
}

// An image that was uploaded by a picture that later came for another one, too, keeps
// its source, also in a later process.
func TestUploadedPlaceholderKeepsSource(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Variants: sandbox.Variants{Pictures: sandbox.PictureSame}})
		w.Has("11", "a", "b")
		w.Server.AddAccount("11", sandbox.AccountOptions{NoCopies: "200"})
		w.Has("22")
		w.Manifest("move 11 a 22", "move 11 b 22")
		o := engine.Options{UploadInstead: true, Downloader: w.Downloader()}
		only := func(kind plan.Kind, name string) {
			t.Helper()
			o.Only = func(op jobs.Operation) bool { return op.Kind == kind && op.Hash == jobtest.Hash(name) }
			_ = w.Run(o) // what is left out leaves it unfinished
		}
		only(plan.KindCopy, "a")
		only(plan.KindCopy, "b")
		o.Only = nil
		if err := w.Run(o); err != nil {
			t.Fatal(err)
		}
		w.Expect("failed copied_not_deleted", "failed denied")
		jobtest.WantHolds(t, w, "11 a", "11 b")
		if m := w.Results()[0].Message; !strings.Contains(m, "the picture that was uploaded to act_22 was also received for another image") {
			t.Errorf("the row says %q", m)
		}
	})
}

// Another worker of the job may receive the picture for its own image after it was uploaded here:
// the delete that comes then is not sent.
func TestOtherWorkerDoubts(t *testing.T) {
	t.Parallel()
	for _, doubts := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := jobtest.NewWorld(t, sandbox.Options{})
			w.Has("11", "a")
			w.Server.AddAccount("11", sandbox.AccountOptions{NoCopies: "200"})
			w.Has("22")
			w.Manifest("move 11 a 22")
			w.Wire.After = func(calls []graph.Call) {
				if doubts && calls[0].Action == graph.ActionUpload {
					claimAll(t, filepath.Join(w.Dir, "pictures"), jobtest.Hash("another"))
				}
			}
			w.Finish(engine.Options{UploadInstead: true, Downloader: w.Downloader()})
			if !doubts {
				w.Expect("done uploaded")
				jobtest.WantHolds(t, w, "!11 a")
				return
			}
			w.Expect("failed copied_not_deleted")
			jobtest.WantHolds(t, w, "11 a")
			if n := w.Server.Stats().Calls[sandbox.Delete]; n > 0 {
				t.Errorf("%d deletes were sent", n)
			}
		})
	}
}

// claimAll notes, as another process, that every picture of a folder came for an image.
func claimAll(t *testing.T, dir string, image plan.Hash) {
	folder, err := content.OpenFolder(dir)
	if err != nil {
		t.Error(err)
		return
	}
	defer folder.Close()
	files, _ := filepath.Glob(filepath.Join(dir, "sums", "[0-9a-f][0-9a-f]"))
	for _, name := range files {
		text, _ := os.ReadFile(name)
		for line := range strings.Lines(string(text)) {
			var sum graph.Sum
			if _, err := hex.Decode(sum[:], []byte(line[:2*len(sum)])); err != nil {
				t.Error(err)
			}
			_ = folder.Claim(sum, image)
		}
	}
}

// lateClaim is a backup of which another process learns, after an image was kept in
// it, that the picture is another image's, too.
type lateClaim struct {
	engine.Backup
	of plan.Hash
}

func (l lateClaim) Save(ctx context.Context, a plan.Account, i graph.Image) (graph.Sum, error) {
	sum, err := l.Backup.Save(ctx, a, i)
	if err == nil && plan.Hash(i.Hash) == l.of {
		_ = l.Vouch(sum, jobtest.Hash("another"))
	}
	return sum, err
}

// A delete whose picture is no longer believed when it is about to leave does not; the
// others of its request do.
func TestDoubtBeforeDelete(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("11", "a", "b", "c")
		w.Manifest("delete 11 a -", "delete 11 b -", "delete 11 c -")
		w.Finish(engine.Options{Backup: lateClaim{w.Backup(t, t.TempDir()), jobtest.Hash("b")}})
		w.Expect("done", "failed backup_failed", "done")
		jobtest.WantHolds(t, w, "!11 a", "11 b", "!11 c")
		if n := w.Server.Stats().Calls[sandbox.Delete]; n != 2 {
			t.Errorf("%d deletes were sent, want 2", n)
		}
	})
}

// A request that was withdrawn is not waited for, when a refusal by another ad account
// needs an answer that explains it.
func TestWithdrawnRequestExplainsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("11", "b")
		w.Has("33", "a")
		w.Has("22")
		w.Manifest("delete 11 b -", "copy 33 a 22")
		w.Wire.API = &refuser{API: w.Wire.API}
		backup := slowSave{lateClaim{w.Backup(t, t.TempDir()), jobtest.Hash("b")}, 5 * time.Second}
		w.Finish(engine.Options{Backup: backup, Attempts: 1, RetryBase: 10 * time.Second})
		w.Expect("failed backup_failed", "failed denied")
	})
}

// refuser refuses all copies, and has no answer when it is first asked whose the token is.
type refuser struct {
	dispatch.API
	asked bool
}

func (r *refuser) Do(ctx context.Context, calls []graph.Call) []graph.Reply {
	switch {
	case calls[0].Action == graph.ActionCopy:
		return []graph.Reply{{Status: 403, Err: &graph.Error{Class: graph.RefusedAccount, HTTP: 403, Code: 200}}}
	case calls[0].Action == graph.ActionWhoAmI && !r.asked:
		r.asked = true
		return []graph.Reply{{Status: 500, Err: &graph.Error{Class: graph.Transient, HTTP: 500, Code: 2}}}
	}
	return r.API.Do(ctx, calls)
}

// slowSave takes its time over each picture.
type slowSave struct {
	engine.Backup
	pause time.Duration
}

func (s slowSave) Save(ctx context.Context, a plan.Account, i graph.Image) (graph.Sum, error) {
	time.Sleep(s.pause)
	return s.Backup.Save(ctx, a, i)
}

// Of an image whose picture is needed both sizes are asked for.
func TestAsksForSizes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("11", "a")
		w.Manifest("delete 11 a -")
		asked := map[string]bool{}
		w.Wire.Before = func(calls []graph.Call) {
			for _, c := range calls {
				for _, f := range c.Query.Fields {
					asked[f] = true
				}
			}
		}
		w.Finish(engine.Options{Backup: w.Backup(t, t.TempDir())})
		for _, f := range []string{"width", "height", "original_width", "original_height"} {
			if !asked[f] {
				t.Errorf("%s was not asked for", f)
			}
		}
	})
}

// What a killed run left of pictures in the job's folder goes when the job is run
// again, whether or not pictures are fetched this time; which picture came for which
// image is remembered.
func TestPicturesOfKilledRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("11", "a")
		w.Has("22")
		w.Manifest("copy 11 a 22")
		folder := filepath.Join(w.Dir, "pictures")
		left, kept := filepath.Join(folder, "new", "123"), filepath.Join(folder, "sums", "ab")
		for _, name := range []string{left, kept} {
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		w.Finish(engine.Options{})
		names, err := filepath.Glob(filepath.Join(folder, "*", "*"))
		if err != nil || !slices.Contains(names, kept) || slices.Contains(names, left) {
			t.Errorf("got %v, %v, want %s gone and %s there", names, err, left, kept)
		}
	})
}
