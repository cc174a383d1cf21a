package verify_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/jobs/reader"
)

// Right after a job, whatever it was and whatever the API made of it, nothing has
// drifted; also of what a job did that stopped half way.
func TestVerifyAfterJob(t *testing.T) {
	chain := []string{"move 11 a 22", "move 22 a 33", "copy 11 b 22", "delete 11 c -", "copy 11 d 22", "copy 22 d 33", "delete 44 e -", "copy 11 missing 22"}
	for name, test := range map[string]struct {
		server          sandbox.Options
		options         engine.Options
		present, absent int
	}{
		"all":                 {present: 4, absent: 4},
		"hashes that change":  {server: sandbox.Options{Variants: sandbox.Variants{Rehash: true}}, present: 4, absent: 4},
		"rows that stay":      {server: sandbox.Options{Variants: sandbox.Variants{DeleteKeepsRow: true}}, present: 4, absent: 4},
		"stopped by throttle": {server: sandbox.Options{Script: []sandbox.Rule{{Match: sandbox.Match{Account: "22", Kind: sandbox.Delete}, Fault: sandbox.Fault{Name: "80004/2446079", Hold: time.Hour, Regain: time.Hour}}}}, options: engine.Options{MaxWait: time.Minute}, present: 4, absent: 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, test.server)
				w.Has("11", "a", "b", "c", "d")
				w.Has("22")
				w.Has("33")
				w.Has("44")
				w.Manifest(chain...)
				_ = w.Run(test.options)
				time.Sleep(2 * time.Hour)
				v, drifts := jobtest.Verify(w)
				if v.Present != test.present || v.Absent != test.absent || len(drifts) > 0 || v.Drifted() > 0 {
					t.Errorf("got %d there, %d gone and %v, want %d, %d and no drift\n%+v", v.Present, v.Absent, drifts, test.present, test.absent, w.Results())
				}
			})
		})
	}
}

// What an answer leaves out is no drift: it is asked for again, and where that is in
// vain nothing is said of it. The other accounts are verified all the same.
func TestVerifyDistrustsAnswers(t *testing.T) {
	for _, test := range []struct {
		fault  sandbox.Fault
		unread int
	}{
		{sandbox.Fault{Name: "capped", Above: 7}, 0},
		{sandbox.Fault{Name: "partial"}, 0},
		{sandbox.Fault{Name: "null_rows"}, 60},
		{sandbox.Fault{Name: "empty_rows"}, 60},
		{sandbox.Fault{Name: "unsuccessful"}, 60},
		{sandbox.Fault{Name: "unfiltered"}, 10}, // of the 50 that are asked for first it happens to show just those
		{sandbox.Fault{Name: "foreign_rows"}, 60},
	} {
		t.Run(test.fault.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{{Match: sandbox.Match{Account: "22", Kind: sandbox.Read, After: time.Hour}, Fault: test.fault}}})
				var rows []string
				for i := range 60 {
					w.Has("11", fmt.Sprint(i))
					rows = append(rows, fmt.Sprintf("copy 11 %d 22", i), fmt.Sprintf("copy 11 %d 33", i))
				}
				w.Has("22", "of somebody else")
				w.Has("33", "of somebody else")
				w.Manifest(rows...)
				w.Finish(engine.Options{})
				time.Sleep(2 * time.Hour)
				jobtest.Loses(w, "33", "0")
				v, drifts, err := jobtest.Verified(w)
				if v.Checked() != 120-test.unread || v.Unread != test.unread || v.Drifted() != 1 || len(drifts) != 1 || drifts[0].Account != "33" {
					t.Errorf("got %+v and %v, want %d images unread and one missing in 33", v, drifts, test.unread)
				}
				if told := errors.As(err, new(*reader.AccountError)); told != (test.unread > 0) {
					t.Errorf("got error %v", err)
				}
			})
		})
	}
}

// Thousands of images over many accounts are verified in bulk, and every one that
// drifted is told of, once.
func TestVerifyInBulk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("11")
		var rows []string
		for i := range 3000 {
			w.Has("11", fmt.Sprint(i))
			rows = append(rows, fmt.Sprintf("move 11 %d %d", i, 21+i%4))
		}
		for _, a := range []string{"21", "22", "23", "24"} {
			w.Has(a)
		}
		w.Manifest(rows...)
		w.Finish(engine.Options{})
		time.Sleep(time.Hour)
		for i := 0; i < 3000; i += 10 {
			w.Server.AddImage("11", sandbox.Image{Hash: string(jobtest.Hash(fmt.Sprint(i)))})
		}
		for i := 1; i < 3000; i += 30 {
			w.Server.AddImage(fmt.Sprint(21+i%4), sandbox.Image{Hash: string(jobtest.Hash(fmt.Sprint(i))), Status: sandbox.Deleted})
		}
		before := w.Server.Stats().Requests
		v, drifts := jobtest.Verify(w)
		if v.Present != 3000 || v.Absent != 3000 || v.Drifts[jobs.DriftReappeared] != 300 || v.Drifts[jobs.DriftMissing] != 100 || len(drifts) != 400 {
			t.Errorf("got %+v and %d drifts, want 300 reappeared and 100 missing of 6000", v, len(drifts))
		}
		// One read for 50 images, and one more for what 60 of them do not show.
		if n := w.Server.Stats().Requests - before; n > 185 {
			t.Errorf("%d requests were sent for 6,000 images", n)
		}
		for _, d := range drifts {
			if d.Line < 2 || d.Kind == jobs.DriftReappeared && (!d.Told || time.Since(d.Since) > time.Minute) {
				t.Fatalf("got %+v", d)
			}
		}
	})
}
