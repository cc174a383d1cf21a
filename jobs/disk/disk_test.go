package disk_test

import (
	"os"
	"path/filepath"
	"testing"

	"adferry/jobs/disk"
)

func TestMove(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	from, to := filepath.Join(dir, "draft"), filepath.Join(dir, "file")
	for path, text := range map[string]string{from: "new", to: "old"} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := disk.Move(from, to); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(to); string(text) != "new" {
		t.Errorf("got %q, %v, want the new text", text, err)
	}
	if err := disk.Move(from, to); !os.IsNotExist(err) {
		t.Errorf("got %v for a file that is not there", err)
	}
	if text, err := os.ReadFile(to); string(text) != "new" {
		t.Errorf("got %q, %v after a move that failed", text, err)
	}
}
