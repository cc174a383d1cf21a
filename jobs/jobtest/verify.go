package jobtest

import (
	"context"

	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/reader"
	"adferry/jobs/store"
	"adferry/jobs/verify"
)

// Verify verifies the job as another process would, and fails the test for a
// write.
func Verify(w *World) (jobs.Verified, []jobs.Drift) {
	w.T.Helper()
	v, drifts, err := Verified(w)
	if err != nil {
		w.T.Fatal(err)
	}
	return v, drifts
}

// Verified is verify, whatever could be read.
func Verified(w *World) (jobs.Verified, []jobs.Drift, error) {
	w.T.Helper()
	ctx := context.Background()
	job, err := store.View(ctx, w.Dir)
	if err != nil {
		w.T.Fatal(err)
	}
	defer job.Close()
	expected, err := job.Expectations(ctx)
	if err != nil {
		w.T.Fatal(err)
	}
	writes := len(w.Server.Log())
	var drifts []jobs.Drift
	v, err := verify.Run(ctx, reader.New(w.Wire, dispatch.Options{}), expected, func(d jobs.Drift) error {
		drifts = append(drifts, d)
		return nil
	})
	if err := expected.Close(); err != nil {
		w.T.Fatal(err)
	}
	if n := len(w.Server.Log()); n != writes {
		w.T.Errorf("%d writes were sent", n-writes)
	}
	return v, drifts, err
}
