package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"

	"adferry/plan"
)

// labelsKey is the entry of meta with the labels of the credentials of the job's ad accounts, which
// all workers of the job have to agree on. [Job.Meta], which is read every second, leaves it out.
const labelsKey = "account_labels"

// Labels are the labels of the job's ad accounts, as far as it remembers them; nil if it remembers
// none. An ad account that is not among them has the label "".
func (j *Job) Labels(ctx context.Context) (labels map[plan.Account]string, err error) {
	var text string
	err = j.read.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = '`+labelsKey+`'`).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, j.readError(err)
	}
	if err := json.Unmarshal([]byte(text), &labels); err != nil {
		return nil, j.db.Damaged(err)
	}
	return labels, nil
}

// KeepLabels makes the job remember labels unless it remembers some already, and returns what it
// remembers: of several workers that begin at the same time, the labels of one.
func (j *Job) KeepLabels(ctx context.Context, labels map[plan.Account]string) (map[plan.Account]string, error) {
	known, err := j.Labels(ctx)
	if err != nil || known != nil {
		return known, err
	}
	failed := j.setLabels(ctx, labels, true)
	if known, err = j.Labels(ctx); err == nil && known == nil {
		err = failed
	}
	return known, err
}

// SetLabels makes the job remember other labels.
func (j *Job) SetLabels(ctx context.Context, labels map[plan.Account]string) error {
	return j.setLabels(ctx, labels, false)
}

func (j *Job) setLabels(ctx context.Context, labels map[plan.Account]string, keep bool) error {
	if labels == nil {
		labels = map[plan.Account]string{}
	}
	text, err := json.Marshal(labels)
	if err != nil {
		return err
	}
	return j.set(ctx, Entry{Key: labelsKey, Value: string(text), Keep: keep})
}

// LaneAccounts are the ad accounts that each lane's operations are about, by the lane: itself, those
// that are read for them, and witnesses of deletions. Whoever carries out the lane needs credentials
// for all of them.
func (j *Job) LaneAccounts(ctx context.Context) (map[plan.Account][]plan.Account, error) {
	lanes := map[plan.Account][]plan.Account{}
	add := func(lane plan.Account, others ...plan.Account) {
		for _, a := range append(others, lane) {
			if !slices.Contains(lanes[lane], a) {
				lanes[lane] = append(lanes[lane], a)
			}
		}
	}
	classes, err := j.classes(ctx, ``)
	if err != nil {
		return nil, err
	}
	for _, c := range classes {
		add(c.lane, c.otherAccounts()...)
	}
	witnesses, err := j.witnesses(ctx, ``)
	for _, w := range witnesses {
		add(w.lane, w.account)
	}
	for _, accounts := range lanes {
		slices.Sort(accounts)
	}
	return lanes, err
}

// witness is an ad account in which deletions of a lane look for the image first.
type witness struct{ lane, account plan.Account }

// witnesses returns the witnesses of all lanes' deletions, or of those that a condition selects, each
// once.
func (j *Job) witnesses(ctx context.Context, condition string, args ...any) (all []witness, err error) {
	// Their guards begin with "seen=act_", up to 20 digits, "/" and the image's hash; see plan.Guard.
	rows, err := j.read.QueryContext(ctx, `SELECT lane, min(guard) FROM ops WHERE guard LIKE 'seen=%'`+condition+
		` GROUP BY lane, rtrim(substr(guard, 1, 30), '0123456789abcdef')`, args...)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var w witness
		var text string
		if err := scan(&w.lane, &text); err != nil {
			return err
		}
		var g plan.Guard
		if err := g.UnmarshalText([]byte(text)); err != nil {
			return j.db.Damaged(err)
		}
		w.account = g.Witness
		all = append(all, w)
		return nil
	})
	return all, j.readError(err)
}

// LaneLabels are the labels of the credentials that each lane's operations need, sorted, by the
// lane, as far as the job remembers labels. A lane without any needs the one token for all.
func (j *Job) LaneLabels(ctx context.Context) (map[plan.Account][]string, error) {
	known, err := j.Labels(ctx)
	if err != nil || len(known) == 0 {
		return nil, err
	}
	lanes, err := j.LaneAccounts(ctx)
	if err != nil {
		return nil, err
	}
	labels := map[plan.Account][]string{}
	for lane, accounts := range lanes {
		for _, a := range accounts {
			if label := known[a]; !slices.Contains(labels[lane], label) {
				labels[lane] = append(labels[lane], label)
			}
		}
		slices.Sort(labels[lane])
	}
	return labels, nil
}
