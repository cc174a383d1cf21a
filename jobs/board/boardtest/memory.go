// Package boardtest has a board in memory, and the tests that every board passes.
package boardtest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"adferry/jobs"
	"adferry/jobs/board"
	"adferry/jobs/store"
	"adferry/plan"
)

// LeaseTime is how long a lease of Memory lasts without being renewed.
const LeaseTime = 30 * time.Second

// probeTime is how long a probe is another worker's who may have died meanwhile.
const probeTime = 90 * time.Second

// Memory is a board in memory, whose jobs are in files. Its clock is time.Now, so it works in a
// bubble of testing/synctest.
type Memory struct {
	mu      sync.Mutex
	jobs    map[string]*job
	members map[string]*member
	spent   []entry
	saved   map[place]saved
	probes  map[place]probe
	apps    map[string]jobs.AppPark // the latest wait of each app
}

// place is an ad account of an app, or with "" the app itself.
type place struct {
	app     string
	account plan.Account
}

type entry struct {
	jobs.Spent
	by *view
}

type saved struct {
	bytes []byte
	after int // entries of spent that it knows
}

type probe struct {
	by    *view
	until time.Time
}

// job is a job of the board, as all its workers left it.
type job struct {
	name     string
	stored   *store.Job
	lanes    map[plan.Account]*lane
	states   map[plan.Account]jobs.LaneState
	imposed  map[plan.Account]time.Time // ends of waits that the API imposed
	tally    jobs.Tally
	released map[plan.Account][]jobs.Released
	failing  map[plan.Account]bool
	progress *jobs.Progress // nil: it changed since it was read
}

type lane struct {
	board.Hold
	by *member
}

// New makes a board of jobs that this process has opened.
func New(ctx context.Context, all map[string]*store.Job) (*Memory, error) {
	m := &Memory{jobs: map[string]*job{}, members: map[string]*member{}, saved: map[place]saved{}, probes: map[place]probe{}, apps: map[string]jobs.AppPark{}}
	for name, stored := range all {
		point, err := stored.Resume(ctx)
		if err != nil {
			return nil, err
		}
		j := &job{name: name, stored: stored, tally: point.Tally, lanes: map[plan.Account]*lane{}, states: map[plan.Account]jobs.LaneState{},
			imposed: map[plan.Account]time.Time{}, released: map[plan.Account][]jobs.Released{}, failing: map[plan.Account]bool{}}
		for _, s := range point.Lanes {
			j.states[s.Account] = s
			if s.Imposed {
				j.imposed[s.Account] = s.ParkedUntil
			}
		}
		m.jobs[name] = j
	}
	return m, nil
}

// Join implements [board.Board].
func (m *Memory) Join(_ context.Context, w board.Worker) (board.Member, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if other := m.members[w.Name]; other != nil && other.alive() {
		return nil, fmt.Errorf("there is a worker %s already", w.Name)
	}
	w.Seen = time.Now()
	b := &member{board: m, info: w, until: time.Now().Add(LeaseTime)}
	m.members[w.Name] = b
	return b, nil
}

// Workers implements [board.Board].
func (m *Memory) Workers(context.Context) (all []board.Worker, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, b := range m.members {
		if b.alive() {
			all = append(all, b.info)
		}
	}
	slices.SortFunc(all, func(a, b board.Worker) int { return cmp.Compare(a.Name, b.Name) })
	return all, nil
}

// Holds implements [board.Holds].
func (m *Memory) Holds(ctx context.Context, name string) (all []board.Hold, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	j := m.jobs[name]
	point, err := j.stored.Resume(ctx)
	for _, s := range point.Lanes {
		if !s.Work {
			continue
		}
		h := board.Hold{Lane: s.Account}
		if l := j.lanes[s.Account]; l != nil && l.by != nil && l.by.alive() {
			h = l.Hold
		}
		all = append(all, h)
	}
	return all, err
}

// member is a worker at the board.
type member struct {
	board *Memory
	info  board.Worker
	until time.Time // its lease; the zero time: buried, or it left
}

func (b *member) alive() bool { return time.Now().Before(b.until) }

// Refuse implements [board.Member].
func (b *member) Refuse(_ context.Context, why map[string]string) error {
	b.board.mu.Lock()
	defer b.board.mu.Unlock()
	b.info.Refused = maps.Clone(why)
	return nil
}

// Holds implements [board.Holds].
func (b *member) Holds(ctx context.Context, name string) ([]board.Hold, error) {
	return b.board.Holds(ctx, name)
}

// Renew implements [board.Member].
func (b *member) Renew(context.Context) error {
	b.board.mu.Lock()
	defer b.board.mu.Unlock()
	if !b.alive() {
		return board.ErrLeaseLost
	}
	b.until, b.info.Seen = time.Now().Add(LeaseTime), time.Now()
	return nil
}

// Open implements [board.Member].
func (b *member) Open(_ context.Context, name string) (board.Job, error) {
	b.board.mu.Lock()
	defer b.board.mu.Unlock()
	j := b.board.jobs[name]
	if j == nil {
		return nil, store.ErrNoJob
	}
	return &view{Job: j.stored, board: b.board, job: j, member: b, wrote: map[plan.Account]jobs.LaneState{}, apps: map[string]time.Time{}, known: map[place]int{}, told: len(b.board.spent)}, nil
}

// Bury implements [board.Member].
func (b *member) Bury(context.Context) (names []string, err error) {
	b.board.mu.Lock()
	defer b.board.mu.Unlock()
	for name, other := range b.board.members {
		if !other.alive() {
			names = append(names, name)
			b.board.remove(other)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Close implements [board.Member].
func (b *member) Close() {}

// Leave implements [board.Member].
func (b *member) Leave(context.Context) error {
	b.board.mu.Lock()
	defer b.board.mu.Unlock()
	b.board.remove(b)
	return nil
}

func (m *Memory) remove(b *member) {
	b.until = time.Time{}
	delete(m.members, b.info.Name)
	for _, j := range m.jobs {
		for a, l := range j.lanes {
			if l.by == b {
				delete(j.lanes, a)
			}
		}
	}
}
