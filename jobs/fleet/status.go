package fleet

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"adferry/jobs"
	"adferry/jobs/board"
	"adferry/jobs/credentials"
	"adferry/jobs/store"
	"adferry/plan"
)

// Status is who carries out the jobs of a database.
type Status struct {
	board   board.Board
	workers []board.Worker
}

// ReadStatus reads which workers there are.
func ReadStatus(ctx context.Context, b board.Board) (s Status, err error) {
	s.board = b
	s.workers, err = b.Workers(ctx)
	return s, err
}

// Workers are the workers, by name.
func (s Status) Workers() []jobs.WorkerState {
	all := []jobs.WorkerState{}
	for _, w := range s.workers {
		all = append(all, jobs.WorkerState{Name: w.Name, Host: w.Host, PID: w.PID, Version: w.Version, Credentials: w.Labels, StartedAt: w.Started.UTC(), SeenAt: w.Seen.UTC()})
	}
	return all
}

// Lanes are the lanes of a job that have work, by ad account: none if there are no workers.
func (s Status) Lanes(ctx context.Context, name string, job *store.Job) (all []jobs.LaneHold, err error) {
	if len(s.workers) == 0 {
		return nil, nil
	}
	labels, err := job.LaneLabels(ctx)
	if err != nil {
		return nil, err
	}
	holds, err := holdsOf(ctx, s.board, name, labels)
	for _, h := range holds {
		l := jobs.LaneHold{Account: h.Lane, Worker: h.Worker, Since: timeOrNil(h.Since), Waits: h.Why, Until: timeOrNil(h.Until)}
		if h.Worker == "" {
			l.Waits = cmp.Or(s.nobody(name, h.Label), l.Waits)
		}
		all = append(all, l)
	}
	return all, err
}

// nobody is why no worker carries out a job's lanes with a label; "" if one does.
func (s Status) nobody(job, label string) string {
	able := slices.DeleteFunc(slices.Clone(s.workers), func(w board.Worker) bool { return !Able(w, label) })
	switch {
	case len(able) == 0:
		return without(label)
	case len(takePart(able, job)) == 0:
		return "every worker leaves the job alone: " + able[0].Refused[job]
	}
	return ""
}

// holdsOf are the lanes of a job that have work, with their labels.
func holdsOf(ctx context.Context, b board.Holds, name string, labels map[plan.Account][]string) ([]board.Hold, error) {
	holds, err := b.Holds(ctx, name)
	for i := range holds {
		holds[i].Label = strings.Join(labels[holds[i].Lane], betweenLabels)
	}
	return holds, err
}

// without is what a lane waits for that no worker is able to carry out.
func without(label string) string {
	switch {
	case label == credentials.Single:
		return "no worker has one token for all ad accounts"
	case strings.Contains(label, betweenLabels):
		return "no worker has all of the credentials " + label
	}
	return "no worker has the credential " + label
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
