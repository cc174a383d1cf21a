package engine_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
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

// Every image is kept before it is deleted, and one that is kept already is not
// fetched again.
func TestBackup(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Rates: map[string]float64{"cut_after": 0.2, "html_502": 0.1}, Seed: 5})
		w.Has("11", "a", "b", "c", "d", "e")
		w.Has("22")
		w.Manifest("delete 11 a -", "delete 11 b -", "move 11 c 22", "delete 11 x -", "copy 11 d 22")
		dir := t.TempDir()
		w.Finish(engine.Options{Backup: w.Backup(t, dir)})
		w.Expect("done", "done", "done", "skipped already_absent", "done")
		jobtest.WantHolds(t, w, "!11 a", "!11 b", "!11 c", "11 d", "22 c", "22 d")
		if n := w.Server.Stats().Downloads; n != 3 {
			t.Errorf("%d pictures were fetched, want 3", n)
		}
		for _, name := range []string{"a", "b", "c"} {
			if _, err := os.Stat(filepath.Join(dir, "11", string(jobtest.Hash(name))+".json")); err != nil {
				t.Error(err)
			}
		}
		// The image comes back, and another job deletes it.
		again := jobtest.NewWorld(t, sandbox.Options{})
		again.Has("11", "a")
		again.Manifest("delete 11 a -")
		again.Finish(engine.Options{Backup: again.Backup(t, dir)})
		again.Expect("done")
		if n := again.Server.Stats().Downloads; n != 0 {
			t.Errorf("%d pictures were fetched that the backup has", n)
		}
	})
}

// What cannot be kept is not deleted: neither for the picture's sake nor for the
// disk's.
func TestNoBackupNoDelete(t *testing.T) {
	t.Parallel()
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
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, sandbox.Options{})
				w.Has("11", "a")
				w.Manifest("delete 11 a -")
				err := w.Run(engine.Options{Backup: &jobtest.Saver{W: w, Fail: test.fail}})
				if test.stop {
					jobtest.Is[*jobs.PictureError](t, err)
				} else if err != nil {
					t.Fatal(err)
				}
				w.Expect(test.want)
				jobtest.WantHolds(t, w, "11 a")
				if n := w.Server.Stats().Calls[sandbox.Delete]; n != 0 {
					t.Errorf("%d deletions were sent", n)
				}
			})
		})
	}
}

// A stop while pictures are fetched sends no deletion any more.
func TestStopWhileKeeping(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("11", "a")
		w.Manifest("delete 11 a -")
		var running *engine.Engine
		stopping := saveFunc(func() error {
			running.Stop(jobs.ErrInterrupted)
			time.Sleep(time.Second)
			return nil
		})
		err := w.RunCtx(context.Background(), engine.Options{Backup: stopping}, func(e *engine.Engine) { running = e })
		if !errors.Is(err, jobs.ErrInterrupted) {
			t.Fatal(err)
		}
		w.Expect("pending")
		jobtest.WantHolds(t, w, "11 a")
	})
}

type saveFunc func() error

func (f saveFunc) Save(context.Context, plan.Account, graph.Image) (sum graph.Sum, err error) {
	return sum, f()
}

func (f saveFunc) Vouch(graph.Sum, plan.Hash) error { return nil }

// Where copying is refused for a pair of accounts, one refusal is enough to
// fetch and upload its images; other pairs are copied.
// Also when answers are lost and uploads are throttled, every image arrives once
// and none is deleted before.
// Without the option a refused pair fails, after a few calls.
// Created says what an undo may take back: what this job brought, and nothing
// that it found, under whatever hash.
// The clocks of this machine and of the API may differ by far.
// An upload without a hash finds out afterwards whether the image was there.
// shifted is a server whose clock is ahead.
// A copy that got another hash is known by it from its answer on: a process that
// dies before the image's age was read leaves nothing to be sent again.
// noDownloader has no pictures.
// Where neither copying nor fetching works, rows fail by the refusal's word, also
// those that were never refused themselves.
// A refused copy did nothing: an image that somebody else put there before the
// detour is not this job's to undo.
// Pictures on their way are gone with the operations that they were for.
