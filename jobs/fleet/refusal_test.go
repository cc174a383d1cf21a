package fleet_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs/board"
	"adferry/jobs/dispatch"
	"adferry/jobs/engine"
	"adferry/jobs/fleet"
	"adferry/jobs/jobtest"
	"adferry/jobs/proof"
	"adferry/jobs/store"
	"adferry/plan"
)

// Why a worker cannot set up a job is known to all, and it tries again later.
func TestSetupRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, sandbox.Options{}, moves(10))
		o := l.options(engine.Options{})
		setup, refused := o.Setup, 0
		o.Setup = func(ctx context.Context, name string, job *store.Job, m store.Meta) (fleet.Setup, error) {
			if refused < 2 {
				refused++
				return fleet.Setup{}, errors.New("it contradicts job spring")
			}
			return setup(ctx, name, job, m)
		}
		stop := l.run(o)
		l.until("the others know why", func() bool {
			workers, err := l.board.Workers(t.Context())
			return err == nil && len(workers) == 1 && workers[0].Refused["autumn"] == "it contradicts job spring"
		})
		l.until("the job is finished", l.finished)
		stop()
		l.close()
		if l.count(fleet.JobRefused) != 1 || l.count(fleet.Lost) != 0 {
			t.Errorf("got events %v", l.events)
		}
	})
}

// A sweep that the database does not allow now is made later; the lease says whether the worker goes on.
func TestSweepFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, sandbox.Options{Latency: sandbox.Latency{Min: time.Second, Max: 2 * time.Second}}, moves(200))
		o := l.options(engine.Options{Workers: 2})
		passing := errors.New("too many connections")
		list, times := o.Jobs, 0
		o.Lost = func(err error) bool { return errors.Is(err, passing) }
		o.Jobs = func(ctx context.Context, visit func(string, *store.Job) error) error {
			if times++; times > 1 && times < 10 {
				return passing
			}
			return list(ctx, visit)
		}
		stop := l.run(o)
		l.until("the job is finished", l.finished)
		stop()
		l.close()
		if times < 10 || l.count(fleet.Lost) != 0 || l.count(fleet.Joined) != 1 {
			t.Errorf("after %d sweeps: got events %v", times, l.events)
		}
	})
}

// twoTokens are copies of two businesses, of which the API refuses the token of one.
func twoTokens() (sandbox.Options, func(*jobtest.World) []string, func(plan.Account) dispatch.Credential) {
	refuse := func(account string) sandbox.Rule {
		return sandbox.Rule{Match: sandbox.Match{Account: account, Nth: 1, Count: 1e9}, Fault: sandbox.Fault{Name: "190/463"}}
	}
	rows := func(w *jobtest.World) (rows []string) {
		w.Has("21")
		w.Has("22")
		for i := range 20 {
			w.Has("11", fmt.Sprint("a", i))
			w.Has("12", fmt.Sprint("b", i))
			rows = append(rows, fmt.Sprintf("copy 11 a%d 21", i), fmt.Sprintf("copy 12 b%d 22", i))
		}
		return rows
	}
	of := func(a plan.Account) dispatch.Credential {
		if a == "12" || a == "22" {
			return dispatch.Credential{Label: "SOUTH"}
		}
		return dispatch.Credential{Label: "NORTH"}
	}
	return sandbox.Options{Script: []sandbox.Rule{refuse("12"), refuse("22")}}, rows, of
}

// A worker with two tokens of which the API refuses one goes on with the other, and says why the rest
// waits.
func TestOneTokenRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, rows, of := twoTokens()
		l := newLab(t, server, rows)
		stop := l.start(engine.Options{Credential: of})
		l.until("the lane says why it waits", func() bool {
			holds, err := l.board.Holds(t.Context(), "autumn")
			return err == nil && len(holds) == 1 && holds[0].Lane == "22" && strings.Contains(holds[0].Why, "token") && holds[0].Until.After(time.Now())
		})
		taken := l.count(fleet.LaneTaken)
		time.Sleep(6 * time.Minute)
		if l.count(fleet.LaneTaken) == taken || l.count(fleet.JobPaused) > 0 {
			t.Errorf("got %v, want that it is tried again", l.events)
		}
		stop()
		l.close()
		jobtest.WantHolds(t, l.world, "21 a0", "21 a19", "!22 b0")
	})
}

// Nor does a refused token stop workers that have another one. Once only its lanes are left, the job is
// paused.
func TestOneWorkerRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, rows, _ := twoTokens()
		server.Latency = sandbox.Latency{Min: time.Second, Max: 2 * time.Second}
		l := newLab(t, server, rows)
		start := func(token string) func() {
			o := l.options(engine.Options{Credential: func(plan.Account) dispatch.Credential { return dispatch.Credential{Label: token} }, BatchSize: 1, Workers: 1})
			o.Credentials = setWith(t, "account,token\n11,NORTH\n21,NORTH\n12,SOUTH\n22,SOUTH\n", token)
			return l.run(o)
		}
		south, north := start("SOUTH"), start("NORTH")
		l.until("all know why one does nothing", func() bool {
			workers, err := l.board.Workers(t.Context())
			return err == nil && slices.ContainsFunc(workers, func(w board.Worker) bool { return strings.Contains(w.Refused["autumn"], "token") })
		})
		if l.count(fleet.JobPaused) > 0 {
			t.Error("the job is paused though there is more to do")
		}
		l.until("the other has done its part", func() bool { return l.world.Holds("21", "a19") })
		l.until("the job is paused", func() bool { return l.count(fleet.JobPaused) > 0 })
		south()
		north()
		l.close()
		jobtest.WantHolds(t, l.world, "21 a0", "!22 b0")
	})
}

// keeping is a backup that takes each picture, and notes when its folder is not there.
type keeping struct {
	folder string
	saved  atomic.Int32
	astray atomic.Int32
}

func (k *keeping) Save(context.Context, plan.Account, graph.Image) (sum graph.Sum, err error) {
	if _, err := os.Stat(k.folder); err != nil {
		k.astray.Add(1)
	}
	return graph.Sum{byte(k.saved.Add(1))}, nil
}

func (*keeping) Vouch(graph.Sum, plan.Hash) error { return nil }

// Nothing is deleted whose picture would be kept in a folder that is not the job's, from the moment in
// which that is moved: the worker leaves the job to others until it is back.
func TestFolderMoved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := &keeping{folder: filepath.Join(t.TempDir(), "kept")}
		l := newLabOf(t, sandbox.Options{Latency: sandbox.Latency{Min: time.Second, Max: 2 * time.Second}}, moves(500), store.Spec{Proof: proof.New(), Settings: store.Settings{Backup: k.folder}})
		m, err := l.job.Meta(t.Context())
		if err == nil {
			err = proof.Leave(t.Context(), m.Folders)
		}
		if err != nil {
			t.Fatal(err)
		}
		stop := l.start(engine.Options{Backup: k})
		l.until("it keeps pictures", func() bool { return k.saved.Load() > 100 })
		if err := os.Rename(k.folder, k.folder+"2"); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(k.folder, 0o755); err != nil { // as where nothing is mounted any more
			t.Fatal(err)
		}
		saved := k.saved.Load()
		time.Sleep(5 * time.Minute)
		if now := k.saved.Load(); now > saved+1 || l.count(fleet.JobPaused) > 0 {
			t.Errorf("%d pictures were kept in another folder; got events %v", now-saved, l.events)
		}
		if err := errors.Join(os.Remove(k.folder), os.Rename(k.folder+"2", k.folder)); err != nil {
			t.Fatal(err)
		}
		l.until("the job is finished", l.finished)
		stop()
		l.close()
		if k.astray.Load() > 0 {
			t.Errorf("%d pictures had no folder", k.astray.Load())
		}
		l.world.Once()
	})
}

// A job that takes longer to open than a slice lasts is carried out, and a damaged one keeps no worker
// from others.
func TestSlowAndDamaged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, sandbox.Options{}, moves(10))
		o := l.options(engine.Options{})
		setup, list := o.Setup, o.Jobs
		o.Setup = func(ctx context.Context, name string, job *store.Job, m store.Meta) (fleet.Setup, error) {
			select {
			case <-time.After(time.Minute):
			case <-ctx.Done():
			}
			return setup(ctx, name, job, m)
		}
		damaged := unreadable(t)
		o.Jobs = func(ctx context.Context, visit func(string, *store.Job) error) error {
			return errors.Join(visit("damaged", damaged), list(ctx, visit))
		}
		stop := l.run(o)
		l.until("the job is finished", l.finished)
		stop()
		l.close()
		if l.count(fleet.JobRefused) != 1 || l.count(fleet.Lost) != 0 || l.count(fleet.JobOpened) != 1 {
			t.Errorf("got events %v", l.events)
		}
	})
}

// unreadable is a job that cannot be read.
func unreadable(t *testing.T) *store.Job {
	t.Helper()
	folder := t.TempDir()
	job, _, err := store.Create(t.Context(), folder, store.Spec{Manifest: "m.csv", Read: func(visit func(plan.Row) error) (*plan.Plan, error) {
		return plan.Read(strings.NewReader(jobtest.ManifestOf([]string{"copy 1 a 2"})), visit)
	}})
	if err == nil {
		err = job.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	view, err := store.View(t.Context(), folder)
	if err == nil {
		err = view.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return view
}
