package boardtest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"adferry/jobs/board/boardtest"
	"adferry/jobs/store"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	boardtest.Run(t, func(t *testing.T, test func(*testing.T, boardtest.World)) {
		synctest.Test(t, func(t *testing.T) {
			all := map[string]*store.Job{}
			for _, name := range boardtest.Jobs {
				job, _, err := store.Create(t.Context(), t.TempDir(), boardtest.Spec)
				if err != nil {
					t.Fatal(err)
				}
				defer job.Close()
				all[name] = job
			}
			b, err := boardtest.New(t.Context(), all)
			if err != nil {
				t.Fatal(err)
			}
			test(t, boardtest.World{Board: b, Sleep: time.Sleep})
		})
	})
}
