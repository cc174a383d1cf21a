package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"adferry/graph/sandbox"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/jobs/store"
)

// Sources have all copies of an image together, what became of them, and what else the job
// does to it.
func TestSources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		w.Has("11", "a", "b", "c")
		w.Has("22", "b")
		w.Has("33")
		w.Has("44")
		w.Server.AddImage("11", sandbox.Image{Hash: string(jobtest.Hash("d")), Creatives: []string{"120"}})
		w.Manifest("copy 11 a 33", "copy 11 a 22", "copy 11 missing 22", "move 11 b 22", "move 11 c 22", "move 22 c 33", "move 11 d 22", "delete 22 a2 -", "copy 22 a 44")
		_ = w.Run(engine.Options{})
		job, err := store.View(t.Context(), w.Dir)
		if err != nil {
			t.Fatal(err)
		}
		defer job.Close()
		names := map[string]string{}
		for _, n := range []string{"a", "b", "c", "d", "missing"} {
			names[string(jobtest.Hash(n))] = n
		}
		var got []string
		for s, err := range job.Sources(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			var text strings.Builder
			text.WriteString(fmt.Sprintf("%s %s:", s.Account, names[string(s.Hash)]))
			for _, c := range s.Copies {
				text.WriteString(fmt.Sprintf(" %s %s", c.Target, c.State))
				if c.MovedOn {
					text.WriteString(" moved on")
				}
			}
			if s.Into {
				text.WriteString(", brought")
			}
			if s.Deletion != nil {
				text.WriteString(strings.TrimRight(fmt.Sprintf(", delete %s %s", s.Deletion.State, s.Deletion.Creatives), " "))
			}
			got = append(got, text.String())
		}
		want := []string{
			"11 a: 22 done 33 done",
			"11 missing: 22 failed",
			"11 b: 22 skipped, delete done",
			"11 c: 22 done moved on 33 done, delete done",
			"11 d: 22 done, delete failed 120",
			"22 a: 44 done, brought",
			"22 c: 33 done, brought, delete done",
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}
