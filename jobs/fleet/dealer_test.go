package fleet_test

import (
	"context"
	"slices"
	"sync"
	"time"

	"adferry/jobs/fleet"
	"adferry/plan"
)

// dealer deals slices in memory.
type dealer struct {
	mu     sync.Mutex
	slices map[fleet.Slice]*dealt
	added  int
}

// dealt is a slice, and where it is.
type dealt struct {
	deck   fleet.Deck
	worker string // "": in its deck
	at     time.Time
	busy   bool
}

func newDealer() *dealer { return &dealer{slices: map[fleet.Slice]*dealt{}} }

// hand is what a dealer deals to one worker.
type hand struct {
	*dealer
	worker string
	work   func(context.Context, fleet.Slice) fleet.Next
	decks  []fleet.Deck
	stop   chan struct{}
	busy   sync.WaitGroup
}

func (d *dealer) Join(_ context.Context, worker string, work func(context.Context, fleet.Slice) fleet.Next) (fleet.Hand, error) {
	h := &hand{dealer: d, worker: worker, work: work, stop: make(chan struct{})}
	h.busy.Go(func() {
		for {
			select {
			case <-h.stop:
				return
			case <-time.After(100 * time.Millisecond):
				h.deal()
			}
		}
	})
	return h, nil
}

func (h *hand) deal() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for sl, d := range h.slices {
		if d.busy || time.Now().Before(d.at) || d.worker != h.worker && (d.worker != "" || !slices.Contains(h.decks, d.deck)) {
			continue
		}
		d.busy = true
		h.busy.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), fleet.MostWork)
			defer cancel()
			next := h.work(ctx, sl)
			h.mu.Lock()
			defer h.mu.Unlock()
			d.busy, d.at = false, time.Now().Add(next.After)
			switch {
			case next.Done:
				delete(h.slices, sl)
			case next.Mine:
				d.worker = h.worker
			default:
				d.worker = ""
			}
		})
	}
}

func (h *hand) Watch(_ context.Context, decks []fleet.Deck) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.decks = decks
	return nil
}

func (h *hand) Add(_ context.Context, lanes map[fleet.Deck][]plan.Account) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for d, accounts := range lanes {
		for _, a := range accounts {
			if sl := (fleet.Slice{Job: d.Job, Lane: a}); h.slices[sl] == nil {
				h.slices[sl] = &dealt{deck: d}
				h.added++
			}
		}
	}
	return nil
}

func (h *hand) Wake(_ context.Context, woken []fleet.Slice) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, sl := range woken {
		if d := h.slices[sl]; d != nil && !d.busy && d.worker == h.worker {
			d.at = time.Time{}
		}
	}
	return nil
}

func (h *hand) Keep(_ context.Context, held []fleet.Slice) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, sl := range held {
		if d := h.slices[sl]; d != nil && !d.busy && d.worker == "" {
			d.worker = h.worker
		}
	}
	return nil
}

func (h *hand) Return(_ context.Context, returned []fleet.Slice) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, sl := range returned {
		if d := h.slices[sl]; d != nil && d.worker == h.worker {
			d.worker, d.at = "", time.Time{}
		}
	}
	return nil
}

func (h *hand) Tidy(_ context.Context, jobs []string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for sl := range h.slices {
		if !slices.Contains(jobs, sl.Job) {
			delete(h.slices, sl)
		}
	}
	return nil
}

func (h *hand) Stop(context.Context) error {
	close(h.stop)
	h.busy.Wait()
	return nil
}

// orphans puts the slices of a worker that is no more back into their decks.
func (d *dealer) orphans(worker string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.slices {
		if s.worker == worker {
			s.worker, s.at, s.busy = "", time.Time{}, false
		}
	}
}

// stray puts all slices back into their decks, as if their workers had failed after they took the
// lanes.
func (d *dealer) stray() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.slices {
		s.worker = ""
	}
}

// strayed is how many slices are in their decks.
func (d *dealer) strayed() (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.slices {
		if s.worker == "" && !s.busy {
			n++
		}
	}
	return n
}
