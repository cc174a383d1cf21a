package fleet

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"adferry/plan"
)

// River deals slices as jobs of River, whose tables are in the schema adferry of the database.
//
// A slice is one River job as long as its lane has work; its args are the [Slice], and its metadata
// have the label of its deck and the name of the queue that the deck is. What River does with a job
// whose worker died is decided by when its attempt began, by the clocks of PostgreSQL and of the
// client that leads, and by nothing else: so a rescue says nothing of a lease, and a slice that is
// dealt twice finds out from the board.
type River struct {
	Pool *pgxpool.Pool
	Log  *slog.Logger // of River itself
	// Configure adds other kinds of jobs; nil: there are none. All clients of a database have to
	// know all kinds, because the one that leads discards stuck jobs that it does not know.
	Configure func(*river.Config) error
	// Due is asked every minute for jobs of those kinds, which River takes unless it has them; nil:
	// there are none.
	Due func() []river.JobArgs
}

const (
	schema    = "adferry"
	sliceKind = "slice"

	// A rescue looks every 30 s for attempts that began more than MostWork ago, and its scheduler
	// every 5 s for jobs that are due.
	sliceTimeout = MostWork - 2*time.Second
	fetchEvery   = 200 * time.Millisecond // which a lane that has more to send rests between two slices
	mostSlices   = 2000                   // of this worker that are worked on at once
	mostTaken    = 4                      // of a deck that are taken at once
	mostAttempts = 1 << 14                // each rescue is one; a snooze is none
)

// Kind implements [river.JobArgs].
func (Slice) Kind() string { return sliceKind }

// InsertOpts implements [river.JobArgsWithInsertOpts].
func (Slice) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: mostAttempts, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: live}}
}

// live are the states of a job that was not finalised: of a lane there is one in such a state.
var live = []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled}

// queue is the queue that a deck is. Names of jobs and credentials may have characters and lengths
// that names of queues may not.
func (d Deck) queue() string {
	sum := sha256.Sum256([]byte(d.Job + "\x00" + d.Label))
	return "job-" + hex.EncodeToString(sum[:16])
}

func queueOf(worker string) string { return "worker-" + worker }

// Join implements [Dealer].
func (r *River) Join(ctx context.Context, worker string, work func(context.Context, Slice) Next) (Hand, error) {
	h := &riverHand{pool: r.Pool, worker: worker, work: work, ids: map[Slice]int64{}, watched: map[string]bool{}}
	config := &river.Config{
		ID: worker, Schema: schema, Logger: r.Log,
		Workers: river.NewWorkers(), Queues: map[string]river.QueueConfig{queueOf(worker): {MaxWorkers: mostSlices, FetchPollInterval: fetchEvery}},
		JobTimeout: sliceTimeout, RescueStuckJobsAfter: MostWork,
	}
	river.AddWorker(config.Workers, h)
	if r.Configure != nil {
		if err := r.Configure(config); err != nil {
			return nil, err
		}
	}
	var err error
	if h.client, err = river.NewClient(riverpgxv5.New(r.Pool), config); err != nil {
		return nil, fmt.Errorf("start River: %w", err)
	}
	if err := h.client.Start(context.WithoutCancel(ctx)); err != nil {
		return nil, fmt.Errorf("start River: %w", err)
	}
	if h.stopped = make(chan struct{}); r.Due != nil {
		go h.insert(r.Due)
	}
	return h, nil
}

// insert has River take what is due, every minute until the hand is stopped. What fails is tried again.
func (h *riverHand) insert(due func() []river.JobArgs) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-h.stopped:
			return
		case <-tick.C:
		}
		ctx, cancel := context.WithTimeout(context.Background(), stepTime)
		for _, args := range due() {
			_, _ = h.client.Insert(ctx, args, nil)
		}
		cancel()
	}
}

// riverHand is what River deals to one worker.
type riverHand struct {
	river.WorkerDefaults[Slice]
	pool    *pgxpool.Pool
	client  *river.Client[pgx.Tx]
	worker  string
	work    func(context.Context, Slice) Next
	watched map[string]bool // queues of decks
	stopped chan struct{}

	mu  sync.Mutex
	ids map[Slice]int64 // of the slices of this worker
}

// Timeout implements [river.Worker].
func (h *riverHand) Timeout(*river.Job[Slice]) time.Duration { return sliceTimeout }

// NextRetry implements [river.Worker]: a slice that was rescued is dealt at once.
func (h *riverHand) NextRetry(*river.Job[Slice]) time.Time { return time.Now().Add(time.Second) }

// Work implements [river.Worker].
func (h *riverHand) Work(ctx context.Context, dealt *river.Job[Slice]) error {
	next := Next{Mine: true}
	if !h.strayed(dealt) {
		next = h.work(ctx, dealt.Args)
	}
	h.mu.Lock()
	if next.Mine {
		h.ids[dealt.Args] = dealt.ID
	} else {
		delete(h.ids, dealt.Args)
	}
	h.mu.Unlock()
	if next.Done {
		return nil
	}
	queue := queueOf(h.worker)
	if !next.Mine {
		queue = ""
	}
	if dealt.Queue != queue {
		// River leaves the queue as it is when it ends the attempt. An attempt that was rescued
		// meanwhile may be another worker's.
		if _, err := h.pool.Exec(ctx, `UPDATE adferry.river_job SET queue = coalesce(nullif($3, ''), metadata->>'queue')
			WHERE id = $1 AND state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = $2`, dealt.ID, h.worker, queue); err != nil {
			return err
		}
	}
	return river.JobSnooze(next.After)
}

// strayed reports whether a slice of this worker was dealt from its deck: working on it would keep
// the worker from leaving the deck's queue for as long.
func (h *riverHand) strayed(dealt *river.Job[Slice]) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return dealt.Queue != queueOf(h.worker) && h.ids[dealt.Args] == dealt.ID
}

// Watch implements [Hand].
func (h *riverHand) Watch(ctx context.Context, decks []Deck) error {
	wanted := map[string]bool{}
	for _, d := range decks {
		wanted[d.queue()] = true
	}
	for _, queue := range slices.Sorted(maps.Keys(wanted)) {
		if h.watched[queue] {
			continue
		}
		if err := h.client.Queues().Add(queue, river.QueueConfig{MaxWorkers: mostTaken}); err != nil {
			return fmt.Errorf("add a queue of River: %w", err)
		}
		h.watched[queue] = true
	}
	for queue := range h.watched {
		if wanted[queue] {
			continue
		}
		if err := h.client.Queues().Remove(ctx, queue); err != nil {
			return fmt.Errorf("remove a queue of River: %w", err)
		}
		delete(h.watched, queue)
	}
	return nil
}

// Wake implements [Hand].
func (h *riverHand) Wake(ctx context.Context, woken []Slice) error {
	for _, id := range h.idsOf(woken) {
		if _, err := h.client.JobRetry(ctx, id); err != nil && !errors.Is(err, river.ErrNotFound) { // it is done
			return fmt.Errorf("wake a slice: %w", err)
		}
	}
	return nil
}

// idsOf are the River jobs of slices of this worker.
func (h *riverHand) idsOf(all []Slice) (ids []int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, sl := range all {
		if id, ok := h.ids[sl]; ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// Keep implements [Hand].
func (h *riverHand) Keep(ctx context.Context, held []Slice) error {
	var jobs []string
	var lanes []plan.Account
	for _, sl := range held {
		jobs, lanes = append(jobs, sl.Job), append(lanes, sl.Lane)
	}
	rows, err := h.pool.Query(ctx, `UPDATE adferry.river_job SET queue = $4 FROM unnest($2::text[], $3::text[]) AS held(job, lane)
		WHERE kind = $1 AND state IN ('available', 'scheduled', 'retryable') AND queue = metadata->>'queue' AND args->>'job' = held.job AND args->>'lane' = held.lane
		RETURNING id, held.job, held.lane`, sliceKind, jobs, lanes, queueOf(h.worker))
	if err != nil {
		return fmt.Errorf("keep slices: %w", err)
	}
	var id int64
	var sl Slice
	_, err = pgx.ForEachRow(rows, []any{&id, &sl.Job, (*string)(&sl.Lane)}, func() error {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.ids[sl] = id
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep slices: %w", err)
	}
	return nil
}

// Return implements [Hand].
func (h *riverHand) Return(ctx context.Context, returned []Slice) error {
	_, err := h.pool.Exec(ctx, `UPDATE adferry.river_job SET queue = metadata->>'queue', scheduled_at = least(scheduled_at, now()),
		state = CASE state WHEN 'scheduled' THEN 'available' ELSE state END WHERE id = ANY ($1) AND queue = $2`, h.idsOf(returned), queueOf(h.worker))
	if err != nil {
		return fmt.Errorf("return slices: %w", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, sl := range returned {
		delete(h.ids, sl)
	}
	return nil
}

// Tidy implements [Hand].
func (h *riverHand) Tidy(ctx context.Context, jobs []string) error {
	_, err := h.pool.Exec(ctx, `DELETE FROM adferry.river_job WHERE kind = $1 AND state <> 'running' AND NOT args->>'job' = ANY ($2)`, sliceKind, append([]string{}, jobs...))
	if err != nil {
		return fmt.Errorf("remove slices of jobs that are no more: %w", err)
	}
	return nil
}

// Stop implements [Hand].
func (h *riverHand) Stop(ctx context.Context) error {
	close(h.stopped)
	err := h.client.Stop(ctx)
	if err == nil {
		return nil
	}
	cancel, release := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer release()
	_ = h.client.StopAndCancel(cancel) // what is left of it ends with the process
	return fmt.Errorf("stop River: %w", err)
}
