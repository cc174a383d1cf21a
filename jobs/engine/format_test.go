package engine_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/jobs/store"
	"adferry/plan"
)

// The file of a job that was stopped half way is kept of every format that a release
// has. Once the format changes, this writes the next one, whose name has to be
// raised here.
var keepFormat = flag.Bool("keep-format", false, "keep a job file of the present format as "+presentFormat)

const presentFormat = "../store/testdata/format4.db"

// A job that an older adferry left half way, with answers lost and rows failed, is
// finished by this one.
func TestJobsOfEveryFormat(t *testing.T) {
	t.Parallel()
	if *keepFormat {
		synctest.Test(t, keepJob)
	}
	files, err := filepath.Glob("../store/testdata/format*.db")
	if err != nil || !slices.Contains(files, presentFormat) {
		t.Fatalf("got %q, %v: the present format is not among them", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(24 * time.Hour)
				w := jobtest.NewWorld(t, sandbox.Options{})
				w.Has("11", "a", "b", "c", "e", "h", "i", "j", "k")
				w.Has("22", "a", "b", "c", "h") // c by the write whose answer was lost
				w.Has("33", "f")
				w.Server.AddImage("22", sandbox.Image{Hash: string(jobtest.Hash("l")), Created: guarded.From.Add(time.Second)})
				w.Server.AddImage("11", sandbox.Image{Hash: string(jobtest.Hash("l"))})
				raw, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(w.Dir, "job.db"), raw, 0o644); err != nil {
					t.Fatal(err)
				}
				pictures := t.TempDir()
				if err := os.WriteFile(filepath.Join(pictures, "logo.png"), []byte("\x89PNG\r\n\x1a\n"), 0o644); err != nil {
					t.Fatal(err)
				}
				if got := w.Results()[2]; got.Status != jobs.StatusUnknown {
					t.Fatalf("the kept job's third row is %s, want unknown", got.Status)
				}
				w.Reopen()
				w.Finish(engine.Options{File: jobtest.FilesUnder(pictures)})
				if g := w.Operations()[14].Guard; g != guarded {
					t.Errorf("the last deletion has guard %q, want %q", g, guarded)
				}
				w.Expect("done", "done", "done", "failed not_found", "done", "done", "done", "skipped already_present", "done", "done", "done", "done", "done")
				jobtest.WantHolds(t, w, "22 a", "22 b", "!11 b", "22 c", "33 e", "!22 f", "!11 i", "22 j", "33 k")
			})
		})
	}
}

// guarded is the guard of the last row.
var guarded = plan.Guard{Witness: "11", WitnessHash: jobtest.Hash("l"), From: time.Date(1999, 12, 31, 23, 55, 0, 0, time.UTC), To: time.Date(2000, 1, 1, 0, 5, 0, 0, time.UTC)}

// keepJob leaves a job half way: with rows that are done, skipped and failed, such
// as no process came to yet, and writes whose answers are lost.
func keepJob(t *testing.T) {
	w := jobtest.NewWorld(t, sandbox.Options{})
	w.Dir = filepath.Join(w.Dir, "consolidation.job")
	w.Has("11", "a", "b", "c", "e", "g", "h", "i", "j", "k")
	w.Has("22", "f", "h")
	w.Has("33")
	var b strings.Builder
	b.WriteString("operation,source_account,hash,target_account,file,note,adferry_guard\n")
	for _, row := range []string{
		"copy,act_11,a,act_22,,done,", "move,11,b,22,,copied,", "copy,11,c,22,,lost,", "copy,11,d,22,,missing,",
		"copy,11,e,33,,killed,", "move,22,f,33,,moved,", "delete,11,g,,,deleted,", "copy,11,h,22,,there,",
		"delete,11,i,,,left,", "copy,11,j,22,,left,", `copy,11,k,33,,"gave up, tried",`, "upload,,,22,logo.png,left,",
		"delete,22,l,,,left," + guarded.String(),
	} {
		cells := strings.Split(row, ",")
		if cells[2] != "" {
			cells[2] = string(jobtest.Hash(cells[2]))
		}
		fmt.Fprintln(&b, strings.Join(cells, ","))
	}
	w.Text(b.String())
	settled := []plan.OpID{1, 2, 5, 7, 8, 9, 10}
	w.Finish(engine.Options{Only: func(o jobs.Operation) bool { return slices.Contains(settled, o.ID) }})
	now := time.Now()
	w.Commit(
		jobs.Record{ID: 4, Outcome: jobs.Outcome{State: jobs.Sent, Tried: true, Attempts: 1, Message: "the connection was cut", Started: now, LastSent: now}},
		jobs.Record{ID: 6, Outcome: jobs.Outcome{State: jobs.Sent, Started: now, LastSent: now}},
		jobs.Record{ID: 13, Outcome: jobs.Outcome{State: jobs.Failed, Reason: jobs.GaveUp, Tried: true, Attempts: 5, Message: "the connection was cut", Started: now, LastSent: now, Finished: now}})
	job, err := store.Open(t.Context(), w.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := job.SetStop(t.Context(), 3, "interrupted"); err != nil {
		t.Fatal(err)
	}
	if err := job.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(w.Dir, "job.db"))
	if err == nil {
		err = os.WriteFile(presentFormat, raw, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
