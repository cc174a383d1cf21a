package jobs_test

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
)

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

type noGallery struct{}

func (noGallery) Fetch(context.Context, graph.Image, graph.PictureFile) (p graph.Picture, err error) {
	return p, &graph.Error{Class: graph.RefusedItem, Message: "no picture"}
}

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
		if manifest, _ := undoing(w, t, t.TempDir()); strings.Count(manifest, "\n") > 1 {
			t.Errorf("the undo is %s", manifest)
		}
	})
}

func TestDetourLeavesNothing(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		pictures := filepath.Join(w.dir, "pictures", "new")
		w.server.AddAccount("11", sandbox.AccountOptions{NoCopies: "200"})
		w.has("22")
		var rows []string
		for i := range 100 {
			w.server.AddImage("11", sandbox.Image{Hash: string(hash(fmt.Sprint(i)))})
			rows = append(rows, fmt.Sprintf("copy 11 %d 22", i))
		}
		w.manifest(rows...)
		var mu sync.Mutex
		most := 0
		watched := watchGallery{w.gallery(), func() {
			files, _ := filepath.Glob(filepath.Join(pictures, "*"))
			mu.Lock()
			defer mu.Unlock()
			most = max(most, len(files))
		}}
		if err := w.run(jobs.Options{Detour: true, Gallery: watched, Workers: 1, BatchSize: 1}); err != nil {
			t.Fatal(err)
		}
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

type watchGallery struct {
	jobs.Gallery
	look func()
}

func (g watchGallery) Fetch(ctx context.Context, i graph.Image, f graph.PictureFile) (graph.Picture, error) {
	g.look()
	return g.Gallery.Fetch(ctx, i, f)
}
