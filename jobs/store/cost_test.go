//go:build !race

package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"adferry/jobs"
	"adferry/plan"
)

// The books of an operation are two rows, the intent and the outcome, and its share of the counts
// and of the pages of a transaction. A commit of fifty allocates little for each.
func TestCostOfCommits(t *testing.T) {
	const operations, batch = 2000, 50
	dir := t.TempDir()
	job, _ := createJob(t, dir, copiesOf(operations))
	defer job.Close()
	begin := time.UnixMilli(1_800_000_000_000)
	commit := func(first int, o jobs.Outcome) {
		var c jobs.Change
		for id := first; id < first+batch; id++ {
			c.Records = append(c.Records, jobs.Record{ID: plan.OpID(id), Outcome: o})
		}
		if _, err := job.Commit(context.Background(), c); err != nil {
			t.Fatal(err)
		}
	}
	rows := func() int {
		n, err := job.RowsWritten(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	var before, after runtime.MemStats
	rowsBefore := rows()
	runtime.ReadMemStats(&before)
	for first := 1; first < operations; first += batch {
		commit(first, jobs.Outcome{State: jobs.Sent, Started: begin, LastSent: begin})
		commit(first, jobs.Outcome{State: jobs.Done, TargetHash: "0123456789abcdef0123456789abcdef", Created: true, Attempts: 1, Started: begin, LastSent: begin, Finished: begin})
	}
	runtime.ReadMemStats(&after)
	log, err := os.Stat(filepath.Join(dir, "job.db-wal"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []struct {
		what      string
		got, most float64
	}{
		{"rows written", float64(rows()-rowsBefore) / operations, 2.2},
		{"allocations", float64(after.Mallocs-before.Mallocs) / operations, 28},
		{"bytes allocated", float64(after.TotalAlloc-before.TotalAlloc) / operations, 2800},
		{"bytes of the log", float64(log.Size()) / operations, 1000},
	} {
		t.Logf("%s: %.1f for each operation", m.what, m.got)
		if m.got > m.most {
			t.Errorf("%s: got %.1f for each operation, want %.1f at most", m.what, m.got, m.most)
		}
	}
}

// To read what is to be done, and what became of it, allocates little for each operation: its texts.
func TestCostOfReading(t *testing.T) {
	const operations = 4000
	job, _ := createJob(t, t.TempDir(), copiesOf(operations))
	defer job.Close()
	if _, err := job.Commit(context.Background(), jobs.Change{Records: []jobs.Record{{ID: 1, Outcome: jobs.Outcome{State: jobs.Done}}}}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		what string
		most float64 // allocations for each operation
		read func() error
	}{
		{"claimed", 14, func() error {
			_, err := job.Claim(t.Context(), jobs.Claim{Lane: "22", UpTo: operations, Most: operations})
			return err
		}},
		{"reported", 16, func() error {
			for _, err := range job.Results(t.Context()) {
				if err != nil {
					return err
				}
			}
			return nil
		}},
	} {
		got := testing.AllocsPerRun(3, func() {
			if err := test.read(); err != nil {
				t.Fatal(err)
			}
		}) / operations
		t.Logf("%s: %.1f allocations for each operation", test.what, got)
		if got > test.most {
			t.Errorf("%s: got %.1f allocations for each operation, want %.0f at most", test.what, got, test.most)
		}
	}
}

// Each transaction has a few statements, however many operations it is about: those of 25 are one.
func TestStatementsOfCommits(t *testing.T) {
	const operations = 2000
	for _, test := range []struct {
		batch int
		claim bool    // the operations were claimed, as those of a run are: what is counted of them is read at once
		most  float64 // statements for each operation, its intent and its outcome
	}{
		{1, true, 9.1},
		{10, true, 1.15},
		{50, true, 0.24},
		{50, false, 0.28},
	} {
		job, _ := createJob(t, t.TempDir(), copiesOf(operations))
		defer job.Close()
		statements, err := job.CountStatements(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if test.claim {
			if all, err := job.Claim(t.Context(), jobs.Claim{Lane: "22", UpTo: operations, Most: operations}); err != nil || len(all) != operations {
				t.Fatalf("got %d operations, %v", len(all), err)
			}
		}
		begin := time.UnixMilli(1_800_000_000_000)
		for first := 1; first <= operations; first += test.batch {
			for _, o := range []jobs.Outcome{
				{State: jobs.Sent, Started: begin, LastSent: begin},
				{State: jobs.Done, Created: true, Attempts: 1, Started: begin, LastSent: begin, Finished: begin},
			} {
				var c jobs.Change
				for id := first; id < first+test.batch; id++ {
					c.Records = append(c.Records, jobs.Record{ID: plan.OpID(id), Outcome: o})
				}
				if _, err := job.Commit(context.Background(), c); err != nil {
					t.Fatal(err)
				}
			}
		}
		got := float64(statements.Load()) / operations
		t.Logf("%d at a time, claimed: %t: %.2f statements for each operation", test.batch, test.claim, got)
		if got > test.most {
			t.Errorf("%d at a time, claimed: %t: got %.2f statements for each operation, want %.2f at most", test.batch, test.claim, got, test.most)
		}
	}
}

// A summary of a large job reads no more than that of a small one.
func TestCostOfSummary(t *testing.T) {
	pages := func(operations int) int {
		job, _ := createJob(t, t.TempDir(), copiesOf(operations))
		defer job.Close()
		if _, err := job.Commit(context.Background(), jobs.Change{Records: []jobs.Record{{ID: 1, Outcome: jobs.Outcome{State: jobs.Done}}}}); err != nil {
			t.Fatal(err)
		}
		n, err := job.PagesRead(t.Context(), func() error {
			_, err := job.Summary(t.Context())
			return err
		})
		if err != nil || n == 0 {
			t.Fatalf("got %d pages, %v", n, err)
		}
		return n
	}
	if small, large := pages(20), pages(4000); large > small+10 {
		t.Errorf("got %d pages for 20 rows and %d for 4,000, want about as many", small, large)
	}
}

// copiesOf is a manifest of n copies between one pair of ad accounts.
func copiesOf(n int) string {
	var b strings.Builder
	b.WriteString("source_account,hash,target_account\n")
	for i := range n {
		fmt.Fprintf(&b, "11,%032x,22\n", i)
	}
	return b.String()
}
