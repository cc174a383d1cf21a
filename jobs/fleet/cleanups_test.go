package fleet_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/cleanup"
	"adferry/jobs/fleet"
	"adferry/jobs/proof"
	"adferry/jobs/store"
	"adferry/plan"
)

// cleanups are those of a worker whose ad accounts have images, with what was told of them.
type cleanups struct {
	fleet.Cleanups
	images int

	mu     sync.Mutex
	told   []fleet.CleanupEvent
	listed int
}

func newCleanups(database fleet.Jobs, images int, scheduled ...cleanup.Scheduled) *cleanups {
	c := &cleanups{images: images}
	c.Cleanups = fleet.Cleanups{
		Scheduled: scheduled, Endpoint: "https://graph.facebook.com", Database: database,
		Covers: func([]plan.Account) bool { return true },
		List: func(ctx context.Context, r *cleanup.Request) (*cleanup.Inventory, error) {
			c.mu.Lock()
			c.listed++
			c.mu.Unlock()
			return cleanup.List(ctx, c, r, time.Now(), nil)
		},
		Tell: func(e fleet.CleanupEvent) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.told = append(c.told, e)
		},
	}
	return c
}

// List implements [cleanup.Lister].
func (c *cleanups) List(_ context.Context, accounts []plan.Account, _ graph.Query, each func(plan.Account, graph.Reply) error) error {
	for _, a := range accounts {
		var page graph.Reply
		for i := range c.images {
			page.Images = append(page.Images, graph.Image{Hash: fmt.Sprintf("%032x", i), Name: "x", Status: "ACTIVE", Created: "2020-01-01T00:00:00+0000", UseKnown: true})
		}
		if err := each(a, page); err != nil {
			return err
		}
	}
	return nil
}

// tells checks the last thing that was told.
func (c *cleanups) tells(t *testing.T, want string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.told) == 0 || !strings.Contains(c.told[len(c.told)-1].String(), want) {
		t.Errorf("got %v, want %q", c.told, want)
	}
}

func scheduled(t *testing.T, cron, more string) cleanup.Scheduled {
	t.Helper()
	all, err := cleanup.ParseSchedules("schedules.csv", "", strings.NewReader("schedule,cron,accounts,yes,unused,max_delete,keep_jobs,backup\nnightly,"+cron+",11 12,yes,yes,"+more+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}

// inFolders keeps jobs in folders of a root.
type inFolders struct{ root string }

func (f inFolders) names() (names []string) {
	entries, _ := os.ReadDir(f.root)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func (f inFolders) Each(ctx context.Context, visit func(string, *store.Job) error) error {
	for _, name := range f.names() {
		job, err := store.View(ctx, filepath.Join(f.root, name))
		if err != nil {
			return err
		}
		err = visit(name, job)
		job.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func (f inFolders) Create(ctx context.Context, name string, spec store.Spec) (*store.Job, *plan.Plan, error) {
	return store.Create(ctx, filepath.Join(f.root, name), spec)
}

func (f inFolders) Open(ctx context.Context, name string) (*store.Job, error) {
	return store.Open(ctx, filepath.Join(f.root, name))
}

func (f inFolders) Remove(_ context.Context, name string) error {
	return os.RemoveAll(filepath.Join(f.root, name))
}

func (f inFolders) Reserve(context.Context, string) (func(context.Context) error, func(), error) {
	return func(context.Context) error { return nil }, func() {}, nil
}

// finish settles all operations of a job.
func (f inFolders) finish(t *testing.T, name string) {
	t.Helper()
	job, err := f.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	left, err := job.Claim(t.Context(), jobs.Claim{Lane: "11", UpTo: 1 << 30, Most: 100})
	if err == nil {
		var more []jobs.Operation
		more, err = job.Claim(t.Context(), jobs.Claim{Lane: "12", UpTo: 1 << 30, Most: 100})
		left = append(left, more...)
	}
	var done []jobs.Record
	for _, o := range left {
		done = append(done, jobs.Record{ID: o.ID, Outcome: jobs.Outcome{State: jobs.Done, Finished: time.Now()}})
	}
	if _, failed := job.Commit(t.Context(), jobs.Change{Records: done}); err != nil || failed != nil {
		t.Fatal(err, failed)
	}
}

// A cleanup that is due makes one job of what is to be deleted, under the guards of the command
// cleanup, and none while an earlier job of its schedule is unfinished.
func TestCleanupJobs(t *testing.T) {
	backup, at := t.TempDir(), time.Date(2026, 11, 26, 3, 0, 0, 0, time.UTC)
	s := scheduled(t, "0 3 * * *", "100%,2,"+backup)
	if err := os.WriteFile(filepath.Join(backup, jobs.SharedMark), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	in := inFolders{t.TempDir()}
	c := newCleanups(in, 3, s)
	run := func(day int, want string) string {
		t.Helper()
		due := at.AddDate(0, 0, day)
		if err := c.RunCleanup(t.Context(), s, due); err != nil {
			t.Fatal(err)
		}
		c.tells(t, want)
		return store.RunName("nightly", due)
	}
	first := run(0, "cleanup nightly-20261126-030000Z: job made; images to delete: 6")
	job, err := in.Open(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	meta, err := job.Meta(t.Context())
	if n, _ := job.Deletes(t.Context()); err != nil || n != 6 || !meta.Consent || meta.Backup != backup || meta.Policy == "" || meta.Endpoint == "" {
		t.Errorf("got %d deletions, %+v, %v", n, meta, err)
	}
	if err := proof.Check(t.Context(), meta); err != nil {
		t.Errorf("workers do not see the backup: %v", err)
	}
	job.Close()
	run(0, "job made") // once more: nothing is told, and nothing made
	run(1, "cleanup nightly-20261127-030000Z: skipped, because job nightly-20261126-030000Z is not finished")
	in.finish(t, first)
	for day := 2; day <= 4; day++ {
		in.finish(t, run(day, "job made"))
	}
	if want := []string{"nightly-20261128-030000Z", "nightly-20261129-030000Z", "nightly-20261130-030000Z"}; !slices.Equal(in.names(), want) {
		t.Errorf("got %v, want %v", in.names(), want)
	}
	if left, _ := filepath.Glob(filepath.Join(backup, jobs.ProofPrefix+"*")); len(left) != 3 {
		t.Errorf("proofs: %v, want one for each job", left)
	}
	c.images = 0
	run(5, "cleanup nightly-20261201-030000Z: nothing to delete")
}

func TestCleanupRefused(t *testing.T) {
	in := inFolders{t.TempDir()}
	s := scheduled(t, "0 3 * * *", "5,,")
	c := newCleanups(in, 3, s)
	if err := c.RunCleanup(t.Context(), s, time.Now()); err != nil {
		t.Fatal(err)
	}
	c.tells(t, "the cleanup would delete 6 images, but --max-delete allows 5")
	c.Cleanups.List = func(context.Context, *cleanup.Request) (*cleanup.Inventory, error) {
		return nil, errors.New("no answer")
	}
	if err := c.RunCleanup(t.Context(), s, time.Now()); err == nil {
		t.Error("a cleanup that could not be listed is not tried again")
	}
	c.tells(t, "no answer; it is tried again")
	s = scheduled(t, "0 3 * * *", "100%,,"+t.TempDir()) // where nothing is mounted
	c = newCleanups(in, 3, s)
	if err := c.RunCleanup(t.Context(), s, time.Now()); err == nil {
		t.Error("images would be backed up in a folder that other workers may not have")
	}
	c.tells(t, "nothing shows that")
	if len(in.names()) > 0 {
		t.Errorf("jobs were made: %v", in.names())
	}
}

// Of several workers with the same schedules one makes the job, and none does when another one
// leads later.
func TestCleanupsOfWorkers(t *testing.T) {
	t.Parallel()
	d := migrated(t)
	due := time.Now().UTC().Add(-2 * time.Minute).Truncate(time.Minute)
	s := scheduled(t, fmt.Sprintf("%d %d * * *", due.Minute(), due.Hour()), "100%,,")
	pool, err := d.Pool(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	var workers []*cleanups
	join := func(name string) (leave func()) {
		c := newCleanups(d, 1, s)
		workers = append(workers, c)
		hand, err := (&fleet.River{Pool: pool, Configure: c.Configure}).Join(t.Context(), name, func(context.Context, fleet.Slice) fleet.Next { return fleet.Next{Done: true} })
		if err != nil {
			t.Fatal(err)
		}
		return func() {
			if err := hand.Stop(context.Background()); err != nil {
				t.Error(err)
			}
			c.Close()
		}
	}
	counts := func() (made, listed int) {
		for _, c := range workers {
			c.mu.Lock()
			listed += c.listed
			for _, e := range c.told {
				if e.Deletes > 0 {
					made++
				}
			}
			c.mu.Unlock()
		}
		return made, listed
	}
	leave := []func(){join("a"), join("b")}
	for made := 0; made == 0; made, _ = counts() {
		time.Sleep(50 * time.Millisecond)
	}
	for _, l := range leave {
		l()
	}
	defer join("c")() // leads now, and has missed the cleanup as far as it remembers
	for {
		var jobs []string
		err := pool.QueryRow(t.Context(), `SELECT array_agg(state::text) FROM adferry.river_job WHERE kind = 'cleanup'`).Scan(&jobs)
		if err != nil || len(jobs) != 1 {
			t.Fatalf("got %v, %v, want one job of River", jobs, err)
		}
		if jobs[0] == "completed" {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	var names []string
	if err := d.Each(t.Context(), func(name string, _ *store.Job) error { names = append(names, name); return nil }); err != nil {
		t.Fatal(err)
	}
	if want := store.RunName("nightly", due); !slices.Equal(names, []string{want}) {
		t.Errorf("got %v, want %s", names, want)
	}
	if made, listed := counts(); made != 1 || listed != 1 {
		t.Errorf("%d jobs were made in %d listings, want 1 in 1", made, listed)
	}
}

// A schedule's name is one process's at a time.
func TestReserve(t *testing.T) {
	t.Parallel()
	d := migrated(t)
	held, release, err := d.Reserve(t.Context(), "a")
	if err != nil || held(t.Context()) != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Reserve(t.Context(), "a"); !errors.Is(err, store.ErrBusy) {
		t.Errorf("got %v, want ErrBusy", err)
	}
	if _, other, err := d.Reserve(t.Context(), "b"); err != nil {
		t.Error(err)
	} else {
		other()
	}
	release()
	for {
		_, again, err := d.Reserve(t.Context(), "a")
		if err == nil {
			again()
			break
		}
		if !errors.Is(err, store.ErrBusy) {
			t.Fatal(err)
		}
	}
	if held(t.Context()) == nil {
		t.Error("a name that was released counts as held")
	}
}

// A cleanup that nobody has begun a minute after it was due is seen to by every worker that has its
// schedule, for as long as it may be begun.
func TestOverdue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCleanups(inFolders{t.TempDir()}, 1, scheduled(t, "0 * * * *", "5%,,"))
		due := time.Now() // an hour begins
		for _, test := range []struct {
			after time.Duration
			want  int
		}{{0, 0}, {50 * time.Second, 0}, {time.Minute, 1}, {10 * time.Minute, 1}, {20 * time.Minute, 0}, {time.Hour + 30*time.Second, 0}} {
			time.Sleep(time.Until(due.Add(test.after)))
			if got := c.Due(); len(got) != test.want {
				t.Errorf("after %v: got %v, want %d", test.after, got, test.want)
			}
		}
	})
}
