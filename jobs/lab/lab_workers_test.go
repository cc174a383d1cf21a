package lab_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/board"
	"adferry/jobs/board/boardtest"
	"adferry/jobs/engine"
	"adferry/jobs/store"
	"adferry/plan"
)

// workerModels are carried out by several workers, whose lanes read in each other's ad accounts:
// they may take as long as one, and be told to wait as rarely.
func workerModels(s size) (models []model) {
	counts := []int{3}
	if s == wholeSize {
		counts = []int{2, 3}
	}
	for _, workers := range counts {
		for _, tier := range []sandbox.Tier{sandbox.Full, sandbox.Limited} {
			m := movingModel(s, tier)
			m.name = fmt.Sprintf("x u, %d workers", workers)
			m.workers, m.ratio = workers, 1.2
			models = append(models, m)
		}
		for _, m := range spreadModels(s)[:2] {
			m.name = fmt.Sprintf("x %c, %d workers", m.name[0], workers)
			m.workers, m.ratio = workers, 1.2
			models = append(models, m)
		}
	}
	return models
}

// moveEvery is how often a lane goes to another worker.
const moveEvery = 5 * time.Minute

// labShared carries out a job with several workers at one board. Every moveEvery one lane goes to
// another worker.
func labShared(t *testing.T, m model, stored *store.Job, watch *labWatch, o engine.Options) error {
	t.Helper()
	b, err := boardtest.New(t.Context(), map[string]*store.Job{"job": stored})
	if err != nil {
		t.Fatal(err)
	}
	type worker struct {
		member board.Member
		job    board.Job
		engine *engine.Engine
		ended  chan error
	}
	var workers []worker
	for i := range m.workers {
		member, err := b.Join(t.Context(), board.Worker{Name: fmt.Sprint("w", i)})
		if err != nil {
			t.Fatal(err)
		}
		job, err := member.Open(t.Context(), "job")
		if err != nil {
			t.Fatal(err)
		}
		o.Sharing = job
		w := worker{member, job, engine.New(watch, job, o), make(chan error, 1)}
		go func() { w.ended <- w.engine.Run(context.Background()) }()
		workers = append(workers, w)
	}
	take := func(w worker, a plan.Account) {
		w.engine.Await(a)
		p, err := w.job.Take(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		w.engine.Take(p)
		w.engine.Work(a, true)
	}
	save := func(w worker) {
		if err := w.job.SaveLearned(t.Context(), w.engine.Findings()); err != nil {
			t.Fatal(err)
		}
	}
	holds, err := b.Holds(t.Context(), "job")
	if err != nil {
		t.Fatal(err)
	}
	has := map[plan.Account]int{}
	for i, h := range holds {
		has[h.Lane] = i % len(workers)
		take(workers[has[h.Lane]], h.Lane)
	}
	for second, settled := 1, false; ; second++ {
		time.Sleep(time.Second)
		for _, w := range workers {
			if second%5 == 0 {
				if err := w.member.Renew(t.Context()); err != nil {
					t.Fatal(err)
				}
				save(w)
			}
			n, err := w.job.News(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			w.engine.Hear(n)
			settled = n.Progress.Settled == n.Progress.Operations
		}
		if settled || second > int(10*m.ideal.Seconds())+1000 {
			break
		}
		if every := int(moveEvery.Seconds()); second%every == 0 {
			a := holds[second/every%len(holds)].Lane
			from, to := workers[has[a]], (has[a]+1)%len(workers)
			if err := from.engine.Give(t.Context(), a); err != nil {
				t.Fatal(err)
			}
			save(from)
			if err := from.job.Give(t.Context(), a); err != nil {
				t.Fatal(err)
			}
			has[a] = to
			take(workers[to], a)
		}
	}
	for _, w := range workers {
		w.engine.Stop(jobs.ErrInterrupted)
		if err := <-w.ended; !errors.Is(err, jobs.ErrInterrupted) {
			return err
		}
	}
	return nil
}
