package fleet

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"adferry/plan"
)

// metadata is what a slice's River job has of its deck.
type metadata struct {
	Queue string `json:"queue"`
	Label string `json:"label"`
}

// Add implements [Hand].
func (h *riverHand) Add(ctx context.Context, lanes map[Deck][]plan.Account) error {
	there, err := h.there(ctx)
	if err != nil {
		return err
	}
	var missing []river.InsertManyParams
	for d, accounts := range lanes {
		about, err := json.Marshal(metadata{d.queue(), d.Label})
		if err != nil {
			return err
		}
		for _, a := range accounts {
			sl := Slice{d.Job, a}
			switch queue, ok := there[sl]; {
			case !ok:
				missing = append(missing, river.InsertManyParams{Args: sl, InsertOpts: &river.InsertOpts{Queue: d.queue(), Metadata: about}})
			case queue != d.queue(): // a process that ran the job alone had other credentials
				if err := h.redeck(ctx, sl, string(about)); err != nil {
					return err
				}
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if _, err := h.client.InsertMany(ctx, missing); err != nil {
		return fmt.Errorf("add slices: %w", err)
	}
	return nil
}

// redeck gives a slice another deck. A worker that has it keeps it.
func (h *riverHand) redeck(ctx context.Context, sl Slice, about string) error {
	_, err := h.pool.Exec(ctx, `UPDATE adferry.river_job SET metadata = metadata || $4::jsonb, queue = CASE queue WHEN metadata->>'queue' THEN $4::jsonb->>'queue' ELSE queue END
		WHERE kind = $1 AND args @> jsonb_build_object('job', $2::text, 'lane', $3::text) AND state = ANY ($5::adferry.river_job_state[])`,
		sliceKind, sl.Job, string(sl.Lane), about, liveNames())
	if err != nil {
		return fmt.Errorf("put a slice into another deck: %w", err)
	}
	return nil
}

// there are the slices that there are, and the queues of their decks.
func (h *riverHand) there(ctx context.Context) (map[Slice]string, error) {
	rows, err := h.pool.Query(ctx, `SELECT args->>'job', args->>'lane', coalesce(metadata->>'queue', '') FROM adferry.river_job WHERE kind = $1 AND state = ANY ($2::adferry.river_job_state[])`, sliceKind, liveNames())
	if err != nil {
		return nil, fmt.Errorf("read slices: %w", err)
	}
	there := map[Slice]string{}
	var sl Slice
	var queue string
	_, err = pgx.ForEachRow(rows, []any{&sl.Job, (*string)(&sl.Lane), &queue}, func() error {
		there[sl] = queue
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read slices: %w", err)
	}
	return there, nil
}

func liveNames() (all []string) {
	for _, s := range live {
		all = append(all, string(s))
	}
	return all
}
