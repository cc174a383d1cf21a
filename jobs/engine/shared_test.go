package engine_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/jobs/store"
	"adferry/plan"
)

// desk is what two engines of one job share: the checkpoint, and who has which lane.
type desk struct {
	*store.Job
	mu      sync.Mutex
	engines []*engine.Engine
	has     map[plan.Account]int
	news    [][]jobs.Released
	apps    []jobs.AppPark // as they were committed
}

// partner is one engine's side of a desk: its checkpoint, and whom it asks before it sends.
type partner struct {
	*desk
	me int
}

func (p partner) Commit(ctx context.Context, c jobs.Change) ([]jobs.Released, error) {
	c.Tally = nil
	released, err := p.Job.Commit(ctx, c)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.apps = append(p.apps, c.Apps...)
	for i := range p.news {
		if i != p.me {
			p.news[i] = append(p.news[i], released...)
		}
	}
	return released, err
}

func (p partner) Depart(context.Context, jobs.Departure) (jobs.Clearance, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := jobs.News{Released: p.news[p.me]}
	p.news[p.me] = nil
	return jobs.Clearance{May: true, Until: time.Now().Add(jobs.LatestDeparture), News: n}, nil
}

// point is where a lane stands.
func (d *desk) point(t *testing.T, a plan.Account) jobs.LanePoint {
	s, err := d.Resume(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.Waiting = slices.DeleteFunc(s.Waiting, func(r jobs.Released) bool { return r.Lane != a })
	deletes, err := d.DeletesLeft(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return jobs.LanePoint{Account: a, Deletes: deletes, States: s.Lanes, Waiting: s.Waiting, Progress: jobs.Progress{Operations: s.Operations, Settled: s.Settled, Failed: s.Failed}}
}

func (d *desk) left(t *testing.T) int {
	s, err := d.Resume(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s.Operations - s.Settled
}

// shareJob runs the world's job with engines that share it; play moves its lanes.
func shareJob(t *testing.T, w *jobtest.World, n int, o engine.Options, play func(*desk)) {
	job, err := store.Open(t.Context(), w.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	d := &desk{Job: job, has: map[plan.Account]int{}, news: make([][]jobs.Released, n)}
	ended := make(chan error, n)
	for i := range n {
		o := o
		o.Sharing, o.Audit, o.Pictures = partner{d, i}, true, filepath.Join(w.Dir, fmt.Sprint("pictures", i))
		o.Observe = func(e jobs.Event) {
			if e.Text == dispatch.NotWoken {
				t.Error(e.Text)
			}
		}
		e := engine.New(w.Wire, partner{d, i}, o)
		d.engines = append(d.engines, e)
		go func() { ended <- e.Run(t.Context()) }()
	}
	play(d)
	for _, e := range d.engines {
		e.Stop(jobs.ErrInterrupted)
		if err := <-ended; err != jobs.ErrInterrupted {
			t.Error(err)
		}
	}
}

// hear has every engine hear what others released.
func (d *desk) hear() {
	for i, e := range d.engines {
		d.mu.Lock()
		n := jobs.News{Released: d.news[i]}
		d.news[i] = nil
		d.mu.Unlock()
		e.Hear(n)
	}
}

func (d *desk) take(t *testing.T, i int, a plan.Account) {
	d.engines[i].Await(a)
	d.engines[i].Take(d.point(t, a))
	d.engines[i].Work(a, true)
	d.has[a] = i
}

// Lanes that go from one engine to the other, each time whatever is under way, end as with one
// engine: every row is done, each write took effect once, and no deletion came before its copy.
func TestLanesMove(t *testing.T) {
	t.Parallel()
	for _, o := range []sandbox.Options{{}, {Latency: sandbox.Latency{Min: 200 * time.Millisecond, Max: 400 * time.Millisecond}}} {
		synctest.Test(t, func(t *testing.T) {
			w := jobtest.NewWorld(t, o)
			lanes := []plan.Account{"11", "12", "21", "22"}
			for _, a := range lanes {
				w.Has(string(a))
			}
			var rows []string
			for i := range 400 {
				source, target := lanes[i%2], lanes[2+i/2%2]
				w.Has(string(source), fmt.Sprint(i))
				rows = append(rows, fmt.Sprint("move ", source, " ", i, " ", target))
			}
			w.Manifest(rows...)
			moves := 0
			shareJob(t, w, 2, engine.Options{}, func(d *desk) {
				for i, a := range lanes {
					d.take(t, i%2, a)
				}
				for d.left(t) > 0 {
					time.Sleep(1700 * time.Millisecond)
					d.hear()
					a := lanes[moves%len(lanes)]
					if err := d.engines[d.has[a]].Give(t.Context(), a); err != nil {
						t.Fatal(err)
					}
					d.take(t, 1-d.has[a], a)
					if moves++; moves > 2000 {
						t.Fatal("the job does not come to its end")
					}
				}
			})
			if moves < 3 {
				t.Errorf("lanes moved %d times", moves)
			}
			w.Expect(slices.Repeat([]string{"done"}, len(rows))...)
			w.Once()
			w.CopiesBeforeDeletes(w.Results())
		})
	}
}

// A lane that rests sends no write, and is read for other lanes.
func TestRestingLane(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("11", "a")
		w.Has("22", "b")
		w.Has("33")
		w.Manifest("copy 11 a 22", "copy 22 b 33")
		shareJob(t, w, 1, engine.Options{}, func(d *desk) {
			d.take(t, 0, "22")
			d.engines[0].Work("22", false)
			d.take(t, 0, "33")
			time.Sleep(time.Minute)
			if d.left(t) != 1 || w.Holds("22", "a") || !w.Holds("33", "b") {
				t.Errorf("%d operations are left; 22 rests and 33 does not", d.left(t))
			}
			if p := d.engines[0].Progress("33"); !p.Empty || !p.Idle {
				t.Errorf("got %+v of a lane that is done", p)
			}
			if p := d.engines[0].Progress("22"); p.Empty {
				t.Errorf("got %+v of a lane with work", p)
			}
			d.engines[0].Work("22", true)
			time.Sleep(time.Minute)
			if d.left(t) != 0 {
				t.Error("the lane does not go on")
			}
		})
	})
}

// A request that others leave no room for stays, and nothing of its row is lost.
func TestNotYet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("11", "a", "b")
		w.Has("22")
		w.Manifest("move 11 a 22", "copy 11 b 22")
		job, err := store.Open(t.Context(), w.Dir)
		if err != nil {
			t.Fatal(err)
		}
		defer job.Close()
		r := &refusing{until: time.Now().Add(time.Minute)}
		w.Wire.Before = func([]graph.Call) {
			if time.Now().Before(r.until) {
				t.Error("a request left")
			}
		}
		e := engine.New(w.Wire, job, engine.Options{Sharing: r})
		ended := make(chan error, 1)
		go func() { ended <- e.Run(t.Context()) }()
		d := &desk{Job: job}
		for _, a := range []plan.Account{"11", "22"} {
			e.Take(d.point(t, a))
			e.Work(a, true)
		}
		time.Sleep(3 * time.Minute)
		e.Stop(jobs.ErrInterrupted)
		<-ended
		w.Expect("done", "done")
		w.Once()
		if r.asked > 200 {
			t.Errorf("it was asked %d times", r.asked)
		}
	})
}

// refusing is a Sharing that lets nothing leave until a moment.
type refusing struct {
	mu    sync.Mutex
	until time.Time
	asked int
	err   error
}

func (r *refusing) Depart(context.Context, jobs.Departure) (jobs.Clearance, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	return jobs.Clearance{May: !time.Now().Before(r.until), Again: r.until}, r.err
}

var _ jobs.Sharing = (*refusing)(nil)

// A worker that may have lost its lease sends nothing more and ends with a CheckpointError.
func TestLeaseLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("11", "a")
		w.Has("22")
		w.Manifest("copy 11 a 22")
		w.Wire.Before = func([]graph.Call) { t.Error("a request left") }
		job, err := store.Open(t.Context(), w.Dir)
		if err != nil {
			t.Fatal(err)
		}
		defer job.Close()
		lost := errors.New("the lease is over")
		e := engine.New(w.Wire, job, engine.Options{Sharing: &refusing{err: lost}})
		ended := make(chan error, 1)
		go func() { ended <- e.Run(t.Context()) }()
		d := &desk{Job: job}
		e.Take(d.point(t, "22"))
		e.Work("22", true)
		if err := <-ended; !errors.Is(err, lost) {
			t.Errorf("got %v", err)
		}
		if err := e.Give(t.Context(), "22"); err == nil {
			t.Error("a lane was given back after the run")
		}
	})
}

// A lane can be given back while the job is paused, or the engine sends nothing more.
func TestGivePaused(t *testing.T) {
	t.Parallel()
	for name, quiet := range map[string]func(*engine.Engine){
		"paused":  func(e *engine.Engine) { e.Steer(jobs.Steering{Paused: true, Workers: 1}) },
		"drained": (*engine.Engine).Drain,
	} {
		synctest.Test(t, func(t *testing.T) {
			w := jobtest.NewWorld(t, sandbox.Options{})
			w.Has("11", "a")
			w.Has("22")
			w.Manifest("copy 11 a 22")
			shareJob(t, w, 1, engine.Options{}, func(d *desk) {
				quiet(d.engines[0])
				d.take(t, 0, "22")
				time.Sleep(time.Minute)
				if err := d.engines[0].Give(t.Context(), "22"); err != nil {
					t.Error(err)
				}
			})
			if s := w.Server.Stats(); s.Requests > 0 {
				t.Errorf("%s: got %d requests", name, s.Requests)
			}
		})
	}
}

// What is released for a lane after the board gave it, and before the engine has it, is not lost.
func TestReleasedWhileTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("21")
		var rows []string
		for i := range 40 {
			w.Has("11", fmt.Sprint(i))
			rows = append(rows, fmt.Sprint("move 11 ", i, " 21"))
		}
		w.Manifest(rows...)
		shareJob(t, w, 1, engine.Options{}, func(d *desk) {
			d.engines[0].Await("11")
			p := d.point(t, "11")
			d.take(t, 0, "21")
			time.Sleep(time.Minute)
			d.engines[0].Take(p)
			d.engines[0].Work("11", true)
			time.Sleep(5 * time.Minute)
			if n := d.left(t); n > 0 {
				t.Errorf("%d operations are left; the lane stands at %+v", n, d.engines[0].Progress("11"))
			}
		})
	})
}

// What is told as released only after it was settled changes nothing, and is not remembered.
func TestReleasedLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("21")
		var rows []string
		for i := range 40 {
			w.Has("11", fmt.Sprint(i))
			rows = append(rows, fmt.Sprint("move 11 ", i, " 21"))
		}
		w.Manifest(rows...)
		shareJob(t, w, 1, engine.Options{}, func(d *desk) {
			d.take(t, 0, "11")
			d.take(t, 0, "21")
			time.Sleep(5 * time.Minute)
			if n := d.engines[0].Freed("11"); d.left(t) > 0 || n > 0 {
				t.Errorf("%d operations are left, and %d remembered", d.left(t), n)
			}
			w.Wire.Before = func(calls []graph.Call) { t.Errorf("got calls %v of operations that are settled", calls) }
			var late jobs.News
			for id := range plan.OpID(80) {
				late.Released = append(late.Released, jobs.Released{ID: id + 1, Lane: "11"})
			}
			d.engines[0].Hear(late)
			time.Sleep(time.Minute)
			if p, n := d.engines[0].Progress("11"), d.engines[0].Freed("11"); !p.Empty || n > 0 {
				t.Errorf("got %+v, and %d operations remembered", p, n)
			}
		})
	})
}

// slowBackup is a backup that takes a second for each image.
type slowBackup struct{}

func (slowBackup) Save(_ context.Context, _ plan.Account, i graph.Image) (graph.Sum, error) {
	time.Sleep(time.Second)
	return graph.Sum(sha256.Sum256([]byte(i.Hash))), nil
}

func (slowBackup) Vouch(graph.Sum, plan.Hash) error { return nil }

// A lane can be given back while pictures of its images are downloaded.
func TestGiveWhileDownloading(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		var rows []string
		for i := range 40 {
			w.Has("11", fmt.Sprint(i))
			rows = append(rows, fmt.Sprint("delete 11 ", i, " -"))
		}
		w.Manifest(rows...)
		shareJob(t, w, 1, engine.Options{Backup: slowBackup{}, Workers: 2}, func(d *desk) {
			d.take(t, 0, "11")
			time.Sleep(3500 * time.Millisecond)
			began := time.Now()
			if err := d.engines[0].Give(t.Context(), "11"); err != nil || time.Since(began) > time.Minute {
				t.Errorf("it took %v to give the lane back: %v", time.Since(began), err)
			}
			d.take(t, 0, "11")
			time.Sleep(5 * time.Minute)
			if n := d.left(t); n > 0 {
				t.Errorf("%d operations are left", n)
			}
		})
		w.Once()
	})
}

// A file that takes long to read costs its own row time, and no other row anything.
func TestSlowFile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("11", "a")
		w.Has("22")
		w.Text("operation,source_account,hash,target_account,file\ncopy,11," + string(jobtest.Hash("a")) + ",22,\nupload,,,22,0.png\nupload,,,22,1.png\nupload,,,22,2.png\n")
		slow := func(op plan.Op) (graph.File, error) {
			if op.File == "2.png" {
				time.Sleep(2 * time.Minute)
			}
			return graph.File{Name: op.File, Open: func() (io.ReadCloser, error) {
				return io.NopCloser(strings.NewReader("\x89PNG\r\n\x1a\n" + op.File)), nil
			}}, nil
		}
		shareJob(t, w, 1, engine.Options{File: slow}, func(d *desk) {
			d.take(t, 0, "22")
			time.Sleep(time.Minute)
			if n := d.left(t); n != 1 {
				t.Errorf("%d operations are left while a file is read, want one", n)
			}
			time.Sleep(2 * time.Minute)
			if n := d.left(t); n > 0 {
				t.Errorf("%d operations are left", n)
			}
		})
	})
}

// A request that waited for the checkpoint until another worker may have the lane does not leave.
func TestLateIntent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("11", "a")
		w.Has("22")
		w.Manifest("copy 11 a 22")
		job, err := store.Open(t.Context(), w.Dir)
		if err != nil {
			t.Fatal(err)
		}
		defer job.Close()
		d := &desk{Job: job, news: make([][]jobs.Released, 1)}
		e := engine.New(w.Wire, stalled{partner{d, 0}}, engine.Options{Sharing: partner{d, 0}})
		d.engines = []*engine.Engine{e}
		d.has = map[plan.Account]int{}
		ended := make(chan error, 1)
		go func() { ended <- e.Run(t.Context()) }()
		d.take(t, 0, "22")
		if _, ok := errors.AsType[*jobs.CheckpointError](<-ended); !ok || w.Holds("22", "a") {
			t.Errorf("the copy left long after its lease was asked for")
		}
	})
}

// stalled is a checkpoint whose commits of intents take longer than a lease.
type stalled struct{ partner }

func (s stalled) Commit(ctx context.Context, c jobs.Change) ([]jobs.Released, error) {
	released, err := s.partner.Commit(ctx, c)
	if slices.ContainsFunc(c.Records, func(r jobs.Record) bool { return r.Outcome.State == jobs.Sent }) {
		time.Sleep(2 * jobs.LatestDeparture)
	}
	return released, err
}
