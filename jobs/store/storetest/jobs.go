package storetest

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"adferry/jobs"
	"adferry/jobs/store"
	"adferry/plan"
)

func testSettings(t *testing.T, w world) {
	job := w.create("j", moves)
	for _, err := range []error{
		job.SetSettings(t.Context(), store.Settings{Backup: "elsewhere", OnDenied: "upload"}), job.SetEndpoint(t.Context(), "https://other"),
		job.SetCredentials(t.Context(), store.Credentials{SHA256: "ab", Labels: []string{"EAST", "WEST"}}), job.SetRunning(t.Context(), store.Pace{MaxRate: 2, Share: 0.05}), job.SetStop(t.Context(), 3, "interrupted"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	m, err := w.view("j").Meta(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if m.Created.IsZero() || m.Running.IsZero() || m.Manifest.SHA256 == "" || m.ExitCode == nil || *m.ExitCode != 3 {
		t.Errorf("got %+v, want all of it set", m)
	}
	want := store.Meta{
		Name: "j", Manifest: jobs.ManifestInfo{Path: "folder/manifest.csv", SHA256: m.Manifest.SHA256, Rows: 3}, Header: []string{"operation", "source_account", "hash", "target_account", "note"},
		Policy: "unused", Created: m.Created, Consent: true, Endpoint: "https://other", Credentials: store.Credentials{SHA256: "ab", Labels: []string{"EAST", "WEST"}}, Settings: store.Settings{Backup: "elsewhere", OnDenied: "upload"},
		Running: m.Running, Pace: store.Pace{MaxRate: 2, Share: 0.05}, ExitCode: m.ExitCode, Stop: "interrupted",
	}
	if d := cmp.Diff(m, want); d != "" {
		t.Error(d)
	}
	spec := Spec(moves)
	spec.Output, spec.Proof, spec.OnDenied = "out", "abc", "upload"
	submitted, _, err := w.Create("submitted", spec)
	if err != nil {
		t.Fatal(err)
	}
	defer submitted.Close()
	if m, err := submitted.Meta(t.Context()); err != nil || m.Folders != (store.Folders{Proof: "abc", Backup: "kept", Pictures: filepath.Join("out", "pictures")}) {
		t.Errorf("got %+v, %v", m.Folders, err)
	}
	accounts, err := job.Accounts(t.Context())
	if d := cmp.Diff(accounts, []plan.Account{"11", "22", "33", "44"}); err != nil || d != "" {
		t.Errorf("%v\n%s", err, d)
	}
	if n, err := job.Deletes(t.Context()); err != nil || n != 1 {
		t.Errorf("got %d deletions, %v, want 1", n, err)
	}
}

func testSteering(t *testing.T, w world) {
	job := w.create("j", moves)
	beside := w.view("j")
	workers, rate := 3, 2.5
	for _, by := range []*store.Job{beside, job} {
		if err := errors.Join(by.Pause(t.Context()), by.Tune(t.Context(), jobs.Tuning{Workers: &workers, MaxRate: &rate})); err != nil {
			t.Fatal(err)
		}
		first, err := job.Steering(t.Context())
		if err != nil || first.PausedAt.IsZero() || *first.Workers != 3 || *first.MaxRate != 2.5 {
			t.Fatalf("got %+v, %v, want a pause, 3 workers, 2.5 writes/s", first, err)
		}
		if err := by.Pause(t.Context()); err != nil {
			t.Fatal(err)
		}
		if again, err := beside.Steering(t.Context()); err != nil || again.PausedAt != first.PausedAt {
			t.Errorf("got %+v, %v, want the earlier pause", again, err)
		}
		if err := errors.Join(by.Unpause(t.Context()), by.Tune(t.Context(), jobs.Tuning{})); err != nil {
			t.Fatal(err)
		}
		if s, err := job.Steering(t.Context()); err != nil || !s.PausedAt.IsZero() || s.Workers != nil || s.MaxRate != nil {
			t.Errorf("got %+v, %v, want nothing set", s, err)
		}
	}
}

func testLock(t *testing.T, w world) {
	if !w.alone {
		t.Skip("several processes run the job")
	}
	job := w.create("j", moves)
	if !job.Running() || !w.view("j").Running() {
		t.Error("a job that is open to be run does not count as running")
	}
	if _, err := w.Open("j"); !errors.Is(err, store.ErrLocked) {
		t.Errorf("got %v, want ErrLocked", err)
	}
	s, err := w.view("j").Summary(t.Context())
	if err != nil || s.State != jobs.JobRunning {
		t.Errorf("got %s, %v, want that it runs", s.State, err)
	}
	if err := job.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := job.Commit(t.Context(), records(jobs.Done, 1)); err == nil {
		t.Error("got a commit of a job that was closed")
	}
	if w.view("j").Running() {
		t.Error("a job that was closed counts as running")
	}
	job, err = w.Open("j")
	if err != nil {
		t.Fatal(err)
	}
	if err := job.Close(); err != nil {
		t.Fatal(err)
	}
}

func testRefusals(t *testing.T, w world) {
	for name, open := range map[string]func(string) (*store.Job, error){"open": w.Open, "view": w.View} {
		if _, err := open("none"); !errors.Is(err, store.ErrNoJob) {
			t.Errorf("%s: got %v, want ErrNoJob", name, err)
		}
	}
	job := w.create("j", moves)
	commit(t, job, records(jobs.Done, 1))
	if err := job.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Create("j", Spec(moves)); !errors.Is(err, store.ErrExists) {
		t.Errorf("got %v, want ErrExists", err)
	}
	if got := load(t, w.view("j"), 1); got[0].Outcome.State != jobs.Done {
		t.Errorf("got %v, want the job as it was", got[0].Outcome.State)
	}
}

func testBadManifest(t *testing.T, w world) {
	if _, _, err := w.Create("j", Spec(moves+"move,11,no-hash,22,\n")); err == nil {
		t.Fatal("got a job of a manifest that cannot be read")
	}
	broken := errors.New("broken")
	spec := Spec(moves)
	read := spec.Read
	spec.Read = func(visit func(plan.Row) error) (*plan.Plan, error) {
		_, err := read(visit)
		return nil, errors.Join(err, broken)
	}
	if _, _, err := w.Create("j", spec); !errors.Is(err, broken) {
		t.Fatalf("got %v, want the error of the reader", err)
	}
	spec = Spec(moves)
	spec.Agree = func(p *plan.Plan) error {
		if p.Rows != 3 {
			t.Errorf("asked about %d rows, want 3", p.Rows)
		}
		return broken
	}
	if _, _, err := w.Create("j", spec); !errors.Is(err, broken) {
		t.Fatalf("got %v, want the refusal", err)
	}
	if _, err := w.Open("j"); !errors.Is(err, store.ErrNoJob) {
		t.Errorf("got %v, want ErrNoJob", err)
	}
	w.create("j", moves)
}

func testSeparate(t *testing.T, w world) {
	first, second := w.create("first", moves), w.create("second", moves)
	before := Transcript(t, second)
	Play(t, first, 1)
	if d := cmp.Diff(Transcript(t, second), before); d != "" {
		t.Errorf("a job was changed by what another one did:\n%s", d)
	}
}

func testConflicts(t *testing.T, w world) {
	const header = "operation,source_account,hash,target_account\n"
	into, other := w.create("into", header+"move,11,"+imageA+",22\nmove,11,"+imageB+",22\n"), w.create("other", header+"copy,11,"+imageC+",33\n")
	cleanup := w.create("cleanup", header+"delete,22,"+imageA+",\ndelete,22,"+imageB+",\n")
	none, err := cleanup.FindConflict(t.Context(), other, store.ConflictOptions{})
	if err != nil || none != nil {
		t.Errorf("got %+v, %v, want no conflict", none, err)
	}
	for _, tt := range []struct {
		mine, theirs *store.Job
		want         store.Conflict
	}{
		{cleanup, into, store.Conflict{Mine: store.Deletes, Theirs: store.CopiesTo, Account: "22", Hash: imageA, Images: 2}},
		{into, cleanup, store.Conflict{Mine: store.CopiesTo, Theirs: store.Deletes, Account: "22", Hash: imageA, Images: 2}},
	} {
		got, err := tt.mine.FindConflict(t.Context(), tt.theirs, store.ConflictOptions{})
		if err != nil || got == nil || *got != tt.want {
			t.Errorf("got %+v, %v, want %+v", got, err, tt.want)
		}
	}
	commit(t, into, records(jobs.Done, 1, 2, 3, 4))
	commit(t, cleanup, records(jobs.Failed, 1, 2))
	if got, err := cleanup.FindConflict(t.Context(), into, store.ConflictOptions{}); err != nil || got != nil {
		t.Errorf("failed: got %+v, %v, want no conflict", got, err)
	}
	if got, err := cleanup.FindConflict(t.Context(), into, store.ConflictOptions{Reopen: true}); err != nil || got == nil {
		t.Errorf("failed, to be tried again: got %+v, %v, want a conflict", got, err)
	}
}
