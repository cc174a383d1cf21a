package registry_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"adferry/jobs"
	"adferry/jobs/registry"
	"adferry/jobs/store"
	"adferry/plan"
)

const server = "https://graph.facebook.com"

// made makes a job of one image's row, which this process holds.
func made(t *testing.T, folder, row string) *store.Job {
	t.Helper()
	manifest := "operation,source_account,hash,target_account\n" + row + "\n"
	job, _, err := store.Create(t.Context(), folder, store.Spec{
		Manifest: "manifest.csv", Consent: true,
		Read: func(visit func(plan.Row) error) (*plan.Plan, error) {
			return plan.Read(strings.NewReader(manifest), visit)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { job.Close() })
	return job
}

const (
	move = "move,11,0123456789abcdef0123456789abcdef,22"
	gone = "delete,22,0123456789abcdef0123456789abcdef,"
)

// quiet fails the test for any warning.
func quiet(t *testing.T) func(error) { return func(err error) { t.Errorf("warned: %v", err) } }

// entries are the files of the registered jobs.
func entries(t *testing.T, state string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(state, "jobs", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A job stays in the registry until it is finished, is there once however often it
// starts and by whatever path, and goes with its folder.
func TestEnterAndLeave(t *testing.T) {
	dir := t.TempDir()
	state, folder, alias := filepath.Join(dir, "state"), filepath.Join(dir, "job"), filepath.Join(dir, "alias")
	job := made(t, folder, move)
	if err := os.Symlink(folder, alias); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	for _, path := range []string{folder, alias, folder} {
		e, err := registry.New(state).Register(t.Context(), job, registry.Start{Folder: path, Endpoint: server, Warn: quiet(t)})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(entries(t, state)); n != 1 {
			t.Errorf("%d entries, want 1", n)
		}
		e.Release(false)
	}
	other := filepath.Join(dir, "other")
	rival := made(t, other, gone)
	enter := func() (*registry.Entry, error) {
		return registry.New(state).Register(t.Context(), rival, registry.Start{Folder: other, Endpoint: server, Warn: quiet(t)})
	}
	var refused *registry.ConflictError
	if _, err := enter(); !errors.As(err, &refused) || refused.Mine != other || refused.Other != folder || refused.Conflict == nil {
		t.Fatalf("got %v, want a ContradictionError that names both folders", err)
	}
	if n := len(entries(t, state)); n != 1 {
		t.Errorf("%d entries after the refusal, want 1", n)
	}
	job.Close()
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	e, err := enter()
	if err != nil {
		t.Fatal(err)
	}
	if all := entries(t, state); len(all) != 1 {
		t.Errorf("got entries %v, want the one of the second job", all)
	}
	e.Release(true)
	if left, _ := filepath.Glob(filepath.Join(state, "jobs", "*")); len(left) != 0 {
		t.Errorf("%v were left", left)
	}
}

// A job that ended without saying so is in nobody's way.
func TestFinishedDropsOut(t *testing.T) {
	dir := t.TempDir()
	state := filepath.Join(dir, "state")
	first := made(t, filepath.Join(dir, "first"), "copy"+strings.TrimPrefix(move, "move"))
	e, err := registry.New(state).Register(t.Context(), first, registry.Start{Folder: filepath.Join(dir, "first"), Endpoint: server, Warn: quiet(t)})
	if err != nil {
		t.Fatal(err)
	}
	e.Release(false)
	done := jobs.Change{Records: []jobs.Record{{ID: 1, Outcome: jobs.Outcome{State: jobs.Done}}}}
	if _, err := first.Commit(t.Context(), done); err != nil {
		t.Fatal(err)
	}
	first.Close()
	second := made(t, filepath.Join(dir, "second"), gone)
	if _, err := registry.New(state).Register(t.Context(), second, registry.Start{Folder: filepath.Join(dir, "second"), Endpoint: server, Warn: quiet(t)}); err != nil {
		t.Fatal(err)
	}
	if all := entries(t, state); len(all) != 1 {
		t.Errorf("got entries %v, want the one of the second job", all)
	}
}

// What of the registry cannot be understood is told, and what lies about in it goes.
func TestUnreadableEntries(t *testing.T) {
	dir := t.TempDir()
	state := filepath.Join(dir, "state")
	if err := os.MkdirAll(filepath.Join(state, "jobs"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"a.json": "{", "b.json": `{"version": 2, "folder": "/x"}`, "c.json": "{}", ".new-1": "{"} {
		if err := os.WriteFile(filepath.Join(state, "jobs", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var said []string
	folder := filepath.Join(dir, "job")
	_, err := registry.New(state).Register(t.Context(), made(t, folder, move), registry.Start{
		Folder: folder, Endpoint: server, Warn: func(err error) { said = append(said, err.Error()) },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a.json", "b.json", "newer version of adferry", "c.json"} {
		if !strings.Contains(strings.Join(said, "\n"), want) {
			t.Errorf("no word of %s in %q", want, said)
		}
	}
	if _, err := os.Lstat(filepath.Join(state, "jobs", ".new-1")); err == nil {
		t.Error("half an entry was left")
	}
}

// A job that cannot be looked into, and that has deletions where the other one works,
// may contradict it.
func TestUnknownIsRefused(t *testing.T) {
	dir := t.TempDir()
	state, folder := filepath.Join(dir, "state"), filepath.Join(dir, "job")
	job := made(t, folder, move)
	e, err := registry.New(state).Register(t.Context(), job, registry.Start{Folder: folder, Endpoint: server, Warn: quiet(t)})
	if err != nil {
		t.Fatal(err)
	}
	e.Release(false)
	job.Close()
	path := filepath.Join(folder, "job.db")
	if err := os.Link(path, path+".bak"); err != nil {
		t.Skip("no hard links here:", err)
	}
	second := filepath.Join(dir, "second")
	_, err = registry.New(state).Register(t.Context(), made(t, second, gone), registry.Start{Folder: second, Endpoint: server, Warn: quiet(t)})
	var refused *registry.ConflictError
	var linked *store.LinkedError
	if !errors.As(err, &refused) || !errors.As(err, &linked) {
		t.Errorf("got %v, want a ContradictionError for the sake of a LinkedError", err)
	}
}

func TestFolder(t *testing.T) {
	if got, err := registry.Folder("some/where"); err != nil || !filepath.IsAbs(got) || !strings.HasSuffix(got, filepath.Join("some", "where")) {
		t.Errorf("got %s and %v", got, err)
	}
	state := t.TempDir()
	t.Setenv("XDG_STATE_HOME", state)
	t.Setenv("HOME", t.TempDir())
	for _, tt := range []struct{ xdg, want string }{
		{state, filepath.Join(state, "adferry")},
		{"", filepath.Join(os.Getenv("HOME"), ".local", "state", "adferry")},
		{"relative", filepath.Join(os.Getenv("HOME"), ".local", "state", "adferry")},
	} {
		t.Setenv("XDG_STATE_HOME", tt.xdg)
		got, err := registry.Folder("")
		if err != nil || !filepath.IsAbs(got) || filepath.Separator == '/' && !strings.Contains(got, "Library") && got != tt.want {
			t.Errorf("XDG_STATE_HOME=%s: got %s and %v, want %s", tt.xdg, got, err, tt.want)
		}
	}
	t.Setenv("HOME", "")
	t.Setenv("XDG_STATE_HOME", "")
	if got, err := registry.Folder(""); err == nil && !filepath.IsAbs(got) {
		t.Errorf("without HOME: got %s", got)
	}
}

// Example has a consolidation under way, and a cleanup of its target that has to wait.
func Example() {
	dir, err := os.MkdirTemp("", "adferry-registry-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx, state := context.Background(), registry.New(filepath.Join(dir, "state"))
	start := func(name, row string) error {
		job, _, err := store.Create(ctx, filepath.Join(dir, name), store.Spec{
			Read: func(visit func(plan.Row) error) (*plan.Plan, error) {
				return plan.Read(strings.NewReader("operation,source_account,hash,target_account\n"+row), visit)
			},
		})
		if err != nil {
			return err
		}
		defer job.Close()
		entry, err := state.Register(ctx, job, registry.Start{Folder: filepath.Join(dir, name), Endpoint: server, Warn: func(err error) { log.Print(err) }})
		if err != nil {
			return err
		}
		entry.Release(false) // stopped half way
		return nil
	}
	fmt.Println(start("consolidation", move))
	var refused *registry.ConflictError
	fmt.Println(errors.As(start("cleanup", gone), &refused), refused.Conflict.Mine, refused.Conflict.Account, refused.Conflict.Theirs)
	// Output:
	// <nil>
	// true deletes 22 copies_to
}
