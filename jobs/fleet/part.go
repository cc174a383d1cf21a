package fleet

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"adferry/jobs/board"
	"adferry/jobs/store"
	"adferry/plan"
)

// The label of a lane names all credentials that it is carried out with: that of its ad account and
// those of the accounts that it reads. It is "" until a worker that has them, and knows them apart,
// finds the lane.

// betweenLabels is between the labels of several credentials in a lane's.
const betweenLabels = " + "

// Able reports whether a worker has the credentials of a lane with this label: one that has a single
// token for all ad accounts may carry out every lane.
func Able(w board.Worker, label string) bool {
	if slices.Contains(w.Labels, "") {
		return true
	}
	return label != "" && !slices.ContainsFunc(strings.Split(label, betweenLabels), func(one string) bool { return !slices.Contains(w.Labels, one) })
}

// label is the label of a lane, if this worker has all its credentials.
func (s *session) label(ctx context.Context, job *store.Job, a plan.Account) (label string, ok bool, err error) {
	if slices.Contains(s.opt.Worker.Labels, "") {
		return "", true, nil
	}
	accounts, err := job.Reads(ctx, a)
	if err != nil {
		return "", false, err
	}
	labels, ok := s.opt.Labels(append(accounts, a))
	if !ok {
		return "", false, nil
	}
	return strings.Join(labels, betweenLabels), true, nil
}

// part is how many lanes of a job are to be a worker's at most. Lanes that the same workers may
// carry out are shared evenly among these.
func part(me string, holds []board.Hold, workers []board.Worker) (n int) {
	lanes, sharers := map[string]int{}, map[string]int{}
	for _, h := range holds {
		var able []string
		for _, w := range workers {
			if Able(w, h.Label) {
				able = append(able, w.Name)
			}
		}
		if slices.Contains(able, me) {
			key := fmt.Sprint(able)
			lanes[key]++
			sharers[key] = len(able)
		}
	}
	for key, count := range lanes {
		n += (count + sharers[key] - 1) / sharers[key]
	}
	return n
}
