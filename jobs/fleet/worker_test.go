package fleet_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/board"
	"adferry/jobs/board/boardtest"
	"adferry/jobs/credentials"
	"adferry/jobs/engine"
	"adferry/jobs/fleet"
	"adferry/jobs/jobtest"
	"adferry/jobs/store"
	"adferry/plan"
)

// lab is a job that several workers carry out.
type lab struct {
	*testing.T
	world  *jobtest.World
	job    *store.Job
	board  *boardtest.Memory
	dealer *dealer

	mu     sync.Mutex
	events []fleet.Event
	made   int
}

func newLab(t *testing.T, o sandbox.Options, rows func(*jobtest.World) []string) *lab {
	return newLabOf(t, o, rows, store.Spec{})
}

// newLabOf is newLab with what else is said of the job.
func newLabOf(t *testing.T, o sandbox.Options, rows func(*jobtest.World) []string, spec store.Spec) *lab {
	w := jobtest.NewWorld(t, o)
	manifest := jobtest.ManifestOf(rows(w))
	spec.Manifest, spec.Consent = "manifest.csv", true
	spec.Read = func(visit func(plan.Row) error) (*plan.Plan, error) {
		return plan.Read(strings.NewReader(manifest), visit)
	}
	job, _, err := store.Create(t.Context(), w.Dir, spec)
	if err != nil {
		t.Fatal(err)
	}
	b, err := boardtest.New(t.Context(), map[string]*store.Job{"autumn": job})
	if err != nil {
		t.Fatal(err)
	}
	return &lab{T: t, world: w, job: job, board: b, dealer: newDealer()}
}

// options are those of one more worker.
func (l *lab) options(o engine.Options) fleet.Options {
	l.made++
	n := l.made
	return fleet.Options{
		Board: l.board, Dealer: l.dealer, Worker: board.Worker{Host: "Host_1.example"}, Credentials: credentials.Only(credentials.Credential{}),
		Jobs: func(_ context.Context, visit func(string, *store.Job) error) error { return visit("autumn", l.job) },
		Fits: func(store.Meta) error { return nil },
		Setup: func(context.Context, string, *store.Job, store.Meta) (fleet.Setup, error) {
			o.Pictures = filepath.Join(l.world.Dir, fmt.Sprint("pictures", n))
			return fleet.Setup{API: l.world.Wire, Engine: o, Close: func() {}}, nil
		},
		Record: func(ctx context.Context, job *store.Job, why error) error {
			if why != nil {
				return job.SetStop(ctx, 3, why.Error())
			}
			return job.SetStop(ctx, 0, "")
		},
		Lost: func(error) bool { return false },
		Observe: func(e fleet.Event) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.events = append(l.events, e)
			if e.Kind == fleet.Buried || e.Kind == fleet.Left { // as the board of a database does
				l.dealer.orphans(e.Worker)
			}
		},
	}
}

// start runs a worker until it is stopped.
func (l *lab) start(o engine.Options) (stop func()) { return l.run(l.options(o)) }

func (l *lab) run(o fleet.Options) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- fleet.Run(ctx, o) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			l.Error(err)
		}
	}
}

func (l *lab) count(kind fleet.EventKind) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// until waits until something is so.
func (l *lab) until(what string, so func() bool) {
	l.Helper()
	for range 100_000 {
		if so() {
			return
		}
		time.Sleep(time.Second)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.Fatalf("never: %s\n%v", what, l.events)
}

func (l *lab) finished() bool {
	m, err := l.job.Meta(context.Background())
	if err != nil {
		l.Fatal(err)
	}
	return m.ExitCode != nil
}

// close lets the test read the job's folder.
func (l *lab) close() {
	if err := l.job.Close(); err != nil {
		l.Error(err)
	}
}

// moves are moves from two ad accounts to three.
func moves(n int) func(w *jobtest.World) []string {
	return func(w *jobtest.World) (rows []string) {
		sources, targets := []string{"11", "12"}, []string{"21", "22", "23"}
		for _, a := range slices.Concat(sources, targets) {
			w.Has(a)
		}
		for i := range n {
			source := sources[i%2]
			w.Has(source, fmt.Sprint(i))
			rows = append(rows, fmt.Sprint("move ", source, " ", i, " ", targets[i/2%3]))
		}
		return rows
	}
}

// Two workers carry out a job as one process does: every row is done, each write took effect once,
// no deletion came before its copy, and the end is recorded.
func TestTwoWorkers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, sandbox.Options{Latency: sandbox.Latency{Min: 100 * time.Millisecond, Max: 300 * time.Millisecond}}, moves(300))
		first, second := l.start(engine.Options{}), l.start(engine.Options{})
		l.until("the job is finished", l.finished)
		l.until("no slice is left", func() bool { l.dealer.mu.Lock(); defer l.dealer.mu.Unlock(); return len(l.dealer.slices) == 0 })
		first()
		second()
		l.close()
		l.world.Expect(slices.Repeat([]string{"done"}, 300)...)
		l.world.Once()
		l.world.CopiesBeforeDeletes(l.world.Results())
		if l.count(fleet.Joined) != 2 || l.count(fleet.Left) != 2 || l.count(fleet.Lost) != 0 {
			t.Errorf("got events %v", l.events)
		}
	})
}

// A second worker is given its part of the lanes, and a worker that leaves gives all of its own
// back at once.
func TestLanesAreShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, sandbox.Options{Latency: sandbox.Latency{Min: time.Second, Max: 2 * time.Second}}, moves(2000))
		held := func() map[string]int {
			holds, err := l.board.Holds(t.Context(), "autumn")
			if err != nil {
				t.Fatal(err)
			}
			n := map[string]int{}
			for _, h := range holds {
				if h.Worker != "" {
					n[h.Worker]++
				}
			}
			return n
		}
		first := l.start(engine.Options{Workers: 2})
		l.until("one worker has all lanes", func() bool { return slices.Equal(values(held()), []int{5}) })
		second := l.start(engine.Options{Workers: 2})
		l.until("two workers share them", func() bool { return slices.Equal(values(held()), []int{2, 3}) })
		first()
		if got := values(held()); len(got) != 1 {
			t.Errorf("after one has left, workers have %v lanes", got)
		}
		l.until("the other one has all lanes", func() bool { return slices.Equal(values(held()), []int{5}) })
		l.until("the job is finished", l.finished)
		second()
		l.close()
		l.world.Expect(slices.Repeat([]string{"done"}, 2000)...)
		l.world.Once()
		l.world.CopiesBeforeDeletes(l.world.Results())
	})
}

func values(m map[string]int) (all []int) {
	for _, n := range m {
		all = append(all, n)
	}
	slices.Sort(all)
	return all
}

// A worker that cannot go on with a job pauses it with the reason, for all workers, until people
// let it go on.
func TestJobIsPaused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, sandbox.Options{Latency: sandbox.Latency{Min: time.Second, Max: time.Second}}, func(w *jobtest.World) (rows []string) {
			for i := range 40 { // of images that are not there
				rows = append(rows, fmt.Sprintf("copy 11 none%d 21", i))
			}
			return append(rows, moves(2000)(w)...)
		})
		o := engine.Options{Workers: 2, MaxFailures: jobs.Limit{Count: 5, Set: true}}
		first, second := l.start(o), l.start(o)
		l.until("the job is paused", func() bool { return l.count(fleet.JobPaused) > 0 })
		l.until("it is closed", func() bool { return l.count(fleet.JobClosed) == l.count(fleet.JobOpened) })
		m, err := l.job.Meta(t.Context())
		if err != nil || m.PausedAt.IsZero() || m.Stop == "" {
			t.Errorf("got %+v, %v, want a pause with its reason", m, err)
		}
		first()
		second()
		third := l.start(engine.Options{})
		opened := l.count(fleet.JobOpened)
		time.Sleep(time.Minute)
		if l.count(fleet.JobOpened) > opened {
			t.Error("a paused job goes on")
		}
		if err := l.job.Unpause(t.Context()); err != nil {
			t.Fatal(err)
		}
		l.until("the job is finished", func() bool { return l.count(fleet.JobFinished) > 0 })
		third()
		l.close()
	})
}

// A lane goes on whose slice is in its deck, also if the worker that has the lane takes no others.
func TestSlicesStray(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, sandbox.Options{Latency: sandbox.Latency{Min: time.Second, Max: 2 * time.Second}}, moves(1000))
		stop := l.start(engine.Options{Workers: 2})
		l.until("it has all lanes", func() bool { return l.count(fleet.LaneTaken) == 5 })
		time.Sleep(time.Minute) // until slices are its own
		l.dealer.stray()
		time.Sleep(10 * time.Second) // for a sweep
		if n := l.dealer.strayed(); n > 0 || l.finished() {
			t.Errorf("%d slices are in their decks", n)
		}
		l.until("the job is finished", l.finished)
		stop()
		l.close()
		if n := l.count(fleet.LaneTaken); n > 10 { // a sweep may add the slice of a lane that is done by then
			t.Errorf("lanes were taken %d times", n)
		}
		l.world.Expect(slices.Repeat([]string{"done"}, 1000)...)
		l.world.Once()
	})
}

// silent is a board that tells nobody which operations others released.
type silent struct{ board.Board }

func (b silent) Join(ctx context.Context, w board.Worker) (board.Member, error) {
	m, err := b.Board.Join(ctx, w)
	return silentMember{m}, err
}

type silentMember struct{ board.Member }

func (m silentMember) Open(ctx context.Context, job string) (board.Job, error) {
	j, err := m.Member.Open(ctx, job)
	return silentJob{j}, err
}

type silentJob struct{ board.Job }

func (j silentJob) News(ctx context.Context) (jobs.News, error) {
	n, err := j.Job.News(ctx)
	n.Released = nil
	return n, err
}

// A lane that waits for others goes on though its worker missed that they came first.
func TestReleaseMissed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, sandbox.Options{Latency: sandbox.Latency{Min: time.Second, Max: 2 * time.Second}}, moves(300))
		var stop []func()
		for range 2 {
			o := l.options(engine.Options{Workers: 2})
			o.Board = silent{l.board}
			stop = append(stop, l.run(o))
		}
		l.until("the job is finished", l.finished)
		for _, s := range stop {
			s()
		}
		l.close()
		l.world.Expect(slices.Repeat([]string{"done"}, 300)...)
		l.world.Once()
		l.world.CopiesBeforeDeletes(l.world.Results())
	})
}

// unable is a board whose database refuses one commit.
type unable struct {
	board.Board
	with atomic.Pointer[error]
}

func (u *unable) Join(ctx context.Context, w board.Worker) (board.Member, error) {
	m, err := u.Board.Join(ctx, w)
	return unableMember{m, u}, err
}

type unableMember struct {
	board.Member
	from *unable
}

func (m unableMember) Open(ctx context.Context, job string) (board.Job, error) {
	j, err := m.Member.Open(ctx, job)
	return unableJob{j, m.from}, err
}

type unableJob struct {
	board.Job
	from *unable
}

func (j unableJob) Commit(ctx context.Context, c jobs.Change) ([]jobs.Released, error) {
	if err := j.from.with.Swap(nil); err != nil {
		return nil, *err
	}
	return j.Job.Commit(ctx, c)
}

// A database that does not do what a worker asks says nothing of the job: the worker tries again, and
// pauses it for nobody, unless the job is damaged.
func TestDatabaseRefuses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, sandbox.Options{Latency: sandbox.Latency{Min: time.Second, Max: 2 * time.Second}}, moves(1000))
		u := &unable{Board: l.board}
		o := l.options(engine.Options{Workers: 2})
		o.Board = u
		stop := l.run(o)
		refuse := func(err error) { u.with.Store(&err) }
		l.until("it has lanes", func() bool { return l.count(fleet.LaneTaken) == 5 })
		refuse(errors.New("permission denied"))
		l.until("it leaves the job alone", func() bool { return l.count(fleet.JobOffline) == 1 })
		l.until("it goes on", func() bool { return l.count(fleet.JobOpened) == 2 })
		refuse(&store.DamagedError{Err: errors.New("odd")})
		l.until("it pauses the job", func() bool { return l.count(fleet.JobPaused) == 1 })
		if l.count(fleet.JobOffline) != 1 || l.count(fleet.Lost) > 0 {
			t.Errorf("got events %v", l.events)
		}
		stop()
		l.close()
	})
}

// cutOff is a board at which the lease of a worker that has lanes is lost at some time.
type cutOff struct {
	board.Board
	lost atomic.Bool
}

func (c *cutOff) Join(ctx context.Context, w board.Worker) (board.Member, error) {
	m, err := c.Board.Join(ctx, w)
	return cutOffMember{m, c}, err
}

type cutOffMember struct {
	board.Member
	from *cutOff
}

func (m cutOffMember) Renew(ctx context.Context) error {
	if m.from.lost.CompareAndSwap(true, false) {
		return board.ErrLeaseLost
	}
	return m.Member.Renew(ctx)
}

// A worker whose lease is lost sends nothing more and joins again under another name; its lanes go on
// once its lease is over, and no write is repeated.
func TestLeaseLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, sandbox.Options{Latency: sandbox.Latency{Min: time.Second, Max: 2 * time.Second}}, moves(1000))
		c := &cutOff{Board: l.board}
		o := l.options(engine.Options{Workers: 2})
		o.Board = c
		stop := l.run(o)
		l.until("it has lanes", func() bool { return l.count(fleet.LaneTaken) == 5 })
		c.lost.Store(true)
		l.until("it has joined again", func() bool { return l.count(fleet.Joined) == 2 })
		if l.count(fleet.Lost) != 1 || l.count(fleet.LaneGiven) != 0 {
			t.Errorf("got events %v", l.events)
		}
		l.until("the job is finished", l.finished)
		stop()
		l.close()
		if l.count(fleet.Buried) != 1 {
			t.Errorf("got events %v", l.events)
		}
		l.world.Expect(slices.Repeat([]string{"done"}, 1000)...)
		l.world.Once()
		l.world.CopiesBeforeDeletes(l.world.Results())
	})
}
