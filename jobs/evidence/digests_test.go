package evidence

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// Image hashes are told apart to the last digit, and nothing else is taken for one.
func TestDigests(t *testing.T) {
	zero := strings.Repeat("0", 32)
	set := digests{}
	for _, hash := range []string{zero, zero[1:] + "1", "1" + zero[1:], "", "0", zero[1:], zero + "0", zero[1:] + "g"} {
		if !set.add(imageDigest(hash)) || set.add(imageDigest(hash)) {
			t.Errorf("%q: got taken for another one, or not known again", hash)
		}
	}
	if set.add(imageDigest(zero)) || !set.add(textDigest(zero)) {
		t.Error("a cursor that looks like an image hash is taken for one")
	}
}

// BenchmarkDigests shows what the images of an ad account take in memory.
func BenchmarkDigests(b *testing.B) {
	for _, images := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprint(images), func(b *testing.B) {
			for b.Loop() {
				before := liveHeap()
				set := digests{}
				for i := range images {
					set.add(textDigest(fmt.Sprint(i)))
				}
				b.ReportMetric(float64(liveHeap()-before)/float64(images), "B/image")
				runtime.KeepAlive(set)
			}
		})
	}
}

func liveHeap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
