package proof_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"adferry/jobs"
	"adferry/jobs/proof"
	"adferry/jobs/store"
)

func meta(f store.Folders) store.Meta {
	m := store.Meta{Folders: f, Settings: store.Settings{Backup: f.Backup}}
	if f.Pictures != "" {
		m.OnDenied = jobs.UploadDenied
	}
	return m
}

// unseen checks which folder is not seen, and whether that is because its proof is missing.
func unseen(t *testing.T, m store.Meta, folder string, missing bool) {
	t.Helper()
	var e *proof.UnseenError
	if err := proof.Check(t.Context(), m); !errors.As(err, &e) || e.Folder != folder || errors.Is(err, fs.ErrNotExist) != missing {
		t.Errorf("got %v, want %s not seen", err, folder)
	}
}

func TestProofs(t *testing.T) {
	dir := t.TempDir()
	f := store.Folders{Proof: proof.New(), Files: dir, Backup: filepath.Join(dir, "kept"), Pictures: filepath.Join(dir, "job", "pictures")}
	unseen(t, meta(f), f.Backup, true)
	if err := proof.Leave(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if err := proof.Check(t.Context(), meta(f)); err != nil {
		t.Errorf("right after the submission: %v", err)
	}
	for _, folder := range f.Paths() {
		files, err := filepath.Glob(filepath.Join(folder, jobs.ProofPrefix+"*"))
		if err != nil || len(files) != 1 {
			t.Fatalf("%s has %v, %v, want one proof", folder, files, err)
		}
		if err := os.Rename(files[0], files[0]+"1"); err != nil {
			t.Fatal(err)
		}
		unseen(t, meta(f), folder, true)
		if err := os.Rename(files[0]+"1", files[0]); err != nil {
			t.Fatal(err)
		}
	}
	other := f
	other.Proof = proof.New()
	unseen(t, meta(other), f.Backup, true)
	proof.Remove(t.Context(), f)
	unseen(t, meta(f), f.Backup, true)
}

// What a later run named, or a job that was not submitted, has no proof.
func TestNoProof(t *testing.T) {
	if err := proof.Check(t.Context(), store.Meta{}); err != nil {
		t.Errorf("a job without folders: %v", err)
	}
	unseen(t, store.Meta{Folders: store.Folders{Files: "/manifests"}}, "/manifests", false)
	unseen(t, store.Meta{Folders: store.Folders{Proof: "a"}, Settings: store.Settings{Backup: "/kept"}}, "/kept", false)
	unseen(t, store.Meta{Folders: store.Folders{Proof: "a"}, Settings: store.Settings{OnDenied: jobs.UploadDenied}}, "", false)
}

func ExampleCheck() {
	ctx := context.Background()
	dir, _ := os.MkdirTemp("", "")
	defer os.RemoveAll(dir)
	f := store.Folders{Proof: proof.New(), Backup: dir}
	m := store.Meta{Folders: f, Settings: store.Settings{Backup: dir}}
	_ = proof.Leave(ctx, f)
	fmt.Println(proof.Check(ctx, m))
	proof.Remove(ctx, f)
	fmt.Println(proof.Check(ctx, m) != nil)
	// Output:
	// <nil>
	// true
}
