package proof

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"adferry/jobs/disk"
)

// A folder that hangs is looked at once, and nobody waits for it after somebody has in vain, until it
// answers. Others are looked at meanwhile.
func TestLookout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := lookout{underway: map[string]*look{}}
		answer, missing, times := make(chan struct{}), errors.New("no such file"), 0
		at := func(path string, want error, took time.Duration) {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			began := time.Now()
			err := o.at(ctx, path, func(path string) error {
				if path == "hangs" {
					times++
					<-answer
				}
				return missing
			})
			if err != want || time.Since(began) != took {
				t.Errorf("%s: got %v after %v, want %v after %v", path, err, time.Since(began), want, took)
			}
		}
		at("answers", missing, 0)
		at("hangs", disk.ErrHangs, time.Second)
		at("hangs", disk.ErrHangs, 0)
		at("answers", missing, 0)
		close(answer)
		synctest.Wait()
		at("hangs", missing, 0)
		if times != 2 {
			t.Errorf("got %d looks, want one while it hangs, and one after it", times)
		}
	})
}
