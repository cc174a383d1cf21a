package postgres_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"adferry/jobs"
	"adferry/jobs/board"
	"adferry/jobs/store/postgres"
	"adferry/jobs/store/postgres/pgtest"
	"adferry/jobs/store/storetest"
	"adferry/plan"
)

// hammered is a job with many lanes, whose deletions wait for copies of several of them.
func hammered(images int) string {
	var b strings.Builder
	b.WriteString("operation,source_account,hash,target_account\n")
	for n := range images {
		for target := range 3 {
			fmt.Fprintf(&b, "move,%d,%032x,%d\n", 11+n%4, n, 21+(n+target)%5)
		}
		fmt.Fprintf(&b, "copy,%d,%032x,%d\n", 31+n%3, n, 21+n%5)
	}
	return b.String()
}

// Four workers carry out one job at once, and pass lanes to each other. Each operation is released
// once to whoever has its lane, and carried out once.
func TestFourWorkers(t *testing.T) {
	t.Parallel()
	const workers, images = 4, 150
	s := pgtest.Common(t)
	address := migratedAt(t, s)
	d := open(t, address)
	submitted(t, d, "j", hammered(images))
	h := newHammer(images * 5)
	var all sync.WaitGroup
	calls := make([]int, workers)
	for n := range workers {
		job := openShared(t, join(t, d, fmt.Sprint("w", n)), "j")
		all.Go(func() {
			w := h.worker(job, uint64(n))
			if err := w.run(t); err != nil {
				t.Errorf("worker %d: %v", n, err)
				h.stop()
			}
			calls[n] = w.calls
		})
	}
	all.Wait()
	wantReady(t, s, address)
	view, err := d.View(t.Context(), "j")
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	storetest.WantCounted(t, view)
	if len(h.done) != images*5 {
		t.Errorf("got %d operations carried out, want %d", len(h.done), images*5)
	}
	progress, err := view.Progress(t.Context())
	if want := (jobs.Progress{Operations: images * 5, Settled: images * 5, Failed: h.failed}); err != nil || progress != want {
		t.Errorf("got %+v, %v, want %+v", progress, err, want)
	}
	point, err := view.Quotas(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want, got := 0, 0
	for _, n := range calls {
		want += n
	}
	for _, l := range point.Lanes {
		got += l.Calls
	}
	if got != want || point.Tally.Calls != want {
		t.Errorf("got %d calls of ad accounts, %d in all, want %d", got, point.Tally.Calls, want)
	}
	samples, _, err := view.History(t.Context())
	if err != nil || len(samples) == 0 || samples[len(samples)-1].Settled == 0 {
		t.Errorf("got %+v, %v, want samples of the whole job", samples, err)
	}
}

// Workers whose connections end in the middle of anything are buried, and others go on: nothing is
// lost, counted twice, or carried out twice.
func TestWorkersDie(t *testing.T) {
	t.Parallel()
	const workers, images, kills = 3, 100, 12
	s := pgtest.Common(t)
	address := migratedAt(t, s)
	d := open(t, address)
	submitted(t, d, "j", hammered(images))
	h := newHammer(images * 5)
	h.kills = make(chan struct{}, kills)
	for range kills {
		h.kills <- struct{}{}
	}
	h.kill = func() {
		s.Exec(t, address, `SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock'
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY random() LIMIT 1) AS l`)
	}
	var all sync.WaitGroup
	for n := range workers {
		all.Go(func() {
			for life := 0; !h.over(); life++ {
				name := fmt.Sprintf("w%d-%d", n, life)
				member := join(t, d, name)
				w := h.worker(openShared(t, member, "j"), uint64(100*n+life))
				err := w.run(t)
				if err == nil {
					return
				}
				if !postgres.IsLost(err) {
					t.Errorf("worker %s: %v", name, err)
					h.stop()
					return
				}
				_ = w.job.Close()
				s.Exec(t, address, `UPDATE adferry.workers SET until = clock_timestamp() WHERE name = $1`, name)
				for ; !h.buried(name); time.Sleep(10 * time.Millisecond) { // not before its last transaction has ended
					names, err := member.Bury(t.Context())
					if err != nil {
						t.Error(err)
						h.stop()
						return
					}
					h.bury(names)
				}
				for a := range w.has {
					h.lanes <- a
				}
			}
		})
	}
	all.Wait()
	wantReady(t, s, address)
	view, err := d.View(t.Context(), "j")
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	storetest.WantCounted(t, view)
	if progress, err := view.Progress(t.Context()); err != nil || progress.Settled != images*5 {
		t.Errorf("got %+v, %v, want %d settled", progress, err, images*5)
	}
	if len(h.kills) > 0 {
		t.Errorf("only %d of %d connections ended", kills-len(h.kills), kills)
	}
}

// hammer is what workers share that carry out a job at once.
type hammer struct {
	operations int
	lanes      chan plan.Account // that nobody has
	kills      chan struct{}     // how often kill is to be called
	kill       func()            // ends the connection of some worker

	mu     sync.Mutex
	done   map[plan.OpID]bool
	failed int
	dead   []string // workers
	ended  bool
}

func newHammer(operations int) *hammer {
	h := &hammer{operations: operations, lanes: make(chan plan.Account, 100), done: map[plan.OpID]bool{}}
	for lane := range 30 {
		h.lanes <- plan.Account(fmt.Sprint(11 + lane))
	}
	return h
}

func (h *hammer) worker(job board.Job, seed uint64) *hammerer {
	return &hammerer{hammer: h, job: job, random: rand.New(rand.NewPCG(seed, 0)), has: map[plan.Account]*lane{}, states: map[plan.Account]jobs.LaneState{}}
}

// settled notes operations that were settled, and how many others were found to have failed.
func (h *hammer) settled(records []jobs.Record, unseen int) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failed += unseen
	for _, r := range records {
		if h.done[r.ID] {
			return fmt.Errorf("operation %d was carried out twice", r.ID)
		}
		h.done[r.ID] = true
		if r.Outcome.Blames() {
			h.failed++
		}
	}
	return nil
}

func (h *hammer) bury(names []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.dead = append(h.dead, names...)
}

func (h *hammer) buried(name string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Contains(h.dead, name)
}

func (h *hammer) over() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ended
}

func (h *hammer) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = true
}

// lane is what a worker knows of a lane that it has.
type lane struct {
	cursor   plan.OpID
	released []plan.OpID
	told     map[plan.OpID]bool
}

type hammerer struct {
	*hammer
	job    board.Job
	random *rand.Rand
	has    map[plan.Account]*lane
	states map[plan.Account]jobs.LaneState
	calls  int
}

// run carries out operations of lanes that it takes, some at a time, until all are settled.
func (w *hammerer) run(t *testing.T) error {
	ctx := t.Context()
	for !w.over() {
		select {
		case a := <-w.lanes:
			w.has[a] = &lane{told: map[plan.OpID]bool{}} // also if it is not known whether it was taken
			p, err := w.job.Take(ctx, a)
			if err != nil {
				return fmt.Errorf("take %s: %w", a, err)
			}
			if err := w.release(p.Waiting); err != nil {
				return err
			}
		default:
		}
		for a := range w.has {
			if err := w.some(t, a); err != nil {
				return err
			}
		}
		news, err := w.job.News(ctx)
		if err != nil {
			return err
		}
		if err := w.release(news.Released); err != nil {
			return err
		}
		if news.Progress.Settled == w.operations {
			w.stop()
		}
		for a := range w.has {
			if w.random.IntN(4) == 0 {
				if err := w.job.Give(ctx, a); err != nil {
					return err
				}
				delete(w.has, a)
				w.lanes <- a
			}
		}
	}
	last := jobs.Change{Lanes: slices.Collect(maps.Values(w.states)), Tally: &jobs.Tally{Started: time.Now(), Saved: time.Now()}, Sample: &jobs.Sample{At: time.Now()}}
	last.Tally.Calls = w.calls
	_, err := w.job.Commit(ctx, last)
	return err
}

func (w *hammerer) release(all []jobs.Released) error {
	for _, r := range all {
		l := w.has[r.Lane]
		switch {
		case l == nil:
			return fmt.Errorf("operation %d of %s was released here, where the lane is not", r.ID, r.Lane)
		case l.told[r.ID]:
			return fmt.Errorf("operation %d was released twice", r.ID)
		}
		l.told[r.ID] = true
		l.released = append(l.released, r.ID)
	}
	return nil
}

// some carries out some operations of a lane.
func (w *hammerer) some(t *testing.T, a plan.Account) error {
	l := w.has[a]
	all, err := w.job.Claim(t.Context(), jobs.Claim{Lane: a, After: l.cursor, UpTo: 1 << 40, Most: 1 + w.random.IntN(20)})
	if err != nil {
		return err
	}
	if len(all) > 0 {
		l.cursor = all[len(all)-1].ID
	}
	released, err := w.job.Load(t.Context(), l.released)
	if err != nil {
		return err
	}
	l.released = nil
	all = append(all, released...)
	if len(all) == 0 {
		return nil
	}
	w.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	state := w.states[a]
	state.Account = a
	for _, s := range []jobs.State{jobs.Sent, jobs.Done} {
		var c jobs.Change
		var unseen []jobs.Record
		for _, o := range all {
			out := jobs.Outcome{State: s, Attempts: 1, Tried: true}
			if s == jobs.Done && w.random.IntN(10) == 0 {
				out.State, out.Reason = jobs.Failed, jobs.Invalid
			}
			c.Records = append(c.Records, jobs.Record{ID: o.ID, Needed: o.Needed, Outcome: out})
			for _, need := range o.Needs { // copies that were read back, and one that is gone
				c.Confirmed = append(c.Confirmed, jobs.Confirmation{ID: need.ID, At: time.Now()})
				if s == jobs.Done && need.Outcome.State == jobs.Done && w.random.IntN(5) == 0 {
					unseen = append(unseen, jobs.Record{ID: need.ID, Needed: true, Outcome: jobs.Outcome{State: jobs.Failed, Reason: jobs.CopyUnseen, Attempts: 1, Tried: true}})
				}
			}
		}
		settled := c.Records
		c.Records = append(c.Records, unseen...)
		state.Calls += len(all)
		w.calls += len(all)
		if w.random.IntN(4) == 0 {
			c.Tally, c.Sample = &jobs.Tally{Started: time.Now(), Saved: time.Now()}, &jobs.Sample{At: time.Now()}
			c.Tally.Calls = w.calls
			c.Lanes = []jobs.LaneState{state, {Account: ""}}
		}
		if w.random.IntN(4) == 0 {
			select {
			case <-w.kills:
				dying := make(chan struct{})
				go func() { w.kill(); close(dying) }()
				defer func() { <-dying }()
			default:
			}
		}
		free, err := w.job.Commit(t.Context(), c)
		if err == nil && s == jobs.Done {
			err = w.settled(settled, len(unseen))
		}
		if err != nil {
			return err
		}
		if err := w.release(free); err != nil {
			return err
		}
	}
	w.states[a] = state
	return nil
}

// Whenever two workers settle the two copies that a deletion waits for, it is released to the
// worker that has its lane, once.
func TestReleasedOnce(t *testing.T) {
	t.Parallel()
	const images = 100
	d := migrated(t, pgtest.Common(t))
	var manifest strings.Builder
	manifest.WriteString("operation,source_account,hash,target_account\n")
	for n := range images {
		fmt.Fprintf(&manifest, "move,11,%032x,22\nmove,11,%032x,33\n", n, n)
	}
	submitted(t, d, "j", manifest.String())
	workers := []board.Job{openShared(t, join(t, d, "a"), "j"), openShared(t, join(t, d, "b"), "j")}
	take(t, workers[0], "22")
	take(t, workers[1], "33", "11")
	var copies [2][]jobs.Operation
	for i, lane := range []plan.Account{"22", "33"} {
		var err error
		if copies[i], err = workers[i].Claim(t.Context(), jobs.Claim{Lane: lane, UpTo: 1 << 40, Most: images}); err != nil || len(copies[i]) != images {
			t.Fatalf("got %d copies, %v, want %d", len(copies[i]), err, images)
		}
	}
	times := map[plan.OpID]int{}
	for n := range images {
		released := make([][]jobs.Released, 2)
		var both sync.WaitGroup
		for i, w := range workers {
			both.Go(func() {
				var err error
				if released[i], err = w.Commit(t.Context(), jobs.Change{Records: []jobs.Record{{ID: copies[i][n].ID, Needed: true, Outcome: jobs.Outcome{State: jobs.Done}}}}); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		news, err := workers[1].News(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(released[0]) > 0 {
			t.Errorf("got %v released to a worker that does not have the lane", released[0])
		}
		for _, r := range append(released[1], news.Released...) {
			times[r.ID]++
		}
		if len(times) != n+1 {
			t.Fatalf("got %d deletions released after both copies of %d", len(times), n+1)
		}
	}
	for id, n := range times {
		if n != 1 {
			t.Errorf("operation %d was released %d times", id, n)
		}
	}
}
