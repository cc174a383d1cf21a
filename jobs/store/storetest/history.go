package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"adferry/jobs"
	"adferry/jobs/store"
	"adferry/plan"
)

// Tangled is a manifest whose rows and operations belong together in every way that there is.
const Tangled = `operation,source_account,hash,target_account,file,note
copy,11,` + imageA + `,22,,"a ""note"""
copy,11,` + imageA + `,22,,
move,11,` + imageA + `,22,,
move,11,` + imageA + `,33,,
move,11,` + imageB + `,22,,ü
move,11,` + imageB + `,22,,
move,22,` + imageB + `,33,,
copy,11,` + imageC + `,22,,
copy,11,` + imageC + `,33,,
copy,11,` + imageC + `,44,,
delete,11,` + imageC + `,,,
delete,44,dddddddddddddddddddddddddddddddd,,,
delete,44,dddddddddddddddddddddddddddddddd,,,
upload,,,22,a.png,
upload,,,22,a.png,
upload,,,33,a.png,
`

// steps is how many changes a history has.
const steps = 60

// Play changes a job as a process may, always in the same way for a seed.
func Play(t *testing.T, job *store.Job, seed uint64) {
	t.Helper()
	if n, err := PlaySome(job, seed, steps); err != nil {
		t.Fatalf("step %d: %v", n+1, err)
	}
}

// PlaySome makes the first changes of the history of a seed. It stops at the first that fails,
// and returns how many did not.
func PlaySome(job *store.Job, seed uint64, most int) (n int, err error) {
	random := rand.New(rand.NewPCG(seed, 0))
	at, err := job.Resume(context.Background())
	if err != nil {
		return 0, err
	}
	for ; n < most; n++ {
		if random.IntN(15) == 0 {
			err = job.Reopen(context.Background())
		} else {
			_, err = job.Commit(context.Background(), anyChange(random, at.Operations, int64(n)))
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// anyChange changes some operations, one perhaps several times, and some lanes.
func anyChange(random *rand.Rand, operations int, step int64) (c jobs.Change) {
	coin := func() bool { return random.IntN(2) == 0 }
	for range 1 + random.IntN(6) {
		o := jobs.Outcome{
			State: jobs.States[random.IntN(5)], Attempts: random.IntN(3), Created: coin(), Tried: coin(), Started: at(step), LastSent: at(step + 1),
			TargetHash: plan.Hash([]string{"", imageA, imageB, "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"}[random.IntN(4)]),
		}
		if o.State.Settled() {
			o.Finished = at(step + 2)
		}
		if o.State == jobs.Failed {
			o.Reason, o.Code, o.Message = []jobs.Reason{jobs.NotFound, jobs.Denied, jobs.DependencyFailed, jobs.InUse}[random.IntN(4)], random.IntN(400), fmt.Sprint("message ", step)
		}
		c.Records = append(c.Records, jobs.Record{ID: plan.OpID(1 + random.IntN(operations)), Needed: true, Outcome: o})
	}
	if coin() {
		c.Confirmed = append(c.Confirmed, jobs.Confirmation{ID: plan.OpID(1 + random.IntN(operations)), At: at(step + 3)})
	}
	if coin() {
		account := plan.Account([]string{"", "11", "22"}[random.IntN(3)])
		c.Lanes = append(c.Lanes, jobs.LaneState{Account: account, Calls: int(step), Throttles: random.IntN(3), ParkedUntil: at(step), ParkedFor: "score", Parked: time.Second})
		c.Parks = append(c.Parks, jobs.Park{Account: account, From: at(step), Until: at(step + int64(random.IntN(2))), Code: 17})
		c.Sample = &jobs.Sample{At: at(step / 2), Settled: int(step), Parked: 1}
		c.Tally = &jobs.Tally{APICounts: jobs.APICounts{HTTPRequests: int(step), Calls: 3}, Started: at(0), Elapsed: time.Duration(step) * time.Second, Saved: at(step)}
	}
	return c
}

// Transcript is all that can be read of a job, in order, as text.
func Transcript(t *testing.T, job *store.Job) string {
	t.Helper()
	var b strings.Builder
	tell := func(what string, value any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(what, err)
		}
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(what, err)
		}
		fmt.Fprintf(&b, "%s %s\n", what, text)
	}
	ctx := t.Context()
	tellAll(tell, "result", job.Results(ctx))
	tellAll(tell, "source", job.Sources(ctx))
	point, err := job.Resume(ctx)
	tell("resume", point, err)
	for _, l := range point.Lanes {
		all, err := job.Claim(ctx, jobs.Claim{Lane: l.Account, UpTo: 1 << 40, Most: 100})
		tell("claim", all, err)
	}
	var ids []plan.OpID
	for id := range point.Operations {
		ids = append(ids, plan.OpID(id+1))
	}
	all, err := job.Load(ctx, ids)
	tell("load", all, err)
	tellAll(tell, "change", job.Changes(ctx))
	rivals, err := job.Rivals(ctx)
	tell("rivals", rivals, err)
	n, last, err := job.InDoubt(ctx, at(0))
	tell("in doubt", []any{n, last}, err)
	n, err = job.LostHashes(ctx)
	tell("lost hashes", n, err)
	samples, parks, err := job.History(ctx)
	tell("history", []any{samples, parks}, err)
	done, err := job.Done(ctx)
	tell("done", done, err)
	s, err := job.Summary(ctx)
	s.Job, s.ElapsedS, s.Outlook, s.AtStop = "", 0, jobs.Outlook{}, jobs.Outlook{} // these are of the name and of the moment
	tell("summary", s, err)
	x, err := job.Expectations(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	tell("expected", expected(t, x), nil)
	return b.String()
}

func tellAll[T any](tell func(string, any, error), what string, all iter.Seq2[T, error]) {
	for v, err := range all {
		tell(what, v, err)
	}
}

func expected(t *testing.T, x *store.Expectations) (all []jobs.Expectation) {
	t.Helper()
	accounts, err := x.Accounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range accounts {
		for e, err := range x.Of(t.Context(), a) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, e)
		}
	}
	return all
}

// WantCounted compares the totals of the summary with the rows.
func WantCounted(t *testing.T, job *store.Job) {
	t.Helper()
	s, err := job.Summary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var totals jobs.Totals
	reasons := map[jobs.Reason]int{}
	for r, err := range job.Results(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		totals.Add(r.Fate.Status, 1)
		if r.Fate.Reason != "" {
			reasons[r.Fate.Reason]++
		}
	}
	if d := cmp.Diff(s.Totals, totals); d != "" {
		t.Errorf("counted, rows:\n%s", d)
	}
	if d := cmp.Diff(s.Reasons, reasons); d != "" {
		t.Errorf("counted reasons, rows:\n%s", d)
	}
}
