package disk_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

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

func TestWithin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		answer, failed := make(chan struct{}), errors.New("no such file")
		for _, test := range []struct {
			name string
			do   func(context.Context) (int, error)
			want error
			took time.Duration
		}{
			{"ends", func(context.Context) (int, error) { return 7, nil }, nil, 0},
			{"fails", func(context.Context) (int, error) { return 0, failed }, failed, 0},
			{"notices that its time is over", func(ctx context.Context) (int, error) { <-ctx.Done(); return 0, failed }, failed, time.Minute},
			{"hangs", func(context.Context) (int, error) { <-answer; return 7, nil }, disk.ErrHangs, time.Minute + 2*time.Second},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			began := time.Now()
			n, err := disk.Within(ctx, func() (int, error) { return test.do(ctx) })
			if took := time.Since(began); err != test.want || took != test.took || (err == nil) != (n == 7) {
				t.Errorf("%s: got %d, %v after %v, want %v after %v", test.name, n, err, took, test.want, test.took)
			}
			cancel()
		}
		close(answer)
	})
}
