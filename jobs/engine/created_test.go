package engine_test

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/plan"
)

func TestCreated(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		variants sandbox.Variants
		seed     func(*jobtest.World)
		fate     string
		created  bool
	}{
		{"the same hash", sandbox.Variants{}, func(*jobtest.World) {}, "done", true},
		{"another hash", sandbox.Variants{Rehash: true}, func(*jobtest.World) {}, "done", true},
		{"another hash that was there", sandbox.Variants{Rehash: true},
			func(w *jobtest.World) { w.Rehashed("22", "a", time.Now().Add(-24*time.Hour)) }, "done", false},
		{"copies keep their age", sandbox.Variants{Rehash: true, CopyKeepsCreated: true}, func(*jobtest.World) {}, "done", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, sandbox.Options{Variants: test.variants})
				w.Server.AddImage("11", sandbox.Image{Hash: string(jobtest.Hash("a")), Created: time.Now().Add(-time.Hour)})
				w.Has("22")
				test.seed(w)
				w.Manifest("copy 11 a 22")
				w.Finish(engine.Options{})
				w.Expect(test.fate)
				if got := w.Operations()[0].Outcome.Created; got != test.created {
					t.Errorf("got created %v, want %v", got, test.created)
				}
			})
		})
	}
}

func TestCreatedByAnotherClock(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{-3 * time.Hour, 3 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			w := jobtest.NewWorld(t, sandbox.Options{Variants: sandbox.Variants{Rehash: true}})
			w.Wire.API = jobtest.ClientOver(t, jobtest.Shifted{RoundTripper: sandbox.Transport(w.Server), Ahead: ahead})
			w.Has("11", "a", "b")
			w.Has("22")
			w.Rehashed("22", "b", time.Now().Add(-time.Hour))
			w.Manifest("copy 11 a 22", "copy 11 b 22")
			w.Finish(engine.Options{})
			if a, b := w.Operations()[0].Outcome, w.Operations()[1].Outcome; !a.Created || b.Created {
				t.Errorf("%v ahead: got created %v and %v, want the first alone", ahead, a.Created, b.Created)
			}
		})
	}
}

func TestUploadAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("22")
		open := func(op plan.Op) (graph.File, error) {
			if op.File == "gone.png" {
				return graph.File{}, &jobs.FileError{Name: op.File, Err: os.ErrNotExist}
			}
			return graph.File{Name: op.File, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("picture of " + op.File)), nil }}, nil
		}
		manifest := "operation,hash,target_account,file\nupload,,22,a.png\nupload,,22,b.png\nupload,,22,gone.png\n"
		w.Text(manifest)
		w.Finish(engine.Options{File: open})
		w.Expect("done", "done", "failed file_unreadable")
		for _, o := range w.Operations()[:2] {
			if !o.Outcome.Created {
				t.Errorf("%s was created and is not said to be", o.File)
			}
		}
		time.Sleep(time.Hour)
		w.Dir = t.TempDir()
		w.Text(manifest)
		w.Finish(engine.Options{File: open})
		w.Expect("skipped already_present", "skipped already_present", "failed file_unreadable")
		for _, o := range w.Operations()[:2] {
			if o.Outcome.Created || o.Outcome.TargetHash == "" {
				t.Errorf("%s: got created %v, hash %q", o.File, o.Outcome.Created, o.Outcome.TargetHash)
			}
		}
	})
}

func TestRenamedSurvivesCrash(t *testing.T) {
	t.Parallel()
	known := 0
	for after := time.Second; after < 8*time.Second; after += 250 * time.Millisecond {
		synctest.Test(t, func(t *testing.T) {
			w := jobtest.NewWorld(t, sandbox.Options{Variants: sandbox.Variants{Rehash: true}, Latency: sandbox.Latency{Min: time.Second}})
			w.Has("11", "a")
			w.Has("22")
			w.Manifest("copy 11 a 22")
			ctx, kill := context.WithTimeout(context.Background(), after)
			_ = w.RunCtx(ctx, engine.Options{}, nil)
			kill()
			o := w.Operations()[0].Outcome
			if o.State != jobs.Sent || o.TargetHash == "" {
				return
			}
			known++
			w.Finish(engine.Options{})
			w.Expect("done")
			if n := w.Server.Stats().Calls[sandbox.Copy]; n != 1 || !w.Operations()[0].Outcome.Created {
				t.Errorf("killed after %v: %d copies were sent, created %v; want 1 and true", after, n, w.Operations()[0].Outcome.Created)
			}
		})
	}
	if known == 0 {
		t.Error("no process died between the answer and the look at the image's age: the test is void")
	}
}
