package control_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"adferry/jobs"
	"adferry/jobs/control"
	"adferry/jobs/store"
)

// memory is a job that remembers what was set in memory.
type memory struct {
	mu  sync.Mutex
	set store.Steering
	err error
}

func (m *memory) Steering(context.Context) (store.Steering, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.set, m.err
}

func (m *memory) Tune(_ context.Context, t jobs.Tuning) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.set.Tuning = t
	return m.err
}

// becomes has people set something, or reading it fail, and waits until it was read.
func (m *memory) becomes(set store.Steering, err error) {
	m.mu.Lock()
	m.set, m.err = set, err
	m.mu.Unlock()
	time.Sleep(time.Second)
}

func workers(n int) jobs.Tuning { return jobs.Tuning{Workers: &n} }

func rate(r float64) jobs.Tuning { return jobs.Tuning{MaxRate: &r} }

// What was tuned holds over the options, and 0 is a rate that was set: no limit.
func TestEffective(t *testing.T) {
	options := jobs.Steering{Workers: 8, MaxRate: 20}
	for _, test := range []struct {
		name string
		set  store.Steering
		want jobs.Steering
	}{
		{"nothing", store.Steering{}, options},
		{"paused", store.Steering{PausedAt: time.Unix(1, 0)}, jobs.Steering{Paused: true, Workers: 8, MaxRate: 20}},
		{"workers", store.Steering{Tuning: workers(2)}, jobs.Steering{Workers: 2, MaxRate: 20}},
		{"no limit", store.Steering{Tuning: rate(0)}, jobs.Steering{Workers: 8}},
		{"both", store.Steering{Tuning: control.Overlay(workers(2), rate(5))}, jobs.Steering{Workers: 2, MaxRate: 5}},
		{"later", store.Steering{Tuning: control.Overlay(workers(2), workers(3))}, jobs.Steering{Workers: 3, MaxRate: 20}},
	} {
		if got := control.Effective(options, test.set); got != test.want {
			t.Errorf("%s: got %+v, want %+v", test.name, got, test.want)
		}
	}
}

// Options that a process was given replace what was tuned before, on disk, too.
func TestStart(t *testing.T) {
	tuned := control.Overlay(workers(2), rate(5))
	for _, test := range []struct {
		name  string
		given jobs.Tuning
		want  string
	}{
		{"none", jobs.Tuning{}, "2 workers and at most 5 writes/s per ad account"},
		{"workers", workers(8), "at most 5 writes/s per ad account"},
		{"rate", rate(0), "2 workers"},
		{"both", control.Overlay(workers(8), rate(9)), ""},
	} {
		job := &memory{set: store.Steering{Tuning: tuned}}
		set, err := control.Start(t.Context(), job, job.set, test.given)
		if err != nil || set.Tuning.String() != test.want || job.set.Tuning.String() != test.want {
			t.Errorf("%s: got %q, on disk %q, %v; want %q", test.name, set.Tuning, job.set.Tuning, err, test.want)
		}
	}
	job := &memory{err: errors.New("disk full")}
	_, err := control.Start(t.Context(), job, store.Steering{Tuning: tuned}, workers(8))
	if _, ok := errors.AsType[*jobs.CheckpointError](err); !ok {
		t.Errorf("got error %v, want a CheckpointError", err)
	}
}

// A change is passed on once, within a second, and a reading that fails changes nothing.
func TestFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		options := jobs.Steering{Workers: 8}
		job := &memory{}
		var got []jobs.Steering
		release := control.Follow(t.Context(), job, options, options, func(_, now jobs.Steering) { got = append(got, now) })
		paused := store.Steering{PausedAt: time.Now()}
		job.becomes(store.Steering{}, nil)
		job.becomes(paused, nil)
		job.becomes(store.Steering{}, errors.New("locked"))
		job.becomes(store.Steering{Tuning: workers(2)}, nil)
		job.becomes(store.Steering{}, nil)
		release()
		job.becomes(paused, nil)
		want := []jobs.Steering{{Paused: true, Workers: 8}, {Workers: 2}, {Workers: 8}}
		if !slices.Equal(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}
