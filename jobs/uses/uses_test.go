package uses

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/reader"
	"adferry/plan"
)

// memory holds what was read of images named by account and a letter, such as "11a".
type memory map[string]jobs.ImageUse

func name(i jobs.ImageAt) string { return string(i.Account) + string(i.Hash[:1]) }

func (m memory) Of(_ context.Context, i jobs.ImageAt) (jobs.ImageUse, bool, error) {
	use, ok := m[name(i)]
	use.ImageAt = i
	return use, ok, nil
}

func (m memory) Accounts(context.Context) ([]plan.Account, int, error) {
	return []plan.Account{"11"}, 3, nil
}

func (m memory) Unread(context.Context, plan.Account) iter.Seq2[plan.Hash, error] {
	return func(yield func(plan.Hash, error) bool) {
		_ = yield(hash("a"), nil) && yield(hash("b"), nil) && yield(hash("c"), nil)
	}
}

func (m memory) Add(_ context.Context, use jobs.ImageUse) error {
	m[name(use.ImageAt)] = use
	return nil
}

func (m memory) Flush(context.Context) error { return nil }

func hash(letter string) plan.Hash { return plan.Hash(strings.Repeat(letter, 32)) }

func at(account plan.Account, letter string) jobs.ImageAt {
	return jobs.ImageAt{Account: account, Hash: hash(letter)}
}

// source is image a of 11, copied to 22 in the given state, and further copies.
func source(state jobs.State, more ...jobs.SourceCopy) jobs.Source {
	return jobs.Source{ImageAt: at("11", "a"), Copies: append([]jobs.SourceCopy{{Target: "22", Hash: hash("b"), State: state}}, more...)}
}

func only(all ...jobs.Source) iter.Seq2[jobs.Source, error] {
	return func(yield func(jobs.Source, error) bool) {
		for _, s := range all {
			if !yield(s, nil) {
				return
			}
		}
	}
}

func read(use graph.Use, creatives ...string) jobs.ImageUse {
	return jobs.ImageUse{Present: true, Active: true, Use: use, Creatives: creatives, ReadAt: time.Unix(100, 0)}
}

// What is not told is not unused, and what is not seen is not there.
func TestVerdicts(t *testing.T) {
	there := read(graph.UseUnknown)
	to33 := jobs.SourceCopy{Target: "33", Hash: hash("a"), State: jobs.Skipped}
	into := source(jobs.Done)
	into.Into = true
	deleted := source(jobs.Done)
	deleted.Deletion = &jobs.Outcome{State: jobs.Failed}
	for _, test := range []struct {
		name   string
		source jobs.Source
		memory memory
		want   Verdict
	}{
		{"all is well", source(jobs.Done), memory{"11a": read(graph.Unused), "22b": there}, MayGo},
		{"two copies", source(jobs.Skipped, to33), memory{"11a": read(graph.Unused), "22b": there, "33a": there}, MayGo},
		{"deleted by the job", deleted, memory{"11a": read(graph.Unused), "22b": there}, OwnDeletion},
		{"brought by the job", into, memory{"11a": read(graph.Unused), "22b": there}, CopiedThere},
		{"its copy failed", source(jobs.Failed), memory{"11a": read(graph.Unused), "22b": there}, CopyFailed},
		{"its copy is pending", source(jobs.Pending), memory{"11a": read(graph.Unused), "22b": there}, CopyFailed},
		{"one of two failed", source(jobs.Done, jobs.SourceCopy{Target: "33", State: jobs.Failed}), memory{"11a": read(graph.Unused), "22b": there}, CopyFailed},
		{"a copy was moved on", source(jobs.Done, jobs.SourceCopy{Target: "33", Hash: hash("a"), State: jobs.Done, MovedOn: true}), memory{"11a": read(graph.Unused), "22b": there}, MayGo},
		{"a copy was to be moved on", source(jobs.Done, jobs.SourceCopy{Target: "33", Hash: hash("a"), State: jobs.Failed}), memory{"11a": read(graph.Unused), "22b": there}, CopyFailed},
		{"its copy was not read", source(jobs.Done), memory{"11a": read(graph.Unused)}, NotRead},
		{"its copy is gone", source(jobs.Done), memory{"11a": read(graph.Unused), "22b": {ReadAt: time.Now()}}, CopyMissing},
		{"its copy is not active", source(jobs.Done), memory{"11a": read(graph.Unused), "22b": {Present: true}}, CopyMissing},
		{"one of two is gone", source(jobs.Done, to33), memory{"11a": read(graph.Unused), "22b": there, "33a": {}}, CopyMissing},
		{"it was not read", source(jobs.Done), memory{"22b": there}, NotRead},
		{"it is gone", source(jobs.Done), memory{"11a": {}, "22b": there}, SourceGone},
		{"it is not active", source(jobs.Done), memory{"11a": {Present: true, Use: graph.Unused}, "22b": there}, NotActive},
		{"it is used", source(jobs.Done), memory{"11a": read(graph.Used, "1"), "22b": there}, InUse},
		{"its use is not told", source(jobs.Done), memory{"11a": read(graph.UseUnknown), "22b": there}, UseUnknown},
	} {
		for c, err := range SecondHalf(t.Context(), only(test.source), test.memory) {
			if err != nil || c.Verdict != test.want {
				t.Errorf("%s: got %q, %v, want %q", test.name, c.Verdict, err, test.want)
			}
			if g := c.Line().Guard; test.want == MayGo && (g.Witness != "22" || g.WitnessHash != hash("b")) {
				t.Errorf("%s: got guard %s, want the copy in 22", test.name, g)
			}
		}
		if !slices.Contains(Verdicts(), test.want) {
			t.Errorf("Verdicts lacks %q", test.want)
		}
	}
}

// Only what may go, as far as the job knows, is read: the source, and all its copies.
func TestEverything(t *testing.T) {
	var got []string
	for i, err := range Everything(only(source(jobs.Failed), source(jobs.Done, jobs.SourceCopy{Target: "33", Hash: hash("c"), State: jobs.Done}))) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, name(i))
	}
	if want := []string{"11a", "22b", "33c"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The creatives of an image that cannot be read now are those that the job kept, and those
// of any other are what a read says now.
func TestRepoint(t *testing.T) {
	kept := source(jobs.Done)
	kept.Deletion = &jobs.Outcome{State: jobs.Failed, Reason: jobs.InUse, Creatives: "7 8"}
	deleted := source(jobs.Done)
	deleted.Deletion = &jobs.Outcome{State: jobs.Done}
	both := source(jobs.Done, jobs.SourceCopy{Target: "33", Hash: hash("c"), State: jobs.Skipped}, jobs.SourceCopy{Target: "44", State: jobs.Failed})
	for _, test := range []struct {
		name   string
		source jobs.Source
		memory memory
		rows   string
		want   Repointed
	}{
		{"used", source(jobs.Done), memory{"11a": read(graph.Used, "1", "2")}, "1>22 2>22", Repointed{Used: 1}},
		{"copied to two, and a third failed", both, memory{"11a": read(graph.Used, "1")}, "1>22 1>33", Repointed{Used: 1}},
		{"no creative is named", source(jobs.Done), memory{"11a": read(graph.Used)}, "", Repointed{Unnamed: 1, Look: []jobs.ImageAt{at("11", "a")}}},
		{"not told", source(jobs.Done), memory{"11a": read(graph.UseUnknown)}, "", Repointed{Unknown: 1, Look: []jobs.ImageAt{at("11", "a")}}},
		{"unused", source(jobs.Done), memory{"11a": read(graph.Unused)}, "", Repointed{Unused: 1}},
		{"gone", source(jobs.Done), memory{"11a": {ReadAt: time.Unix(100, 0)}}, "", Repointed{Gone: 1}},
		{"not read", source(jobs.Done), memory{}, "", Repointed{Unread: 1}},
		{"gone, and kept", kept, memory{"11a": {ReadAt: time.Unix(100, 0)}}, "7>22 8>22", Repointed{Used: 1, Kept: 1}},
		{"not read, and kept", kept, memory{}, "7>22 8>22", Repointed{Used: 1, Kept: 1}},
		{"re-pointed since", kept, memory{"11a": read(graph.Unused)}, "", Repointed{Unused: 1}},
		{"used by others since", kept, memory{"11a": read(graph.Used, "9")}, "9>22", Repointed{Used: 1}},
		{"deleted by the job", deleted, memory{}, "", Repointed{Unused: 1}},
		{"not copied", source(jobs.Pending), memory{"11a": read(graph.Used, "1")}, "", Repointed{}},
	} {
		var rows []string
		got, err := Repoint(t.Context(), only(test.source), test.memory, func(r Repointing) error {
			rows = append(rows, r.Creative+">"+string(r.Target))
			return nil
		})
		if err != nil || strings.Join(rows, " ") != test.rows || got.Rows != len(rows) {
			t.Errorf("%s: got %q and %d rows, %v, want %q", test.name, rows, got.Rows, err, test.rows)
		}
		if len(test.memory) > 0 && test.source.Copies[0].InPlace() && got.Oldest.IsZero() {
			t.Errorf("%s: it does not say when it was read", test.name)
		}
		look := slices.Equal(got.Look, test.want.Look)
		got.Rows, got.Oldest, got.Look, test.want.Look = 0, time.Time{}, nil, nil
		if got.Used != test.want.Used || got.Kept != test.want.Kept || got.Unnamed != test.want.Unnamed || got.Unused != test.want.Unused ||
			got.Gone != test.want.Gone || got.Unknown != test.want.Unknown || got.Unread != test.want.Unread || !look {
			t.Errorf("%s: got %+v, want %+v", test.name, got, test.want)
		}
	}
}

func TestWanted(t *testing.T) {
	deleted := source(jobs.Done)
	deleted.Deletion = &jobs.Outcome{State: jobs.Done}
	deleted.Account = "33"
	n := 0
	for i, err := range Wanted(only(source(jobs.Failed), source(jobs.Done), deleted)) {
		if n++; err != nil || name(i) != "11a" {
			t.Errorf("got %s, %v", name(i), err)
		}
	}
	if n != 1 {
		t.Errorf("got %d images, want 1", n)
	}
}

// finder has image a in use, b deleted, and fails before c.
type finder struct{}

func (finder) FindExpected(_ context.Context, _ []plan.Account, q graph.Query, hashes func(plan.Account) iter.Seq2[plan.Hash, error],
	expected func(plan.Account, plan.Hash) bool, each func(reader.Found) error) error {
	images := map[plan.Hash]*graph.Image{
		hash("a"): {Status: "ACTIVE", Creatives: []string{"1"}, UseKnown: true, Name: "a.jpg"},
		hash("b"): {Status: "DELETED"},
	}
	for h := range hashes("11") {
		if h == hash("c") {
			return errors.New("cut off")
		}
		if !expected("11", h) {
			return fmt.Errorf("%s is not expected to be there", h)
		}
		if err := each(reader.Found{Account: "11", Hash: h, Image: images[h]}); err != nil {
			return err
		}
	}
	return nil
}

// What was read before an interruption is kept.
func TestRead(t *testing.T) {
	m := memory{}
	if err := Read(t.Context(), finder{}, m, nil); err == nil {
		t.Error("got no error")
	}
	a, b := m["11a"], m["11b"]
	if !a.Present || !a.Active || a.Use != graph.Used || a.Creatives[0] != "1" || a.Name != "a.jpg" || a.ReadAt.IsZero() {
		t.Errorf("got %+v", a)
	}
	if b.Present || b.ReadAt.IsZero() || len(m) != 2 {
		t.Errorf("got %+v of %d", b, len(m))
	}
}
