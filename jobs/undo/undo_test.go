package undo_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/campaign"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/plan"
)

func TestUndo(t *testing.T) {
	for _, test := range []struct {
		name string
		rows []string
		has  []string // "11 a"
		want []string // rows of the undo
		gone int
	}{
		{"a copy", []string{"copy 11 a 22"}, []string{"11 a"}, []string{"delete 22 a"}, 0},
		{"a copy that was there", []string{"copy 11 a 22"}, []string{"11 a", "22 a"}, nil, 0},
		{"a move", []string{"move 11 a 22"}, []string{"11 a"}, []string{"move 22 a 11"}, 0},
		{"a move whose target had it", []string{"move 11 a 22"}, []string{"11 a", "22 a"}, []string{"copy 22 a 11"}, 0},
		{"a move done before", []string{"move 11 a 22"}, []string{"22 a"}, nil, 0},
		{"a move to two", []string{"move 11 a 22", "move 11 a 33"}, []string{"11 a"}, []string{"move 22 a 11", "move 33 a 11"}, 0},
		{"a move to two, one had it", []string{"move 11 a 22", "move 11 a 33"}, []string{"11 a", "22 a"}, []string{"move 33 a 11"}, 0},
		{"a chain of moves", []string{"move 11 a 22", "move 22 a 33"}, []string{"11 a"}, []string{"move 33 a 11"}, 0},
		{"a chain of moves, the middle had it", []string{"move 11 a 22", "move 22 a 33"}, []string{"11 a", "22 a"}, []string{"copy 33 a 11", "move 33 a 22"}, 0},
		{"a chain of copies", []string{"copy 11 a 22", "copy 22 a 33"}, []string{"11 a"}, []string{"delete 22 a", "delete 33 a"}, 0},
		{"a delete", []string{"delete 11 a -"}, []string{"11 a"}, nil, 1},
		{"a delete of what was gone", []string{"delete 11 a -"}, nil, nil, 0},
		{"a delete beside a copy", []string{"copy 11 a 22", "delete 11 a -"}, []string{"11 a"}, []string{"move 22 a 11"}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, sandbox.Options{})
				for _, account := range []string{"11", "22", "33"} {
					w.Has(account)
				}
				for _, p := range test.has {
					w.Has(p[:2], p[3:])
				}
				before := w.Server.Snapshot()
				w.Manifest(test.rows...)
				w.Finish(engine.Options{})
				manifest, gone := jobtest.Undoing(w, t, t.TempDir())
				var got []string
				for _, line := range strings.Split(strings.TrimSpace(manifest), "\n")[1:] {
					c := strings.Split(line, ",")
					got = append(got, strings.ReplaceAll(strings.TrimSpace(fmt.Sprint(c[0], " ", c[1], " a ", c[3])), "act_", ""))
				}
				slices.Sort(got)
				if !slices.Equal(got, test.want) || gone != test.gone {
					t.Errorf("got %q and %d gone, want %q and %d", got, gone, test.want, test.gone)
				}
				undo, _ := jobtest.Undone(w, t, t.TempDir())
				if len(test.want) > 0 {
					for _, r := range undo.Results() {
						if r.Status != jobs.StatusDone {
							t.Errorf("%s %s %s is %s %s: %s", r.Verb, r.Source, r.Target, r.Status, r.Reason, r.Message)
						}
					}
				}
				if after := w.Server.Snapshot(); gone == 0 && !slices.Equal(before, after) {
					t.Errorf("before %v\nafter %v", before, after)
				}
			})
		})
	}
}

// Whatever a job did and wherever it was cut off, also several times: its undo
// leaves every ad account as it was.
func TestUndoAfterAnything(t *testing.T) {
	t.Parallel()
	undone := campaign.Start(t, campaign.Undone)
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			if seed >= 10 {
				undone.Case(t)
			}
			synctest.Test(t, func(t *testing.T) { undoAfter(t, rand.New(rand.NewPCG(seed, 7))) })
		})
	}
}

func undoAfter(t *testing.T, d *rand.Rand) {
	w := jobtest.NewWorld(t, sandbox.Options{Seed: d.Uint64(), Latency: sandbox.Latency{Min: 10 * time.Millisecond, Max: 2 * time.Second},
		Rates: map[string]float64{"cut_after": 0.1, "cut_before": 0.05, "null_after": 0.1, "throttle": 0.05, "html_502": 0.05}})
	accounts, names := []string{"11", "22", "33", "44"}, []string{"a", "b", "c", "d", "e", "f"}
	for _, account := range accounts {
		w.Has(account)
		for _, n := range names {
			if d.IntN(3) == 0 {
				w.Has(account, n)
			}
		}
	}
	var rows []string
	for len(rows) < 14 {
		from, to, n := accounts[d.IntN(4)], accounts[d.IntN(4)], names[d.IntN(6)]
		row := []string{"copy " + from + " " + n + " " + to, "move " + from + " " + n + " " + to, "delete " + from + " " + n + " -"}[d.IntN(3)]
		if valid(append(rows, row)) {
			rows = append(rows, row)
		} else if d.IntN(4) == 0 {
			break
		}
	}
	if len(rows) == 0 {
		return
	}
	before := w.Server.Snapshot()
	w.Manifest(rows...)
	dir := t.TempDir()
	for range 1 + d.IntN(3) { // lives, each cut off at once or drained
		ctx, kill := context.WithTimeout(context.Background(), time.Duration(d.IntN(12_000))*time.Millisecond)
		_ = w.RunCtx(ctx, engine.Options{Backup: w.Backup(t, dir), BatchSize: 1 + d.IntN(4)}, nil)
		kill()
	}
	undo, gone := jobtest.Undone(w, t, dir)
	if gone > 0 {
		t.Errorf("%d images cannot be restored", gone)
	}
	if after := w.Server.Snapshot(); !slices.Equal(before, after) {
		t.Errorf("rows %q", rows)
		for _, e := range before {
			if !slices.Contains(after, e) {
				t.Errorf("%s lost %s", e.Account, nameOf(names, e.Hash))
			}
		}
		for _, e := range after {
			if !slices.Contains(before, e) {
				t.Errorf("%s has %s", e.Account, nameOf(names, e.Hash))
			}
		}
		for _, o := range w.Operations() {
			t.Logf("%s %s %s %s: %s %s, created %v, %d attempts", o.Kind, o.Source, nameOf(names, string(o.Hash)), o.Target, o.Outcome.State, o.Outcome.Reason, o.Outcome.Created, o.Outcome.Attempts)
		}
		manifest, _ := jobtest.Undoing(w, t, dir)
		t.Log(manifest)
		for _, r := range undo.Results() {
			t.Logf("undo %s %s %s %s: %s %s %s", r.Verb, r.Source, nameOf(names, string(r.Hash)), r.Target, r.Status, r.Reason, r.Message)
		}
	}
}

// valid reports whether the rows make a manifest without contradictions.
func valid(rows []string) bool {
	_, err := plan.Read(strings.NewReader(jobtest.ManifestOf(rows)), nil)
	return err == nil
}

func nameOf(names []string, h string) string {
	for _, n := range names {
		if string(jobtest.Hash(n)) == h {
			return n
		}
	}
	return h
}

// What a failed operation may have done outlives its being opened again: an undo
// must not take the last copy of an image for one of two.
func TestUndoAfterRetry(t *testing.T) {
	for _, keeps := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := jobtest.NewWorld(t, sandbox.Options{Variants: sandbox.Variants{DeleteDelay: 30 * time.Minute}})
			w.Has("11", "a", "b")
			w.Has("22")
			before := w.Server.Snapshot()
			w.Manifest("move 11 a 22", "delete 11 b -")
			dir := t.TempDir()
			o := engine.Options{}
			if keeps {
				o.Backup = w.Backup(t, dir)
			}
			if err := w.Run(o); err != nil {
				t.Fatal(err)
			}
			w.Expect("failed copied_not_deleted", "failed delete_unconfirmed")
			time.Sleep(time.Hour)
			w.Reopen()
			if err := w.Run(o); err != nil {
				t.Fatal(err)
			}
			w.Expect("done", "done") // by the delete that was not confirmed
			_, gone := jobtest.Undone(w, t, dir)
			time.Sleep(time.Hour) // its deletion, too, takes a while to show
			jobtest.WantHolds(t, w, "11 a", "!22 a")
			if keeps {
				jobtest.WantHolds(t, w, "11 b")
				if !slices.Equal(before, w.Server.Snapshot()) {
					t.Error("the accounts are not what they were")
				}
			} else if gone != 1 {
				t.Errorf("%d images are told to be gone, want 1", gone)
			}
		})
	}
}
