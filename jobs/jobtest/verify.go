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
func Verified(w *World) (v jobs.Verified, drifts []jobs.Drift, err error) {
	w.T.Helper()
	w.with(store.View, func(ctx context.Context, job *store.Job) error {
		expected, failed := job.Expectations(ctx)
		if failed != nil {
			return failed
		}
		writes := len(w.Server.Log())
		v, err = verify.Run(ctx, reader.New(w.Wire, dispatch.Options{}), expected, func(d jobs.Drift) error {
			drifts = append(drifts, d)
			return nil
		})
		if n := len(w.Server.Log()); n != writes {
			w.T.Errorf("%d writes were sent", n-writes)
		}
		return expected.Close()
	})
	return v, drifts, err
}
