package proof

import (
	"os"
	"path/filepath"
	"testing"

	"adferry/jobs"
)

// That a folder answers somebody who looks at it for another reason does not show that all workers
// share it.
func TestSharedBesideAnotherLook(t *testing.T) {
	dir := t.TempDir()
	other := &look{ended: make(chan struct{})}
	close(other.ended)
	looks.mu.Lock()
	looks.underway[dir] = other
	looks.mu.Unlock()
	defer func() {
		looks.mu.Lock()
		defer looks.mu.Unlock()
		delete(looks.underway, dir)
	}()
	if err := CheckShared(t.Context(), dir); err == nil {
		t.Error("got no error, want that nothing marks the folder")
	}
	if err := os.WriteFile(filepath.Join(dir, jobs.SharedMark), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := CheckShared(t.Context(), dir); err != nil {
		t.Errorf("got %v of a folder with the mark", err)
	}
}
