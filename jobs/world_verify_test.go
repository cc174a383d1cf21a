package jobs_test

import (
	"adferry/jobs"
	"adferry/jobs/store"
	"context"
)

// verify verifies the job as another process would, and fails the test for a
// write.
func verify(w *world) (jobs.Verified, []jobs.Drift) {
	w.t.Helper()
	v, drifts, err := verified(w)
	if err != nil {
		w.t.Fatal(err)
	}
	return v, drifts
}

// verified is verify, whatever could be read.
func verified(w *world) (jobs.Verified, []jobs.Drift, error) {
	w.t.Helper()
	ctx := context.Background()
	job, err := store.View(ctx, w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	defer job.Close()
	expected, err := job.Expect(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	writes := len(w.server.Log())
	var drifts []jobs.Drift
	v, err := jobs.Verify(ctx, jobs.NewReader(w.api, jobs.DispatchOptions{}), expected, func(d jobs.Drift) error {
		drifts = append(drifts, d)
		return nil
	})
	if err := expected.Close(); err != nil {
		w.t.Fatal(err)
	}
	if n := len(w.server.Log()); n != writes {
		w.t.Errorf("%d writes were sent", n-writes)
	}
	return v, drifts, err
}
