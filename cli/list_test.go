package cli

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"adferry/graph/sandbox"
)

// gauge counts the lines written to it, and weighs the heap now and then.
type gauge struct {
	lines    int
	early    uint64 // after the first tenth
	heaviest uint64
}

func (g *gauge) Write(p []byte) (int, error) {
	before := g.lines / 5000
	g.lines += bytes.Count(p, []byte{'\n'})
	if now := g.lines / 5000; now != before {
		live := liveHeap()
		if g.early == 0 && g.lines >= 10_000 {
			g.early = live
		}
		g.heaviest = max(g.heaviest, live)
	}
	return len(p), nil
}

func liveHeap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A hundred thousand images are listed in as much memory as ten thousand, but for the
// 38 bytes at most by which each is known again, and so in every format; the sandbox with
// its images is in the same heap and stays as it is.
func TestListFlatMemory(t *testing.T) {
	const most = 100_000
	server := sandbox.New(sandbox.Options{})
	for _, account := range []string{"11", "22", "33", "44"} {
		for i := range most / 4 {
			server.AddImage(account, sandbox.Image{Hash: fmt.Sprintf("%s%030x", account, i), Name: fmt.Sprintf("%d.jpg", i), Creatives: []string{"1"}})
		}
	}
	url := urlOf(t, server)
	for _, format := range []string{"table", "csv", "json", "jsonl"} {
		var out gauge
		args, images := []string{"list", "11", "--format", format, "--fields", "name,status,creatives,url,created_time"}, most/4
		if format == "csv" {
			args, images = append(args, "22", "33", "44"), most
		}
		began := time.Now()
		if code, stderr := inProcessTo(t, &out, at(url), args...); code != exitDone || stderr != "" {
			t.Fatalf("%s: got exit code %d, %s", format, code, stderr)
		}
		extra := map[string]int{"table": 1, "csv": 1, "json": 2, "jsonl": 0}[format]
		if out.lines != images+extra {
			t.Errorf("%s: got %d lines, want %d", format, out.lines, images+extra)
		}
		t.Logf("%s: %d images in %v, live heap %.1f MB after 10,000, %.1f MB at most", format, images, time.Since(began).Round(time.Millisecond),
			float64(out.early)/1e6, float64(out.heaviest)/1e6)
		if grown := int64(out.heaviest) - int64(out.early); grown > 16<<20 { // eight pages on their way
			t.Errorf("%s: the heap grew by %d MB", format, grown>>20)
		}
	}
}

// A reader of the output that has seen enough ends the listing quietly.
func TestListIntoHead(t *testing.T) {
	t.Parallel()
	server := sandbox.New(sandbox.Options{})
	for i := range 20_000 {
		server.AddImage("11", sandbox.Image{Hash: fmt.Sprintf("%032x", i)})
	}
	url := urlOf(t, server)
	for _, format := range []string{"table", "csv", "json", "jsonl"} {
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		var errs strings.Builder
		c := exec.Command(buildBinary(t), "list", "11", "--format", format, "--page-size", "100")
		c.Env = append(environ(), "ADFERRY_ENDPOINT="+url, "ADFERRY_ACCESS_TOKEN=token")
		c.Stdout, c.Stderr = writer, &errs
		start(t, c)
		writer.Close()
		if _, err := bufio.NewReader(reader).ReadString('\n'); err != nil {
			t.Errorf("%s: %v", format, err)
		}
		reader.Close()
		if err := c.Wait(); err != nil || errs.Len() > 0 {
			t.Errorf("%s: got %v, %q; want a quiet end", format, err, errs.String())
		}
		if n := server.Stats().Requests; n > 150 {
			t.Errorf("%s: %d requests were sent for one line", format, n)
		}
	}
}
