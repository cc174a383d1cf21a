package cli

import (
	"bufio"
	"cmp"
	"crypto/md5"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"adferry/jobs"
)

var (
	costTable = flag.Bool("cost", false, "print what a copy costs, beside a bare loop over net/http and Meta's SDK for Node.js; takes a minute")
	costLarge = flag.Int("cost.rows", 0, "with -cost: print, too, what a job of so many rows takes, such as 1000000 or 10000000")
	costRuns  = flag.Int("cost.runs", 5, "with -cost: how often each is measured; the median is printed")
)

// costCopies are enough that starting the programs does not count.
const costCopies = 30_000

// costWorkers is how many requests each of the programs sends at a time: adferry's default.
const costWorkers = 8

// TestCost prints what copies cost as a table: this program with its checkpoint and reports, and
// programs that keep no books. The server runs in a process of its own, over loopback. Times
// and CPU are of whole processes, so they are compared, and never judged.
func TestCost(t *testing.T) {
	if !*costTable {
		t.Skip("run with -cost")
	}
	c := newCosts(t)
	small := c.manifest("small.csv", "copy", costCopies, 10)
	c.print("%d copies between 10 pairs of ad accounts, %d requests at a time", costCopies, costWorkers)
	c.compare(small, 50)
	c.compare(small, 1)
	c.print("100,000 copies in batches of 50, by how many ad accounts they are spread over")
	c.spread()
	if *costLarge > 0 {
		c.print("a job of %d copies", *costLarge)
		c.large(*costLarge)
	}
}

// costs measures processes.
type costs struct {
	t       *testing.T
	adferry string
	dir     string
	out     *tabwriter.Writer
	server  *exec.Cmd // nil: none
	jobs    int       // made so far
}

func newCosts(t *testing.T) *costs {
	c := &costs{t: t, adferry: buildBinary(t), dir: t.TempDir(), out: tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)}
	t.Cleanup(func() {
		c.stop()
		_ = c.out.Flush()
	})
	return c
}

func (c *costs) print(format string, args ...any) {
	_ = c.out.Flush()
	fmt.Printf("\n"+format+"\n", args...)
	fmt.Fprintln(c.out, "\tCPU\ttime\tpeak memory\tHTTP requests")
}

// cost is what a process took.
type cost struct {
	cpu, wall time.Duration
	peak      int64 // bytes; 0: not measured
	requests  int
}

func (c *costs) row(what string, n int, took cost, note string) {
	peak, requests := "", ""
	if took.peak > 0 {
		peak = fmt.Sprintf("%d MiB", took.peak>>20)
	}
	if took.requests > 0 {
		requests = strconv.Itoa(took.requests)
	}
	fmt.Fprintf(c.out, "%s\t%.1f us each\t%.2f s\t%s\t%s\t%s\n", what, float64(took.cpu.Microseconds())/float64(n), took.wall.Seconds(), peak, requests, note)
}

// compare prints the cost of the same copies by a bare loop, by the SDK and by this program.
func (c *costs) compare(manifest string, size int) {
	what, sdk := "single requests", ""
	if size > 1 {
		what, sdk = fmt.Sprintf("batches of %d", size), c.sdk()
	}
	workers := strconv.Itoa(costWorkers)
	var bare, node, ours []cost
	for range *costRuns { // in turn, because the machine's speed drifts
		bare = append(bare, c.measure(c.serve(manifest), "barecopies", manifest, strconv.Itoa(size), workers))
		if sdk != "" {
			node = append(node, c.measure(c.serve(manifest), "node", "../testdata/node/copies.mjs", sdk, manifest, workers))
		}
		took, _ := c.runAt(c.serve(manifest), manifest, size)
		ours = append(ours, took)
	}
	base := median(bare)
	c.row(what+": a bare loop over net/http that decodes every answer", costCopies, base, "")
	if sdk != "" {
		c.against(what+": Meta's SDK for Node.js", median(node), base)
	}
	c.against(what+": adferry run, with its checkpoint and reports", median(ours), base)
}

func (c *costs) against(what string, took, base cost) {
	c.row(what, costCopies, took, fmt.Sprintf("%.2f times the CPU of the bare loop", float64(took.cpu)/float64(base.cpu)))
}

// spread prints what it costs that copies are spread over many ad accounts.
func (c *costs) spread() {
	const copies = 100_000
	few, many := c.manifest("few.csv", "copy", copies, 10), c.manifest("many.csv", "copy", copies, 10_000)
	var full, small, spread []cost
	for range (*costRuns + 1) / 2 {
		took, _ := c.runAt(c.serve(few), few, 50)
		full = append(full, took)
		took, _ = c.runAt(c.serve(few), few, 3) // about as many requests as for many ad accounts
		small = append(small, took)
		took, _ = c.runAt(c.serve(many), many, 50)
		spread = append(spread, took)
	}
	m, n, o := median(full), median(small), median(spread)
	c.row("20 ad accounts", copies, m, "")
	c.row("20 ad accounts, in batches of 3", copies, n, "")
	c.row("20,000 ad accounts", copies, o, fmt.Sprintf("%.2f and %.2f times the CPU of those", float64(o.cpu)/float64(m.cpu), float64(o.cpu)/float64(n.cpu)))
}

// manifest writes a manifest of n rows between pairs of ad accounts.
func (c *costs) manifest(name, verb string, n, pairs int) string {
	path := filepath.Join(c.dir, name)
	file, err := os.Create(path)
	if err != nil {
		c.t.Fatal(err)
	}
	defer file.Close()
	b := bufio.NewWriter(file) // what this process has in memory counts as that of the ones it starts
	b.WriteString("source_account,hash,target_account,operation\n")
	for i := range n {
		fmt.Fprintf(b, "act_%d,%x,act_%d,%s\n", 1_000_000+i%pairs, md5.Sum([]byte(strconv.Itoa(i))), 2_000_000+i%pairs, verb)
	}
	if err := b.Flush(); err != nil {
		c.t.Fatal(err)
	}
	return path
}

// serve starts a server with what a manifest names.
func (c *costs) serve(manifest string) (url string) {
	server := exec.Command(c.adferry, "sandbox", "--listen", "127.0.0.1:0", "--manifest", manifest)
	out, err := server.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.stop()
	c.server = server
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		c.t.Fatal(err)
	}
	fields := strings.Fields(line)
	return fields[len(fields)-1]
}

// stop ends the server that was started last.
func (c *costs) stop() {
	if c.server != nil {
		_ = c.server.Process.Kill()
		_ = c.server.Wait()
	}
	c.server = nil
}

// runAt runs the manifest as a new job.
func (c *costs) runAt(url, manifest string, size int) (took cost, dir string) {
	c.jobs++
	dir = filepath.Join(c.dir, fmt.Sprintf("job%d", c.jobs))
	took = c.measure(url, c.adferry, "run", manifest, "--job", dir, "--batch-size", strconv.Itoa(size),
		"--workers", strconv.Itoa(costWorkers), "--quota", "off", "--progress", "none", "--quiet")
	raw, err := os.ReadFile(filepath.Join(dir, "summary.json"))
	if err != nil {
		c.t.Fatal(err)
	}
	var s jobs.Summary
	if err := json.Unmarshal(raw, &s); err != nil || s.Totals.Done != s.Totals.Rows {
		c.t.Fatalf("got %+v, %v, want every row done", s.Totals, err)
	}
	took.requests = s.API.HTTPRequests
	return took, dir
}

// measure runs a program, in whose environment the server is, to its end.
func (c *costs) measure(url, program string, args ...string) cost {
	command := exec.Command(program, args...)
	command.Env = append(environ(), "ADFERRY_ENDPOINT="+url, "ADFERRY_ACCESS_TOKEN=token")
	began := time.Now()
	if out, err := command.CombinedOutput(); err != nil {
		c.t.Fatalf("%s %v: %v\n%s", program, args, err, out)
	}
	return costOf(command.ProcessState, began)
}

// costOf is what a process took that has ended just now.
func costOf(state *os.ProcessState, began time.Time) cost {
	took := cost{cpu: state.UserTime() + state.SystemTime(), wall: time.Since(began)}
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		took.peak = usage.Maxrss << 10
	}
	return took
}

// sdk is the folder of the SDK, "" if it cannot be had.
func (c *costs) sdk() (folder string) {
	c.t.Run("SDK", func(t *testing.T) { folder = installNodeSDK(t) })
	if folder == "" {
		fmt.Println("Meta's SDK for Node.js is not to be had here, and skipped")
	}
	return folder
}

// median is the run whose CPU time is in the middle.
func median(runs []cost) cost {
	slices.SortFunc(runs, func(a, b cost) int { return cmp.Compare(a.cpu, b.cpu) })
	return runs[len(runs)/2]
}
