package engine_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"sync"
	"testing"
	"testing/synctest"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/plan"
)

// A copy whose source does not have the image any more sends the picture that was kept of
// it, if there is one, once and also if the answer is lost. Copies whose source has the image
// do not ask for it.
func TestKeptPictures(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"", "cut_before", "cut_after"} {
		t.Run(fmt.Sprint("upload ", fault), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var script []sandbox.Rule
				if fault != "" {
					script = []sandbox.Rule{{Match: sandbox.Match{Kind: sandbox.Upload, Nth: 1}, Fault: sandbox.Fault{Name: fault}}}
				}
				w := jobtest.NewWorld(t, sandbox.Options{Script: script})
				w.Has("11")
				w.Has("22", "there")
				w.Manifest("move 22 there 11", "move 22 kept 11", "copy 22 missing 11")
				var mu sync.Mutex
				asked := map[plan.Hash]int{}
				kept := func(op plan.Op) (file graph.File, sum graph.Sum, err error) {
					mu.Lock()
					asked[op.Hash]++
					mu.Unlock()
					if op.Hash != jobtest.Hash("kept") || op.Target != "11" {
						return file, sum, errors.New("nothing holds it")
					}
					var b bytes.Buffer
					if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 3))); err != nil {
						t.Error(err)
					}
					open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil }
					return graph.File{Name: "kept.png", Open: open}, sha256.Sum256(b.Bytes()), nil
				}
				w.Finish(engine.Options{Kept: kept})
				w.Expect("done", "done uploaded", "failed not_found")
				if got, want := w.Results()[2].Message, "act_22 does not have the image, and nothing holds it"; got != want {
					t.Errorf("got %q, want %q", got, want)
				}
				if len(asked) != 2 || asked[jobtest.Hash("missing")] != 1 {
					t.Errorf("it was asked for %v, want the two images that are not there", asked)
				}
				if n := len(w.Server.Images("11")); n != 2 {
					t.Errorf("act 11 has %d images, want 2", n)
				}
			})
		})
	}
}
