package storetest

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/store"
	"adferry/plan"
)

const (
	imageA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	imageB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	imageC = "cccccccccccccccccccccccccccccccc"
)

// moves are two moves of one image, and a copy of another: 1 copy to 22, 2 copy to 33, and the
// deletion that waits for both; then the copy.
const moves = `operation,source_account,hash,target_account,note
move,11,` + imageA + `,22,"a, b"
move,11,` + imageA + `,33,
copy,44,` + imageB + `,22,ü
`

func at(s int64) time.Time { return time.Unix(1_700_000_000+s, 5_000_000).UTC() }

func commit(t *testing.T, job *store.Job, c jobs.Change) []jobs.Released {
	t.Helper()
	free, err := job.Commit(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return free
}

// records are outcomes in a state, of operations that others wait for.
func records(s jobs.State, ids ...plan.OpID) (c jobs.Change) {
	for _, id := range ids {
		o := jobs.Outcome{State: s}
		if s.Settled() {
			o.Finished = at(int64(id))
		}
		c.Records = append(c.Records, jobs.Record{ID: id, Needed: true, Outcome: o})
	}
	return c
}

func load(t *testing.T, job *store.Job, ids ...plan.OpID) []jobs.Operation {
	t.Helper()
	all, err := job.Load(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// find returns the ID of the operation with that kind, source and target.
func find(t *testing.T, job *store.Job, kind plan.Kind, source, target plan.Account) plan.OpID {
	t.Helper()
	for _, o := range load(t, job, 1, 2, 3, 4, 5, 6, 7, 8, 9) {
		if o.Kind == kind && o.Source == source && o.Target == target {
			return o.ID
		}
	}
	t.Fatalf("the job has no %v from %s to %s", kind, source, target)
	return 0
}

func testOutcomes(t *testing.T, w world) {
	job := w.create("j", moves)
	id := find(t, job, plan.KindCopy, "44", "22")
	for _, want := range []jobs.Outcome{
		{State: jobs.Sent, Tried: true, Attempts: 1, Started: at(1), LastSent: at(2)},
		{State: jobs.Failed, Reason: jobs.InUse, Attempts: 3, Code: 368, Subcode: 2859015, Message: "it's \"in\" use\nby ü, 日本, \\ and NULL", TraceID: "A/b+c", Started: at(1), Finished: at(3), LastSent: at(2), Creatives: "1 2"},
		{State: jobs.Done, TargetHash: imageC, Created: true, ConfirmedAt: at(9), Attempts: 1, Started: at(1), Finished: at(3), LastSent: at(2)},
		{State: jobs.Skipped, Reason: jobs.AlreadyPresent, TargetHash: imageC, Finished: at(3)},
		{State: jobs.Pending, Tried: true, Attempts: 2, Started: at(1)},
	} {
		commit(t, job, jobs.Change{Records: []jobs.Record{{ID: id, Outcome: want}}})
		if d := cmp.Diff(load(t, job, id)[0].Outcome, want); d != "" {
			t.Errorf("read, written:\n%s", d)
		}
		job = w.again(job, "j")
		if d := cmp.Diff(load(t, job, id)[0].Outcome, want); d != "" {
			t.Errorf("read by the next process, written:\n%s", d)
		}
	}
	commit(t, job, jobs.Change{Records: records(jobs.Done, id).Records, Confirmed: []jobs.Confirmation{{ID: id, At: at(20)}}})
	if got := load(t, job, id)[0].Outcome.ConfirmedAt; got != at(20) {
		t.Errorf("got confirmed at %v, want %v", got, at(20))
	}
	commit(t, job, jobs.Change{Confirmed: []jobs.Confirmation{{ID: id, At: at(30)}}})
	if got := load(t, job, id)[0].Outcome.ConfirmedAt; got != at(30) {
		t.Errorf("got confirmed at %v, want %v", got, at(30))
	}
}

func testClaims(t *testing.T, w world) {
	job := w.create("j", `operation,source_account,hash,target_account
copy,11,`+imageA+`,22
copy,12,`+imageA+`,22
copy,13,`+imageA+`,22
copy,11,`+imageB+`,22
copy,11,`+imageA+`,33
delete,22,`+imageC+`,
`)
	ids := func(c jobs.Claim) (ids []plan.OpID) {
		t.Helper()
		all, err := job.Claim(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range all {
			ids = append(ids, o.ID)
		}
		return ids
	}
	want := func(name string, got []plan.OpID, want ...plan.OpID) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	const far = 1 << 40
	all := ids(jobs.Claim{Lane: "22", UpTo: far, Most: 10})
	if len(all) != 5 || !slices.IsSorted(all) {
		t.Fatalf("got %v, want five operations in order", all)
	}
	want("most", ids(jobs.Claim{Lane: "22", UpTo: far, Most: 2}), all[:2]...)
	want("after", ids(jobs.Claim{Lane: "22", After: all[1], UpTo: far, Most: 2}), all[2:4]...)
	want("up to", ids(jobs.Claim{Lane: "22", After: all[0], UpTo: all[2], Most: 10}), all[1:3]...)
	want("no such lane", ids(jobs.Claim{Lane: "44", UpTo: far, Most: 10}))
	of11 := ids(jobs.Claim{Lane: "22", Source: "11", UpTo: far, Most: 10})
	if len(of11) != 2 {
		t.Errorf("got %v of one source, want two", of11)
	}
	want("except", ids(jobs.Claim{Lane: "22", Except: []plan.Account{"12", "13", "22"}, UpTo: far, Most: 10}), of11...)
	commit(t, job, records(jobs.Sent, all[0]))
	want("a sent one is claimed", ids(jobs.Claim{Lane: "22", UpTo: far, Most: 1}), all[0])
	for i, s := range []jobs.State{jobs.Done, jobs.Skipped, jobs.Failed} {
		commit(t, job, records(s, all[i]))
	}
	want("settled ones are not", ids(jobs.Claim{Lane: "22", UpTo: far, Most: 10}), all[3:]...)
}

func testReleases(t *testing.T, w world) {
	job := w.create("j", moves)
	a, b := find(t, job, plan.KindCopy, "11", "22"), find(t, job, plan.KindCopy, "11", "33")
	deletion := find(t, job, plan.KindDelete, "11", "")
	if needs := load(t, job, deletion)[0].Needs; len(needs) != 2 || needs[0].ID != a || needs[1].ID != b {
		t.Errorf("got needs %v, want %d and %d", needs, a, b)
	}
	for name, c := range map[string]jobs.Change{"sent": records(jobs.Sent, a, b), "the first done": records(jobs.Done, a)} {
		if free := commit(t, job, c); free != nil {
			t.Errorf("%s: got %v released, want nothing", name, free)
		}
		commit(t, job, records(jobs.Pending, a, b))
	}
	commit(t, job, records(jobs.Skipped, a))
	want := []jobs.Released{{ID: deletion, Lane: "11"}}
	if d := cmp.Diff(commit(t, job, records(jobs.Failed, b)), want); d != "" {
		t.Error(d)
	}
	commit(t, job, records(jobs.Pending, a, b))
	if d := cmp.Diff(commit(t, job, records(jobs.Done, a, b)), want); d != "" {
		t.Errorf("both in one change: %s", d)
	}
}

func testResume(t *testing.T, w world) {
	job := w.create("j", moves)
	resume := func() jobs.ResumePoint {
		t.Helper()
		p, err := job.Resume(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := resume()
	if p.Operations != 4 || p.Settled != 0 || p.Waiting != nil || len(p.Lanes) != 3 {
		t.Errorf("got %+v, want four operations on three lanes, none of which is settled", p)
	}
	a, b := find(t, job, plan.KindCopy, "11", "22"), find(t, job, plan.KindCopy, "11", "33")
	commit(t, job, records(jobs.Done, a))
	denied := records(jobs.Failed, b)
	denied.Records[0].Outcome.Reason = jobs.Denied // before any attempt, which does not speak against the run
	denied.Tally = &jobs.Tally{APICounts: jobs.APICounts{Calls: 7}, Started: at(0), HeadersSent: true}
	commit(t, job, denied)
	job = w.again(job, "j")
	p = resume()
	if d := cmp.Diff(p.Waiting, []jobs.Released{{ID: find(t, job, plan.KindDelete, "11", ""), Lane: "11"}}); d != "" {
		t.Error(d)
	}
	if p.Settled != 2 || p.Failed != 0 || p.Tally.Calls != 7 || !p.Tally.Started.Equal(at(0)) {
		t.Errorf("got %+v, want two settled, no failure that counts, and the tally", p)
	}
	if left, err := job.Unfinished(t.Context()); err != nil || !left {
		t.Errorf("got %v, %v, want that the job is unfinished", left, err)
	}
	commit(t, job, records(jobs.Done, 1, 2, 3, 4))
	if left, err := job.Unfinished(t.Context()); err != nil || left {
		t.Errorf("got %v, %v, want that the job is finished", left, err)
	}
}

func testLanes(t *testing.T, w world) {
	job := w.create("j", moves)
	until := time.Now().Add(time.Hour).Truncate(time.Millisecond).UTC()
	commit(t, job, jobs.Change{
		Lanes:  []jobs.LaneState{{Account: "22", Calls: 1}, {Account: "", ParkedUntil: until}},
		Sample: &jobs.Sample{At: at(1), Settled: 3}, Parks: []jobs.Park{{Account: "22", From: at(5), Until: until, Code: 17, Subcode: 2446079}},
	})
	last := jobs.LaneState{Account: "22", Work: true, Tier: graph.TierUnknown, ParkedUntil: until, ParkedFor: "score", Imposed: true, Calls: 9, Throttles: 2, Parked: 90 * time.Second}
	commit(t, job, jobs.Change{Lanes: []jobs.LaneState{last}, Sample: &jobs.Sample{At: at(1), Settled: 4, Failed: 1, Parked: 2}, Parks: []jobs.Park{{Account: "33", From: at(4), Until: at(6)}}})
	job = w.again(job, "j")
	p, err := job.Quotas(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []jobs.LaneState{{ParkedUntil: until}, {Account: "11", Work: true}, last, {Account: "33", Work: true}}
	if d := cmp.Diff(p.Lanes, want); d != "" {
		t.Error(d)
	}
	samples, parks, err := job.History(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sample := jobs.Sample{At: at(1), Settled: 4, Failed: 1, Parked: 2}
	if !w.alone { // the counts are those of all processes
		sample.Settled, sample.Failed = 0, 0
	}
	if d := cmp.Diff(samples, []jobs.Sample{sample}); d != "" {
		t.Error(d)
	}
	if len(parks) != 2 || parks[0].Account != "33" || parks[1].Code != 17 {
		t.Errorf("got %+v, want both parks in the order of time", parks)
	}
}

func testCutParks(t *testing.T, w world) {
	job := w.create("j", moves)
	until := time.Now().Add(time.Hour).Truncate(time.Millisecond).UTC()
	commit(t, job, jobs.Change{
		Tally: &jobs.Tally{Saved: at(10)},
		Lanes: []jobs.LaneState{{Account: "22", ParkedUntil: until, Parked: until.Sub(at(4))}},
		Parks: []jobs.Park{{Account: "22", From: at(1), Until: at(3)}, {Account: "22", From: at(4), Until: until, Code: 17, Subcode: 1}},
	})
	if err := job.SetRunning(t.Context(), store.Pace{Share: 0.5}); err != nil {
		t.Fatal(err)
	}
	_, parks, err := job.History(t.Context())
	if err != nil || len(parks) != 3 {
		t.Fatalf("got %+v, %v, want three parks", parks, err)
	}
	now := parks[2].From
	want := []jobs.Park{{Account: "22", From: at(1), Until: at(3)}, {Account: "22", From: at(4), Until: at(10), Code: 17, Subcode: 1}, {Account: "22", From: now, Until: until, Code: 17, Subcode: 1}}
	if d := cmp.Diff(parks, want); d != "" || !now.After(at(10)) {
		t.Errorf("now is %v\n%s", now, d)
	}
	p, err := job.Quotas(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range p.Lanes {
		if want := at(10).Sub(at(4)) + until.Sub(now); l.Account == "22" && l.Parked != want {
			t.Errorf("got parked for %v, want %v", l.Parked, want)
		}
	}
}

func testReopen(t *testing.T, w world) {
	job := w.create("j", moves)
	lost := jobs.Outcome{State: jobs.Failed, Reason: jobs.GaveUp, Tried: true, Attempts: 5, Code: 2, Message: "m", TraceID: "t", Started: at(1), LastSent: at(2), Finished: at(3), Creatives: "1"}
	never := jobs.Outcome{State: jobs.Failed, Reason: jobs.NotFound, Finished: at(3)}
	commit(t, job, jobs.Change{Records: []jobs.Record{{ID: 1, Outcome: lost}, {ID: 2, Outcome: never}, {ID: 3, Outcome: jobs.Outcome{State: jobs.Done, Finished: at(4)}}}})
	if err := job.Reopen(t.Context()); err != nil {
		t.Fatal(err)
	}
	var got []jobs.Outcome
	for _, o := range load(t, job, 1, 2, 3) {
		got = append(got, o.Outcome)
	}
	want := []jobs.Outcome{{State: jobs.Pending, Tried: true, Started: at(1), LastSent: at(2)}, {State: jobs.Pending}, {State: jobs.Done, Finished: at(4)}}
	if d := cmp.Diff(got, want); d != "" {
		t.Error(d)
	}
	WantCounted(t, job)
}

func testConcurrent(t *testing.T, w world) {
	job := w.create("j", moves)
	a, b := find(t, job, plan.KindCopy, "11", "22"), find(t, job, plan.KindCopy, "11", "33")
	var all sync.WaitGroup
	released := make([]int, 40)
	for i := range released {
		all.Go(func() {
			free, err := job.Commit(t.Context(), records(jobs.Done, []plan.OpID{a, b}[i%2]))
			if err != nil {
				t.Error(err)
			}
			released[i] = len(free)
		})
	}
	all.Wait()
	n := 0
	for _, r := range released {
		n += r
	}
	if n == 0 {
		t.Error("nobody was told that the deletion no longer waits")
	}
	WantCounted(t, job)
}
