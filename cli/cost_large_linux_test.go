package cli

import (
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
)

// large prints what each command takes for a job of n rows.
func (c *costs) large(n int) {
	const pairs = 100 // the API allows an ad account 100,000 calls an hour and more
	var plan cost
	for _, verb := range []string{"move", "copy"} {
		plan = c.measure("", c.adferry, "plan", c.manifest(verb+".csv", verb, n, pairs))
		c.row("plan, every row a "+verb, n, plan, "")
	}
	manifest := filepath.Join(c.dir, "copy.csv")
	begun, resumed := c.firstRequests(manifest)
	c.row("run, to its first request", n, begun, "")
	c.row("resume of a job that was stopped there, to its first request", n, resumed, "")
	url := c.serve(manifest)
	took, dir := c.runAt(url, manifest, 50)
	c.row("run, every row a copy", n, took, fmt.Sprintf("%d MiB more than its plan", (took.peak-plan.peak)>>20))
	c.row("status", n, c.measure("", c.adferry, "status", dir), "")
	var reports, bares []cost
	for range *costRuns {
		reports = append(reports, c.measure("", c.adferry, "report", dir))
		bares = append(bares, c.bareCSV(filepath.Join(dir, "results.csv"), filepath.Join(dir, "mapping.csv")))
	}
	report, bare := median(reports), median(bares)
	c.row("the rows of its reports, written with encoding/csv", n, bare, "")
	c.row("report", n, report, fmt.Sprintf("%.1f times that in time, %.1f in CPU", report.wall.Seconds()/bare.wall.Seconds(), float64(report.cpu)/float64(bare.cpu)))
	c.row("resume, nothing left to do", n, c.measure(url, c.adferry, "resume", dir, "--progress", "none"), "")
	c.row("verify", n, c.measure(url, c.adferry, "verify", dir, "--quota", "off"), "")
	took, scrapes := c.resume(c.serve(manifest), manifest)
	c.row("resume of a job of which nothing is done", n, took, fmt.Sprintf("%d scrapes of its metrics meanwhile: half of them within %s, all within %s",
		len(scrapes), scrapes[len(scrapes)/2].Round(time.Millisecond), scrapes[len(scrapes)-1].Round(time.Millisecond)))
}

// resume makes a job, stops it before its first request, and goes on with it to its end. Meanwhile
// it reads the metrics twice a second; scrapes is how long that took, the shortest first.
func (c *costs) resume(url, manifest string) (took cost, scrapes []time.Duration) {
	dir := filepath.Join(c.dir, "resumed")
	environment := append(environ(), "ADFERRY_ENDPOINT="+url, "ADFERRY_ACCESS_TOKEN=token")
	stopped := exec.Command(c.adferry, "run", manifest, "--job", dir, "--max-duration", "1ns")
	stopped.Env = environment
	if out, err := stopped.CombinedOutput(); stopped.ProcessState.ExitCode() != exitStopped {
		c.t.Fatalf("%v\n%s", err, out)
	}
	command := exec.Command(c.adferry, "resume", dir, "--batch-size", "50", "--quota", "off", "--metrics", "127.0.0.1:0")
	command.Env = environment
	began := time.Now()
	metrics := serving(c.t, command)
	ended := make(chan error)
	go func() { ended <- command.Wait() }()
	for {
		select {
		case err := <-ended:
			if err != nil {
				c.t.Fatal(err)
			}
			slices.Sort(scrapes)
			return costOf(command.ProcessState, began), scrapes
		case <-time.After(time.Second / 2):
		}
		asked := time.Now()
		answer, err := http.Get(metrics)
		if err != nil { // it has just ended
			continue
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		scrapes = append(scrapes, time.Since(asked))
	}
}

// firstRequests are what processes take that begin a job, and go on with it, until the first
// request of each arrives.
func (c *costs) firstRequests(manifest string) (run, resume cost) {
	arrived := make(chan time.Time)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		now := time.Now()
		_, _ = io.Copy(io.Discard, r.Body) // or the end of the connection goes unnoticed
		select {
		case arrived <- now:
			<-r.Context().Done()
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	dir := filepath.Join(c.dir, "stopped")
	first := func(args ...string) cost {
		command := exec.Command(c.adferry, append(args, "--quota", "off", "--progress", "none")...)
		command.Env = append(environ(), "ADFERRY_ENDPOINT="+server.URL, "ADFERRY_ACCESS_TOKEN=token")
		began := time.Now()
		if err := command.Start(); err != nil {
			c.t.Fatal(err)
		}
		var until time.Duration
		for until <= 0 { // one of a killed process may still be there
			until = (<-arrived).Sub(began)
		}
		_ = command.Process.Kill()
		_ = command.Wait()
		took := costOf(command.ProcessState, began)
		took.wall = until
		return took
	}
	return first("run", manifest, "--job", dir), first("resume", dir)
}

// bareCSV writes the rows of CSV files again, with encoding/csv and nothing else. Reading them
// is not measured.
func (c *costs) bareCSV(files ...string) (took cost) {
	runtime.LockOSThread() // whose time is measured
	defer runtime.UnlockOSThread()
	for _, file := range files {
		in, err := os.Open(file)
		if err != nil {
			c.t.Fatal(err)
		}
		defer in.Close()
		out, err := os.Create(filepath.Join(c.dir, "bare.csv"))
		if err != nil {
			c.t.Fatal(err)
		}
		defer out.Close()
		r, w := csv.NewReader(in), csv.NewWriter(out)
		for more := true; more; {
			var rows [][]string
			for len(rows) < 10_000 && more {
				row, err := r.Read()
				if more = err == nil; more {
					rows = append(rows, row)
				} else if err != io.EOF {
					c.t.Fatal(err)
				}
			}
			began, before := time.Now(), threadCPU(c.t)
			if err := w.WriteAll(rows); err != nil {
				c.t.Fatal(err)
			}
			took.wall += time.Since(began)
			took.cpu += threadCPU(c.t) - before
		}
	}
	return took
}

// threadCPU is the CPU time of the thread that the goroutine is locked to.
func threadCPU(t *testing.T) time.Duration {
	const thread = 1 // RUSAGE_THREAD (getrusage(2))
	var usage syscall.Rusage
	if err := syscall.Getrusage(thread, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
