package store_test

import (
	"path/filepath"
	"testing"

	"adferry/jobs/store"
	"adferry/jobs/store/storetest"
	"adferry/plan"
)

// folders are jobs in folders of one folder.
type folders struct {
	t   *testing.T
	dir string
}

func (f folders) Create(name string, spec store.Spec) (*store.Job, *plan.Plan, error) {
	return store.Create(f.t.Context(), filepath.Join(f.dir, name), spec)
}

func (f folders) Open(name string) (*store.Job, error) {
	return store.Open(f.t.Context(), filepath.Join(f.dir, name))
}

func (f folders) View(name string) (*store.Job, error) {
	return store.View(f.t.Context(), filepath.Join(f.dir, name))
}

func TestSuite(t *testing.T) {
	storetest.Run(t, true, func(t *testing.T) storetest.Backend { return folders{t, t.TempDir()} })
}
