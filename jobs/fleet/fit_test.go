package fleet_test

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"adferry/jobs/credentials"
	"adferry/jobs/fleet"
	"adferry/jobs/proof"
	"adferry/jobs/store"
	"adferry/plan"
)

// The first worker's labels are the job's; one with others, or with none for an ad account, leaves the
// job alone, and so does one that does not see its backup.
func TestFit(t *testing.T) {
	manifest := "operation,source_account,hash,target_account\nmove,11," + strings.Repeat("a", 32) + ",21\n"
	spec := store.Spec{
		Manifest: "m.csv", Consent: true, Proof: proof.New(), Output: t.TempDir(), Settings: store.Settings{Backup: t.TempDir()},
		Read: func(visit func(plan.Row) error) (*plan.Plan, error) {
			return plan.Read(strings.NewReader(manifest), visit)
		},
	}
	job, p, err := store.Create(t.Context(), filepath.Join(t.TempDir(), "job"), spec)
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	meta, err := job.Meta(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fit := func(file string) error { return fleet.Fit(t.Context(), job, meta, set(t, file)) }
	if err := fit("account,token\n*,NORTH\n"); !errors.As(err, new(*proof.UnseenError)) {
		t.Errorf("got %v without a proof in the backup", err)
	}
	if err := proof.Leave(t.Context(), spec.Folders(p)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		file string
		fits bool
	}{
		{"account,token\n11,NORTH\n", false},
		{"account,token\n11,NORTH\n21,SOUTH\n", true},
		{"account,token\n21,SOUTH\n*,NORTH\n", true},
		{"account,token\n*,NORTH\n", false},
	} {
		if err := fit(tt.file); (err == nil) != tt.fits || err != nil && !errors.As(err, new(*credentials.OtherLabelError)) {
			t.Errorf("%q: got %v", tt.file, err)
		}
	}
	if got, err := job.Labels(t.Context()); err != nil || !maps.Equal(got, map[plan.Account]string{"11": "NORTH", "21": "SOUTH"}) {
		t.Errorf("got %v, %v", got, err)
	}
}

// A job that was removed and submitted anew under its name has labels of its own.
func TestLabelsOfNewJob(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var found []*store.Job
		for _, label := range []string{"NORTH", "SOUTH"} {
			job, _, err := store.Create(t.Context(), filepath.Join(t.TempDir(), "autumn"), store.Spec{Manifest: "m.csv", Read: func(visit func(plan.Row) error) (*plan.Plan, error) {
				return plan.Read(strings.NewReader("operation,source_account,hash,target_account\ncopy,11,"+strings.Repeat("a", 32)+",21\n"), visit)
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer job.Close()
			if err := job.SetLabels(t.Context(), map[plan.Account]string{"11": label, "21": label}); err != nil {
				t.Fatal(err)
			}
			found = append(found, job)
			time.Sleep(time.Second)
		}
		labels, err := fleet.LabelsSeen(t.Context(), found[0], found[0], found[1])
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"NORTH", "NORTH", "SOUTH"} {
			if got := labels[i]["21"]; !slices.Equal(got, []string{want}) {
				t.Errorf("got labels %v at find %d, want %s", got, i+1, want)
			}
		}
	})
}

// set are the credentials of a worker that has NORTH alone.
func set(t *testing.T, file string) *credentials.Set { return setWith(t, file, "NORTH") }

// setWith are those of a worker that has one token alone.
func setWith(t *testing.T, file, token string) *credentials.Set {
	t.Helper()
	f, err := credentials.Parse("c.csv", strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	s, err := f.Open("c.csv", credentials.Environment{Some: true, Lookup: func(name string) (string, bool) { return "token", name == token }}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
