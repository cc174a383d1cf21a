package plan_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"testing"
	"time"

	"adferry/plan"
)

const benchRows = 1_000_000

// BenchmarkBareCSV is what BenchmarkRead is measured against: the same bytes, and
// nothing done with them.
func BenchmarkBareCSV(b *testing.B) {
	for name, verb := range benchVerbs {
		b.Run(name, func(b *testing.B) {
			manifest := largeManifest(benchRows, verb)
			b.SetBytes(int64(len(manifest)))
			for b.Loop() {
				r := csv.NewReader(bytes.NewReader(manifest))
				r.ReuseRecord = true
				for {
					if _, err := r.Read(); err == io.EOF {
						break
					} else if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

func BenchmarkRead(b *testing.B) {
	for name, verb := range benchVerbs {
		b.Run(name, func(b *testing.B) {
			manifest := largeManifest(benchRows, verb)
			b.SetBytes(int64(len(manifest)))
			for b.Loop() {
				p, err := plan.Read(bytes.NewReader(manifest), nil)
				if err != nil || p.Rows != benchRows {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkReadVisit(b *testing.B) {
	manifest := largeManifest(benchRows, "copy")
	b.SetBytes(int64(len(manifest)))
	for b.Loop() {
		if _, err := plan.Read(bytes.NewReader(manifest), func(plan.Row) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMemory reports the memory the process has from the system at its peak,
// less the manifest itself, which a caller has on disk.
func BenchmarkMemory(b *testing.B) {
	for name, verb := range benchVerbs {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				debug.FreeOSMemory()
				before := inUse()
				peak := watchMemory(b)
				p, err := plan.Read(&generator{rows: benchRows, verb: verb}, nil)
				if err != nil || p.Rows != benchRows {
					b.Fatal(err)
				}
				b.ReportMetric(float64(peak()-before)/(1<<20), "peak-MiB")
				debug.FreeOSMemory()
				b.ReportMetric(float64(inUse()-before)/(1<<20), "kept-MiB")
				runtime.KeepAlive(p)
			}
		})
	}
}

var benchVerbs = map[string]string{"copy": "copy", "move": "move", "upload": "upload"}

func largeManifest(rows int, verb string) []byte {
	b, _ := io.ReadAll(&generator{rows: rows, verb: verb})
	return b
}

// A generator is a manifest of one row for each of many images, with two columns
// of the user's.
type generator struct {
	rows int
	verb string
	row  int
	rest bytes.Buffer
	rand *rand.Rand
}

func (g *generator) Read(p []byte) (int, error) {
	if g.rand == nil {
		g.rand = rand.New(rand.NewPCG(1, 2))
		g.rest.WriteString("operation,source_account,hash,target_account,file,campaign,note\n")
	}
	for g.rest.Len() < len(p) && g.row < g.rows {
		g.row++
		source, hash, file := fmt.Sprint(10150000000000000+g.row%7), fmt.Sprintf("%016x%016x", g.rand.Uint64(), g.rand.Uint64()), ""
		if g.verb == "upload" {
			source, hash, file = "", "", fmt.Sprintf("images/%d/%d.png", g.row%100, g.row)
		}
		fmt.Fprintf(&g.rest, "%s,%s,%s,act_%d,%s,Spring sale %d,\n", g.verb, source, hash, 2015000000000000+g.row%50, file, g.row%1000)
	}
	return g.rest.Read(p)
}

func watchMemory(b *testing.B) (peak func() uint64) {
	b.Helper()
	done := make(chan struct{})
	var most uint64
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			most = max(most, inUse())
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
			}
		}
	})
	return func() uint64 { close(done); wg.Wait(); return most }
}

func inUse() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}
