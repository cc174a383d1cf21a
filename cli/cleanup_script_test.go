package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"adferry/jobs"
)

// mend ends the faults of the script's sandbox, and puts in what a manifest asks
// for: mend [MANIFEST].
func mend(ts *testscript.TestScript, _ bool, args []string) {
	server := ts.Value(servedKey{}).(*served).server
	server.ClearFaults()
	if len(args) > 0 {
		seeds, err := readSeeds(manifestIn(ts.MkAbs(args[0])))
		ts.Check(err)
		seeds.Fill(server, time.Now())
	}
}

// folders checks how many dated folders lie under a root, and how many of their
// jobs are unfinished: folders ROOT FINISHED UNFINISHED.
func folders(ts *testscript.TestScript, _ bool, args []string) {
	dirs, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "cleanup-????????-??????Z"))
	ts.Check(err)
	finished, unfinished := 0, 0
	for _, dir := range dirs {
		summary, err := summaryIn(context.Background(), dir)
		ts.Check(err)
		if summary.State == jobs.JobFinished {
			finished++
		} else {
			unfinished++
		}
	}
	if got, want := fmt.Sprint(finished, unfinished), strings.Join(args[1:], " "); got != want {
		ts.Fatalf("%s holds %s finished and unfinished jobs, want %s", args[0], got, want)
	}
}
