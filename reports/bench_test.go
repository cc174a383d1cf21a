package reports_test

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"adferry/jobs"
	"adferry/plan"
	"adferry/reports"
)

const benchRows = 1_000_000

// generated is a job of any size that takes no memory.
type generated struct {
	job
	rows int
}

func generate(rows int) generated {
	failed := rows / 10
	return generated{job{
		header:  []string{"source_account", "hash", "target_account", "campaign", "note"},
		summary: jobs.Summary{Totals: jobs.Totals{Rows: rows, Done: rows - failed, Failed: failed}},
	}, rows}
}

func (g generated) Results(context.Context) iter.Seq2[jobs.Result, error] {
	done := jobs.Result{
		Record: "1014321106978726,00112233445566778899aabbccddeeff,2152335766987003,spring,\"a \"\"quoted\"\" cell\"",
		Verb:   plan.Copy, Source: "1014321106978726", Hash: hash(7), Target: "2152335766987003",
		Fate: jobs.Fate{Status: jobs.StatusDone, TargetHash: hash(7), Attempts: 1, Started: began, Finished: began.Add(time.Second)},
	}
	done.Mapped = true
	failed := done
	failed.Mapped = false
	failed.Fate = jobs.Fate{Status: jobs.StatusFailed, Reason: jobs.Denied, Attempts: 1, Code: 200, Started: began, Finished: began,
		Message: "(#200) Ad account owner has NOT grant ads_management or ads_read permission", TraceID: "AbC123"}
	return func(yield func(jobs.Result, error) bool) {
		for i := range g.rows {
			r := done
			if i%10 == 9 {
				r = failed
			}
			r.Line = i + 2
			if !yield(r, nil) {
				return
			}
		}
	}
}

// BenchmarkWrite writes all reports of a million rows; peak-MB is the highest
// live and uncollected heap above the start.
func BenchmarkWrite(b *testing.B) {
	src := generate(benchRows)
	dir := b.TempDir()
	var peak uint64
	for b.Loop() {
		stop := make(chan struct{})
		watched := make(chan uint64)
		go watchHeap(stop, watched)
		if err := reports.Write(context.Background(), reports.Place{Folder: dir}, src); err != nil {
			b.Fatal(err)
		}
		close(stop)
		peak = max(peak, <-watched)
	}
	b.ReportMetric(float64(peak)/(1<<20), "peak-MB")
	b.ReportMetric(benchRows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	if info, err := os.Stat(filepath.Join(dir, "results.csv")); err == nil {
		b.ReportMetric(float64(info.Size())/(1<<20), "results-MB")
	}
}

func watchHeap(stop <-chan struct{}, result chan<- uint64) {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	start, peak := m.HeapAlloc, uint64(0)
	for {
		select {
		case <-stop:
			result <- peak
			return
		case <-time.After(20 * time.Millisecond):
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc-min(start, m.HeapAlloc))
		}
	}
}
