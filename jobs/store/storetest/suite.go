package storetest

import (
	"strings"
	"testing"

	"adferry/jobs/store"
	"adferry/plan"
)

// Backend is a database that keeps jobs, each under a name.
type Backend interface {
	Create(name string, spec store.Spec) (*store.Job, *plan.Plan, error)
	Open(name string) (*store.Job, error)
	View(name string) (*store.Job, error)
}

// Run tests the database that begin makes, a new one for each test. Without alone, what it has are
// jobs that a process carries out beside others.
func Run(t *testing.T, alone bool, begin func(t *testing.T) Backend) {
	for _, tt := range []struct {
		name string
		test func(*testing.T, world)
	}{
		{"an outcome is read as it was written", testOutcomes},
		{"a claim has what was asked for, in order", testClaims},
		{"an operation is released once, when nothing keeps it waiting", testReleases},
		{"a job starts again where it stopped", testResume},
		{"a lane stays as it was last written", testLanes},
		{"a wait that outlasted its process is two", testCutParks},
		{"reopened failures are pending, and what they tried stays known", testReopen},
		{"what is shown of rows follows from their operations", testResults},
		{"what an undo asks", testUndo},
		{"expectations follow the settled operations", testExpectations},
		{"settings stay with the job", testSettings},
		{"labels of credentials are kept once", testLabels},
		{"a lane is about the ad accounts that are read for it", testLaneAccounts},
		{"a job is steered while another process runs it", testSteering},
		{"one process runs a job", testLock},
		{"jobs that are not there, or there already", testRefusals},
		{"a manifest that cannot be read leaves no job", testBadManifest},
		{"jobs do not see each other", testSeparate},
		{"jobs that contradict each other", testConflicts},
		{"many writers at a time", testConcurrent},
		{"counts are those of the rows", testCounts},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.test(t, world{t, alone, begin(t)})
		})
	}
}

// world is a database in a test.
type world struct {
	t     *testing.T
	alone bool
	Backend
}

// create makes a job, which is closed at the end of the test.
func (w world) create(name, manifest string) *store.Job {
	w.t.Helper()
	job, _, err := w.Create(name, Spec(manifest))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = job.Close() })
	return job
}

// view opens a job for reading, until the end of the test.
func (w world) view(name string) *store.Job {
	w.t.Helper()
	job, err := w.View(name)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = job.Close() })
	return job
}

// again closes a job and opens it to run it.
func (w world) again(job *store.Job, name string) *store.Job {
	w.t.Helper()
	if err := job.Close(); err != nil {
		w.t.Fatal(err)
	}
	job, err := w.Open(name)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = job.Close() })
	return job
}

// Spec is that of a job of a manifest.
func Spec(manifest string) store.Spec {
	return store.Spec{
		Manifest: "folder/manifest.csv", Consent: true, Endpoint: "https://graph.facebook.com", Policy: "unused", Settings: store.Settings{Backup: "kept", OnDenied: "fail"},
		Read: func(visit func(plan.Row) error) (*plan.Plan, error) {
			return plan.Read(strings.NewReader(manifest), visit)
		},
	}
}
