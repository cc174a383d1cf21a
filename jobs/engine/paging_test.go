package engine_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
)

// A server that answers a bulk read in pages smaller than asked, down to one
// image each, is read to the end: nothing behind the first page is taken for
// absent, not even when what a page ended with is deleted before the next one is
// read, or when a page shows rows of deleted images alone.
func TestSmallPages(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		options sandbox.Options
	}{
		{"stale cursors", sandbox.Options{Variants: sandbox.Variants{StaleCursorFails: true}}},
		{"deleted rows", sandbox.Options{Variants: sandbox.Variants{DeleteKeepsRow: true}, Latency: sandbox.Latency{Min: 10 * time.Millisecond}}},
	} {
		for _, most := range []int{1, 7, 25} {
			t.Run(fmt.Sprint(test.name, " ", most), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					test.options.Variants.MaxPage = most
					w := jobtest.NewWorld(t, test.options)
					w.Manifest(failingOften(w, 120)...)
					w.Finish(engine.Options{MaxDuration: time.Hour})
					for i, r := range w.Results() {
						if want := map[bool]jobs.Status{true: jobs.StatusDone, false: jobs.StatusFailed}[i%10 != 9]; r.Status != want || r.Reason != "" && r.Reason != jobs.NotFound {
							t.Errorf("row %d: got %s %s (%s), want %s", i+1, r.Status, r.Reason, r.Message, want)
						}
					}
					w.Once()
					w.CopiesBeforeDeletes(w.Results())
				})
			})
		}
	}
}

// failingOften asks for moves of n images from account 11 to 22. Of some the target has
// a copy; every tenth the source has not, or no longer.
func failingOften(w *jobtest.World, n int) []string {
	w.Has("11")
	w.Has("22")
	rows := make([]string, n)
	for i := range rows {
		image := fmt.Sprint("image", i)
		rows[i] = "move 11 " + image + " 22"
		switch {
		case i%20 == 9:
			w.Server.AddImage("11", sandbox.Image{Hash: string(jobtest.Hash(image)), Status: sandbox.Deleted})
		case i%10 != 9:
			w.Has("11", image)
		}
		if i%3 == 1 && i%10 != 9 {
			w.Has("22", image)
		}
	}
	return rows
}
