package undo_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/jobs/store"
	"adferry/jobs/undo"
	"adferry/plan"
)

// Every deletion that an undo plans waits to see the image where it came from and
// stays, and takes only what was created while the job wrote it. A move back confirms
// the copy that it makes.
func TestUndoGuards(t *testing.T) {
	for _, test := range []struct {
		name string
		rows []string
		has  []string
		want []string // operation, account, target and witness of each row
	}{
		{"a copy", []string{"copy 11 a 22"}, []string{"11 a"}, []string{"delete 22 sees 11"}},
		{"copies to two", []string{"copy 11 a 22", "copy 11 a 33"}, []string{"11 a"}, []string{"delete 22 sees 11", "delete 33 sees 11"}},
		{"a chain", []string{"copy 11 a 22", "copy 22 a 33"}, []string{"11 a"}, []string{"delete 22 sees 11", "delete 33 sees 11"}},
		{"a chain whose middle had it", []string{"copy 11 a 22", "copy 22 a 33"}, []string{"11 a", "22 a"}, []string{"delete 33 sees 22"}},
		{"a chain from one of two", []string{"copy 11 a 33", "copy 22 a 33", "copy 33 a 44"}, []string{"11 a", "22 a"},
			[]string{"delete 33 sees 11", "delete 44 sees 11"}},
		{"a move", []string{"move 11 a 22"}, []string{"11 a"}, []string{"move 22 to 11"}},
		{"a copy and a move", []string{"copy 11 a 22", "move 11 a 33"}, []string{"11 a"}, []string{"move 22 to 11", "move 33 to 11"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Hour)
				w := jobtest.NewWorld(t, sandbox.Options{})
				for _, account := range []string{"11", "22", "33", "44"} {
					w.Has(account)
				}
				for _, p := range test.has {
					w.Has(p[:2], p[3:])
				}
				began := time.Now()
				w.Manifest(test.rows...)
				w.Finish(engine.Options{})
				ended := time.Now()
				lines, _ := undoLines(w, t, undo.Options{})
				var got []string
				for _, l := range lines {
					row := l.Verb.String() + " " + string(l.Source)
					if l.Target != "" {
						row += " to " + string(l.Target)
					}
					if l.Guard.Witness != "" {
						row += " sees " + string(l.Guard.Witness)
						if l.Guard.WitnessHash != jobtest.Hash("a") {
							t.Errorf("%s looks for %s", row, l.Guard.WitnessHash)
						}
					}
					got = append(got, row)
					for _, at := range []struct {
						at time.Time
						in bool
					}{{began, true}, {ended, true}, {began.Add(-time.Hour), false}, {ended.Add(time.Hour), false}} {
						if l.Guard.CreatedWithin(at.at) != at.in {
							t.Errorf("%s takes an image of %v: got %v, want %v", row, at.at, !at.in, at.in)
						}
					}
				}
				slices.Sort(got)
				if !slices.Equal(got, test.want) {
					t.Errorf("got %q, want %q", got, test.want)
				}
			})
		})
	}
}

// An undo keeps what may be the last copy, and what it did not make: whoever acted in
// the accounts since, and whatever the API says of ages.
func TestUndoBesideOtherHands(t *testing.T) {
	old := sandbox.Image{Hash: string(jobtest.Hash("a")), Created: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)}
	for _, test := range []struct {
		name    string
		options sandbox.Options
		row     string
		seed    func(*jobtest.World)
		ahead   time.Duration        // of the API's clock
		since   func(*jobtest.World) // what others did after the job
		want    string
		holds   []string
	}{
		{name: "nobody did anything", row: "copy 11 a 22", want: "done", holds: []string{"11 a", "!22 a"}},
		{name: "the source was deleted", row: "copy 11 a 22",
			since: func(w *jobtest.World) { jobtest.Loses(w, "11", "a") },
			want:  "failed last_copy", holds: []string{"!11 a", "22 a"}},
		{name: "the source was deleted, and its row stays", row: "copy 11 a 22",
			since: func(w *jobtest.World) {
				w.Server.AddImage("11", sandbox.Image{Hash: string(jobtest.Hash("a")), Status: sandbox.Deleted})
			},
			want: "failed last_copy", holds: []string{"22 a"}},
		{name: "the source cannot be read", row: "copy 11 a 22",
			since: func(w *jobtest.World) { w.Server.AddAccount("11", sandbox.AccountOptions{Denied: "200"}) },
			want:  "failed last_copy", holds: []string{"22 a"}},
		{name: "the copy was made anew", row: "copy 11 a 22",
			since: func(w *jobtest.World) { w.Server.AddImage("22", sandbox.Image{Hash: string(jobtest.Hash("a"))}) },
			want:  "skipped not_created_here", holds: []string{"11 a", "22 a"}},
		{name: "the copy is older than the job", row: "copy 11 a 22",
			since: func(w *jobtest.World) {
				w.Server.AddImage("22", sandbox.Image{Hash: string(jobtest.Hash("a")), Created: time.Now().Add(-24 * time.Hour)})
			},
			want: "skipped not_created_here", holds: []string{"11 a", "22 a"}},
		{name: "copies keep their age", row: "copy 11 a 22", options: sandbox.Options{Variants: sandbox.Variants{CopyKeepsCreated: true}},
			seed: func(w *jobtest.World) { w.Server.AddImage("11", old) },
			want: "done", holds: []string{"11 a", "!22 a"}},
		{name: "the API's clock is ahead", row: "copy 11 a 22", ahead: 3 * time.Hour, want: "done", holds: []string{"11 a", "!22 a"}},
		{name: "the API's clock is behind, and the copy was made anew", row: "copy 11 a 22", ahead: -time.Hour,
			since: func(w *jobtest.World) { w.Server.AddImage("22", sandbox.Image{Hash: string(jobtest.Hash("a"))}) },
			want:  "skipped not_created_here", holds: []string{"11 a", "22 a"}},
		{name: "a move", row: "move 11 a 22", want: "done", holds: []string{"11 a", "!22 a"}},
		{name: "a move, and copies keep their age", row: "move 11 a 22", options: sandbox.Options{Variants: sandbox.Variants{CopyKeepsCreated: true}},
			seed: func(w *jobtest.World) { w.Server.AddImage("11", old) },
			want: "done", holds: []string{"11 a", "!22 a"}},
		{name: "a move whose target was made anew", row: "move 11 a 22",
			since: func(w *jobtest.World) { w.Server.AddImage("22", sandbox.Image{Hash: string(jobtest.Hash("a"))}) },
			want:  "skipped not_created_here", holds: []string{"11 a", "22 a"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(1000 * time.Hour)
				w := jobtest.NewWorld(t, test.options)
				if test.ahead != 0 {
					w.Wire.API = jobtest.ClientOver(t, jobtest.Shifted{RoundTripper: sandbox.Transport(w.Server), Ahead: test.ahead})
				}
				w.Has("11", "a")
				w.Has("22")
				if test.seed != nil {
					test.seed(w)
				}
				w.Manifest(test.row)
				w.Finish(engine.Options{})
				w.Expect("done")
				time.Sleep(time.Hour)
				if test.since != nil {
					test.since(w)
				}
				undo, _ := jobtest.Undone(w, t, t.TempDir())
				undo.Expect(test.want)
				jobtest.WantHolds(t, w, test.holds...)
				if !strings.HasPrefix(test.want, "skipped") {
					return
				}
				if _, drifts := jobtest.Verify(undo); len(drifts) > 0 { // nobody said that it would be gone
					t.Errorf("got %+v", drifts)
				}
			})
		})
	}
}

// Two uploads of one picture, of which either may have made the image: the rows
// that take it back have one guard, or the manifest of the undo would contradict
// itself.
func TestUndoOfRivals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("22")
		w.Text("operation,target_account,file\nupload,22,a.png\nupload,22,b.png\n")
		began := time.Now()
		w.Commit(
			jobs.Record{ID: 1, Outcome: jobs.Outcome{State: jobs.Done, TargetHash: jobtest.Hash("a"), Created: true, Started: began, Finished: began.Add(time.Second)}},
			jobs.Record{ID: 2, Outcome: jobs.Outcome{State: jobs.Done, TargetHash: jobtest.Hash("a"), Created: true, Started: began.Add(time.Hour), Finished: began.Add(time.Hour + time.Second)}})
		lines, _ := undoLines(w, t, undo.Options{})
		if len(lines) != 2 || lines[0].Guard != lines[1].Guard || !lines[0].Guard.CreatedWithin(began) || !lines[0].Guard.CreatedWithin(began.Add(time.Hour)) {
			t.Errorf("got %+v", lines)
		}
		var b bytes.Buffer
		if _, err := plan.WriteGuarded(&b, func(yield func(plan.Line, error) bool) {
			for _, l := range lines {
				yield(l, nil)
			}
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := plan.Read(&b, nil); err != nil {
			t.Error(err)
		}
	})
}

// What an upload brought, and copies of that, stay where its file is gone.
func TestUndoOfUploads(t *testing.T) {
	for _, gone := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := jobtest.NewWorld(t, sandbox.Options{})
			w.Has("22")
			w.Has("33")
			w.Text("operation,source_account,hash,target_account,file\nupload,," + string(jobtest.Hash("a")) + ",22,a.png\ncopy,22," + string(jobtest.Hash("a")) + ",33,\n")
			now := time.Now()
			w.Commit(jobs.Record{ID: 1, Outcome: jobs.Outcome{State: jobs.Done, TargetHash: jobtest.Hash("a"), Created: true, Started: now, Finished: now}},
				jobs.Record{ID: 2, Outcome: jobs.Outcome{State: jobs.Done, TargetHash: jobtest.Hash("a"), Created: true, Started: now, Finished: now}})
			lines, stay := undoLines(w, t, undo.Options{Lost: func(file string) bool { return gone && file == "a.png" }})
			if want := []string{"22: a.png, from which it was uploaded, is gone", "33: a.png, from which it was uploaded, is gone"}; gone && (len(lines) > 0 || !slices.Equal(stay, want)) {
				t.Errorf("the file is gone: got %d rows, and %q stay, want %q", len(lines), stay, want)
			}
			if !gone && (len(lines) != 2 || len(stay) > 0) {
				t.Errorf("got %d rows, and %q stay", len(lines), stay)
			}
		})
	}
}

// A copy stays as long as the deletion of its source may still come true.
func TestUndoOfUnconfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Variants: sandbox.Variants{DeleteDelay: 30 * time.Minute}})
		w.Has("11", "a")
		w.Has("22")
		w.Manifest("move 11 a 22")
		w.Finish(engine.Options{})
		w.Expect("failed copied_not_deleted")
		if _, stay := undoLines(w, t, undo.Options{}); len(stay) != 1 || !strings.Contains(stay[0], "not confirmed") {
			t.Errorf("%q stay", stay)
		}
		jobtest.Undone(w, t, t.TempDir())
		time.Sleep(time.Hour)
		jobtest.WantHolds(t, w, "!11 a", "22 a")
	})
}

// A copy that failed after its answer was lost may be there, and is taken back; one
// of which it is not known what it would have brought has no row.
func TestUndoOfDoubts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("11", "a", "b")
		w.Has("22", "a")
		w.Text("operation,source_account,hash,target_account,file\ncopy,11," + string(jobtest.Hash("a")) + ",22,\nupload,,,22,b.png\ncopy,11," + string(jobtest.Hash("b")) + ",22,\n")
		now := time.Now()
		w.Commit(jobs.Record{ID: 1, Outcome: jobs.Outcome{State: jobs.Failed, Reason: jobs.GaveUp, Tried: true, Attempts: 5, Started: now, LastSent: now.Add(time.Hour), Finished: now}},
			jobs.Record{ID: 2, Outcome: jobs.Outcome{State: jobs.Sent, Started: now, LastSent: now}},
			jobs.Record{ID: 3, Outcome: jobs.Outcome{State: jobs.Failed, Reason: jobs.NotFound, Finished: now}})
		lines, _ := undoLines(w, t, undo.Options{})
		if len(lines) != 1 || lines[0].Verb != plan.Delete || lines[0].Hash != jobtest.Hash("a") || lines[0].Guard.Witness != "11" || !lines[0].Guard.CreatedWithin(now.Add(time.Hour+time.Minute)) {
			t.Errorf("got %+v", lines)
		}
	})
}

// undoLines are the rows of the undo of the world's job, and the accounts of images
// that stay, with why.
func undoLines(w *jobtest.World, t *testing.T, o undo.Options) (lines []plan.Line, stay []string) {
	t.Helper()
	job, err := store.View(context.Background(), w.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	o.Find = func(plan.Account, plan.Hash) (string, error) { return "", nil }
	o.Unrestorable = func(jobs.Operation) {}
	o.Stay = func(a plan.Account, _ plan.Hash, because string) { stay = append(stay, fmt.Sprint(a, ": ", because)) }
	for l, err := range undo.Rows(context.Background(), job, o) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
	return lines, stay
}

// A deletion whose connection was cut, and that takes effect seconds later, is waited
// for: an undo in between would take the copy of an image that is about to be gone.
func TestUndoAfterLateDelete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{{Match: sandbox.Match{Kind: sandbox.Delete, Nth: 1}, Fault: sandbox.Fault{Name: "late", Delay: 6 * time.Second}}}})
		w.Has("11", "a")
		w.Has("22")
		w.Manifest("move 11 a 22")
		_ = w.RunCtx(t.Context(), engine.Options{}, func(e *engine.Engine) {
			w.Wire.After = func(calls []graph.Call) {
				if calls[0].Action == graph.ActionDelete {
					go e.Stop(jobs.ErrInterrupted)
				}
			}
		})
		w.Wire.After = nil
		w.Expect("unknown")
		undoneAfterDoubt(w)
	})
}

// A delete whose answer was lost, and that was sent again and confirmed, may still
// arrive a second time: an undo waits for that, too.
func TestUndoAfterDeleteSentTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{{Match: sandbox.Match{Kind: sandbox.Delete, Nth: 1}, Fault: sandbox.Fault{Name: "late", Delay: 8 * time.Second}}}})
		w.Has("11", "a")
		w.Has("22")
		w.Manifest("move 11 a 22")
		w.Finish(engine.Options{})
		w.Expect("done")
		undoneAfterDoubt(w)
	})
}

// undoneAfterDoubt waits out the one write in doubt, undoes the move of a from 11 to 22,
// and checks that nothing that comes later takes the image.
func undoneAfterDoubt(w *jobtest.World) {
	t := w.T
	t.Helper()
	job, err := store.View(t.Context(), w.Dir)
	if err != nil {
		t.Fatal(err)
	}
	n, last, err := job.InDoubt(t.Context(), time.Now().Add(-jobs.LongestDoubt))
	if err := errors.Join(err, job.Close()); n != 1 || err != nil {
		t.Fatalf("got %d writes in doubt, %v", n, err)
	}
	time.Sleep(time.Until(jobs.DoubtOver(last, time.Now())))
	jobtest.Undone(w, t, t.TempDir())
	time.Sleep(time.Hour)
	jobtest.WantHolds(t, w, "11 a", "!22 a")
}
