package jobs_test

import (
	"adferry/jobs"
	"adferry/jobs/store"
	"adferry/plan"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// undone makes the undo of the world's job and runs it; gone counts the images
// that nothing brings back.
func undone(w *world, t *testing.T, dir string) (undo *world, gone int) {
	t.Helper()
	manifest, gone := undoing(w, t, dir)
	undo = &world{t: t, dir: t.TempDir(), server: w.server, api: w.api}
	if strings.Count(manifest, "\n") == 1 { // the header
		return undo, gone
	}
	undo.text(manifest)
	for range 20 {
		if err := undo.run(jobs.Options{File: filesUnder(dir)}); err == nil {
			break
		}
	}
	return undo, gone
}

// undoing is the manifest of the undo.
func undoing(w *world, t *testing.T, dir string) (manifest string, gone int) {
	t.Helper()
	job, err := store.View(context.Background(), w.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	kept := func(a plan.Account, h plan.Hash) (string, error) {
		if _, err := os.Stat(filepath.Join(dir, string(a), string(h)+".json")); err != nil {
			return "", nil
		}
		return string(a) + "/" + string(h) + ".png", nil
	}
	var b bytes.Buffer
	if _, err := plan.WriteGuarded(&b, jobs.Undo(context.Background(), job, jobs.UndoOptions{Kept: kept, Gone: func(jobs.Operation) { gone++ }, Stay: func(plan.Account, plan.Hash, string) {}})); err != nil {
		t.Fatal(err)
	}
	return b.String(), gone
}
