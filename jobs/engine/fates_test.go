package engine_test

import (
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
)

func TestFates(t *testing.T) {
	t.Parallel()
	used := sandbox.Image{Hash: string(jobtest.Hash("used")), Creatives: []string{"1"}}
	tests := []struct {
		name    string
		options sandbox.Options
		seed    func(*jobtest.World)
		rows    []string
		want    []string
		check   func(*testing.T, *jobtest.World)
	}{
		{name: "copy", rows: []string{"copy 11 a 22"}, want: []string{"done"},
			seed:  func(w *jobtest.World) { w.Has("11", "a"); w.Has("22") },
			check: func(t *testing.T, w *jobtest.World) { jobtest.WantHolds(t, w, "22 a", "11 a") }},
		{name: "already there, missing", rows: []string{"copy 11 a 22", "copy 11 b 22"}, want: []string{"skipped already_present", "failed not_found"},
			seed: func(w *jobtest.World) { w.Has("11", "a"); w.Has("22", "a") }, check: jobtest.WantWrites(0)},
		{name: "move", rows: []string{"move 11 a 22"}, want: []string{"done"},
			seed:  func(w *jobtest.World) { w.Has("11", "a"); w.Has("22") },
			check: func(t *testing.T, w *jobtest.World) { jobtest.WantHolds(t, w, "22 a", "!11 a") }},
		{name: "move whose target has it", rows: []string{"move 11 a 22"}, want: []string{"done"},
			seed: func(w *jobtest.World) { w.Has("11", "a"); w.Has("22", "a") }, check: jobtest.WantWrites(1)},
		{name: "move done before", rows: []string{"move 11 a 22"}, want: []string{"skipped already_present"},
			seed: func(w *jobtest.World) { w.Has("11"); w.Has("22", "a") }, check: jobtest.WantWrites(0)},
		{name: "move of an image in use", rows: []string{"move 11 used 22", "delete 11 used -"}, want: []string{"failed copied_not_deleted", "failed in_use"},
			seed: func(w *jobtest.World) { w.Has("11"); w.Server.AddImage("11", used); w.Has("22") },
			check: func(t *testing.T, w *jobtest.World) {
				jobtest.WantHolds(t, w, "22 used", "11 used")
				jobtest.WantWrites(1)(t, w)
			}},
		{name: "use that only the refusal shows", rows: []string{"delete 11 a -"}, want: []string{"failed in_use"},
			options: sandbox.Options{Script: []sandbox.Rule{{Match: sandbox.Match{Kind: sandbox.Delete}, Fault: sandbox.Fault{Name: "in_use"}}}},
			seed:    func(w *jobtest.World) { w.Has("11", "a") }},
		{name: "delete", rows: []string{"delete 11 a -", "delete 11 b -"}, want: []string{"done", "skipped already_absent"},
			seed: func(w *jobtest.World) { w.Has("11", "a") }, check: func(t *testing.T, w *jobtest.World) { jobtest.WantHolds(t, w, "!11 a") }},
		{name: "equal rows", rows: []string{"copy 11 a 22", "copy 11 a 22", "move 11 a 22"}, want: []string{"done", "done", "done"},
			seed: func(w *jobtest.World) { w.Has("11", "a"); w.Has("22") }, check: jobtest.WantWrites(2)},
		{name: "one image from two sources", rows: []string{"copy 11 a 33", "copy 22 a 33"}, want: []string{"done", "skipped already_present"},
			seed: func(w *jobtest.World) { w.Has("11", "a"); w.Has("22", "a"); w.Has("33") }, check: jobtest.WantWrites(1)},
		{name: "chain", rows: []string{"copy 22 a 33", "copy 11 a 22"}, want: []string{"done", "done"},
			seed: func(w *jobtest.World) { w.Has("11", "a"); w.Has("22"); w.Has("33") }},
		{name: "chain of moves", rows: []string{"move 11 a 22", "move 22 a 33"}, want: []string{"done", "done"},
			seed:  func(w *jobtest.World) { w.Has("11", "a"); w.Has("22"); w.Has("33") },
			check: func(t *testing.T, w *jobtest.World) { jobtest.WantHolds(t, w, "!11 a", "!22 a", "33 a") }},
		{name: "chain whose first link fails", rows: []string{"move 11 a 22", "copy 22 a 33"}, want: []string{"failed not_found", "failed dependency_failed"},
			seed: func(w *jobtest.World) { w.Has("11"); w.Has("22"); w.Has("33") }, check: jobtest.WantWrites(0)},
		{name: "move to two targets, one denied", rows: []string{"move 11 a 22", "move 11 a 33"}, want: []string{"failed copied_not_deleted", "failed denied"},
			seed: func(w *jobtest.World) {
				w.Has("11", "a")
				w.Has("22")
				w.Server.AddAccount("33", sandbox.AccountOptions{Denied: "200"})
			},
			check: func(t *testing.T, w *jobtest.World) { jobtest.WantHolds(t, w, "11 a", "22 a") }},
		{name: "hash that changes", rows: []string{"move 11 a 22"}, want: []string{"done"},
			options: sandbox.Options{Variants: sandbox.Variants{Rehash: true}},
			seed:    func(w *jobtest.World) { w.Has("11", "a"); w.Has("22") },
			check: func(t *testing.T, w *jobtest.World) {
				jobtest.WantHolds(t, w, "!11 a")
				images := w.Server.Images("22")
				if len(images) != 1 || images[0].Hash != string(w.Results()[0].TargetHash) {
					t.Errorf("got target hash %s, the sandbox has %v", w.Results()[0].TargetHash, images)
				}
			}},
		{name: "delete that lies", rows: []string{"delete 11 a -", "move 11 b 22"}, want: []string{"failed delete_unconfirmed", "failed copied_not_deleted"},
			options: sandbox.Options{Script: []sandbox.Rule{{Match: sandbox.Match{Kind: sandbox.Delete}, Fault: sandbox.Fault{Name: "lie"}}}},
			seed:    func(w *jobtest.World) { w.Has("11", "a", "b"); w.Has("22") }},
		{name: "delete that takes a while", rows: []string{"delete 11 a -"}, want: []string{"done"},
			options: sandbox.Options{Variants: sandbox.Variants{DeleteDelay: 12 * time.Second}},
			seed:    func(w *jobtest.World) { w.Has("11", "a") }, check: jobtest.WantWrites(1)},
		{name: "deleted rows stay in listings", rows: []string{"delete 11 a -"}, want: []string{"done"},
			options: sandbox.Options{Variants: sandbox.Variants{DeleteKeepsRow: true}},
			seed:    func(w *jobtest.World) { w.Has("11", "a") }},
		{name: "no usage headers", rows: []string{"copy 11 a 22", "copy 11 b 22", "delete 11 c -"}, want: []string{"done", "failed not_found", "done"},
			options: sandbox.Options{Headers: sandbox.Headers{None: true}},
			seed:    func(w *jobtest.World) { w.Has("11", "a", "c"); w.Has("22") }},
		{name: "disabled account", rows: []string{"copy 11 a 22"}, want: []string{"failed account_blocked"},
			seed: func(w *jobtest.World) {
				w.Has("11", "a")
				w.Server.AddAccount("22", sandbox.AccountOptions{Disabled: "1885316"})
			}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, test.options)
				test.seed(w)
				w.Manifest(test.rows...)
				w.Finish(engine.Options{})
				w.Expect(test.want...)
				if test.check != nil {
					test.check(t, w)
				}
				w.Once()
			})
		})
	}
}
