package engine_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/campaign"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
)

func TestDetour(t *testing.T) {
	t.Parallel()
	for _, code := range []sandbox.Code{"200", "100"} {
		t.Run(string(code), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, sandbox.Options{Latency: sandbox.Latency{Min: 100 * time.Millisecond}})
				w.Server.AddAccount("11", sandbox.AccountOptions{NoCopies: code})
				names := []string{}
				var rows, want []string
				for i := range 60 {
					name := "i" + string(rune('a'+i%26)) + string(rune('a'+i/26))
					names = append(names, name)
					rows = append(rows, "move 11 "+name+" 22")
					want = append(want, "done uploaded")
				}
				for _, n := range names {
					w.Server.AddImage("11", sandbox.Image{Hash: string(jobtest.Hash(n)), Name: n + ".jpg", Width: 30, Height: 20})
				}
				w.Has("22")
				w.Has("33", "other")
				w.Manifest(append(rows, "copy 33 other 22")...)
				w.Finish(engine.Options{UploadInstead: true, Downloader: w.Downloader(), Workers: 1, BatchSize: 1})
				w.Expect(append(want, "done")...)
				for _, n := range names {
					jobtest.WantHolds(t, w, "22 "+n, "!11 "+n)
				}
				w.CopiesBeforeDeletes(w.Results())
				calls := w.Server.Stats().Calls
				if calls[sandbox.Copy] != 2 || calls[sandbox.Upload] != 60 {
					t.Errorf("got %d copies and %d uploads, want 2 (one refused) and 60", calls[sandbox.Copy], calls[sandbox.Upload])
				}
				for _, i := range w.Server.Images("22") {
					if i.Hash != string(jobtest.Hash("other")) && !strings.HasSuffix(i.Name, ".jpg") {
						t.Errorf("an image is called %q", i.Name)
					}
				}
			})
		})
	}
}

func TestDetourUnderFaults(t *testing.T) {
	t.Parallel()
	detours := campaign.Start(t, campaign.Detours)
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			if seed >= 4 {
				detours.Case(t)
			}
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, sandbox.Options{Seed: seed, Latency: sandbox.Latency{Min: 50 * time.Millisecond, Max: time.Second},
					Rates: map[string]float64{"cut_after": 0.1, "cut_before": 0.05, "html_502": 0.05, "throttle": 0.05, "late": 0.02}})
				w.Server.AddAccount("11", sandbox.AccountOptions{NoCopies: "200"})
				w.Has("22")
				var rows []string
				for i := range 20 {
					name := fmt.Sprint("i", i)
					w.Server.AddImage("11", sandbox.Image{Hash: string(jobtest.Hash(name))})
					rows = append(rows, "move 11 "+name+" 22")
				}
				w.Manifest(rows...)
				for { // each process is cut off
					ctx, kill := context.WithTimeout(context.Background(), 7*time.Second)
					err := w.RunCtx(ctx, engine.Options{UploadInstead: true, Downloader: w.Downloader(), Workers: 3, Attempts: 20}, nil)
					kill()
					if err == nil {
						break
					}
				}
				for i, r := range w.Results() {
					if r.Status != jobs.StatusDone {
						t.Errorf("seed %d, row %d is %s %s: %s", seed, i, r.Status, r.Reason, r.Message)
					}
					name := fmt.Sprint("i", i)
					jobtest.WantHolds(t, w, "22 "+name, "!11 "+name)
				}
				arrived := map[string]bool{}
				for _, e := range w.Server.Log() {
					if e.Kind == sandbox.Delete && !arrived[e.Hash] {
						t.Errorf("seed %d: %s was deleted before it arrived", seed, e.Hash)
					}
					arrived[e.Result] = arrived[e.Result] || e.Kind == sandbox.Upload
				}
			})
		})
	}
}

func TestNoDetour(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Server.AddAccount("11", sandbox.AccountOptions{NoCopies: "200"})
		w.Server.AddImage("11", sandbox.Image{Hash: string(jobtest.Hash("a"))})
		w.Has("22")
		w.Manifest("move 11 a 22")
		w.Finish(engine.Options{})
		w.Expect("failed denied")
		jobtest.WantHolds(t, w, "11 a", "!22 a")
	})
}

type noDownloader struct{}

func (noDownloader) Fetch(context.Context, graph.Image, graph.PictureFile) (p graph.Picture, err error) {
	return p, &graph.Error{Class: graph.RefusedItem, Message: "no picture"}
}

func TestDetourWithoutPictures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Server.AddAccount("11", sandbox.AccountOptions{NoCopies: "200"})
		for _, n := range []string{"a", "b", "c", "d", "e"} {
			w.Server.AddImage("11", sandbox.Image{Hash: string(jobtest.Hash(n))})
		}
		w.Has("22")
		w.Manifest("copy 11 a 22", "copy 11 b 22", "copy 11 c 22", "copy 11 d 22", "copy 11 e 22")
		w.Finish(engine.Options{UploadInstead: true, Downloader: noDownloader{}, Workers: 1, BatchSize: 1})
		w.Expect("failed denied", "failed denied", "failed denied", "failed denied", "failed denied")
	})
}

func TestRefusedCopyCreatesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{{Match: sandbox.Match{Kind: sandbox.Upload}, Fault: sandbox.Fault{Name: "80004/2446079", Regain: time.Hour}}}})
		w.Server.AddAccount("11", sandbox.AccountOptions{NoCopies: "200"})
		w.Server.AddImage("11", sandbox.Image{Hash: string(jobtest.Hash("a"))})
		w.Has("22")
		w.Manifest("copy 11 a 22")
		o := engine.Options{UploadInstead: true, Downloader: w.Downloader()}
		stopping := o
		stopping.StopOnThrottle = true
		jobtest.Is[*jobs.ThrottledError](t, w.Run(stopping))
		w.Has("22", "a")
		if err := w.Run(o); err != nil {
			t.Fatal(err)
		}
		w.Expect("skipped already_present")
		if manifest, _ := jobtest.Undoing(w, t, t.TempDir()); strings.Count(manifest, "\n") > 1 {
			t.Errorf("the undo is %s", manifest)
		}
	})
}

func TestDetourLeavesNothing(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		pictures := filepath.Join(w.Dir, "pictures", "new")
		w.Server.AddAccount("11", sandbox.AccountOptions{NoCopies: "200"})
		w.Has("22")
		var rows []string
		for i := range 100 {
			w.Server.AddImage("11", sandbox.Image{Hash: string(jobtest.Hash(fmt.Sprint(i)))})
			rows = append(rows, fmt.Sprintf("copy 11 %d 22", i))
		}
		w.Manifest(rows...)
		var mu sync.Mutex
		most := 0
		watched := watchedDownloader{w.Downloader(), func() {
			files, _ := filepath.Glob(filepath.Join(pictures, "*"))
			mu.Lock()
			defer mu.Unlock()
			most = max(most, len(files))
		}}
		w.Finish(engine.Options{UploadInstead: true, Downloader: watched, Workers: 1, BatchSize: 1})
		if most == 0 || most > 50 {
			t.Errorf("up to %d pictures were on their way at once, want a few", most)
		}
		if _, err := os.Stat(pictures); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s was left: %v", pictures, err)
		}
	})
	if left, _ := filepath.Glob(filepath.Join(temp, "adferry-*")); len(left) > 0 {
		t.Errorf("%v were left", left)
	}
}

type watchedDownloader struct {
	jobs.Downloader
	look func()
}

func (g watchedDownloader) Fetch(ctx context.Context, i graph.Image, f graph.PictureFile) (graph.Picture, error) {
	g.look()
	return g.Downloader.Fetch(ctx, i, f)
}
