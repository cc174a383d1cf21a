package jobtest

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/store"
	"adferry/jobs/undo"
	"adferry/plan"
)

// Undone makes the undo of the world's job and runs it; gone counts the images
// that nothing brings back.
func Undone(w *World, t *testing.T, dir string) (undo *World, gone int) {
	t.Helper()
	manifest, gone := Undoing(w, t, dir)
	undo = &World{T: t, Dir: t.TempDir(), Server: w.Server, Wire: w.Wire}
	if strings.Count(manifest, "\n") == 1 { // the header
		return undo, gone
	}
	undo.Text(manifest)
	for range 20 {
		if err := undo.Run(engine.Options{File: FilesUnder(dir)}); err == nil {
			break
		}
	}
	return undo, gone
}

// Undoing is the manifest of the undo.
func Undoing(w *World, t *testing.T, dir string) (manifest string, gone int) {
	t.Helper()
	job, err := store.View(context.Background(), w.Dir)
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
	if _, err := plan.WriteGuarded(&b, undo.Rows(context.Background(), job, undo.Options{Find: kept, Unrestorable: func(jobs.Operation) { gone++ }, Stay: func(plan.Account, plan.Hash, string) {}})); err != nil {
		t.Fatal(err)
	}
	return b.String(), gone
}
