package quota

import (
	"errors"
	"fmt"
	"hash/crc32"
	"reflect"
	"slices"
	"testing"
	"time"
	"unsafe"

	"adferry/graph"
)

// notSaved are the fields that are left out on purpose, and why.
var notSaved = map[string]string{
	"Lane.inFlight.Calls":     "no answer will come",
	"Lane.inFlight.Points":    "no answer will come",
	"Lane.calls.share":        "the user's, set by start",
	"Lane.score.share":        "the user's, set by start",
	"Lane.burst.inTrial":      "a trial",
	"Lane.burst.tried":        "a trial",
	"Lane.burst.left":         "a trial",
	"Lane.burst.Pace.trialAt": "a trial",
	"Lane.Block.left":         "of a probe in flight",
	"Lane.checks.before":      "of a call that was just charged",
}

// Every field is saved, or left out by name.
func TestSaveHasEveryField(t *testing.T) {
	var l Lane
	fill(&l)
	l.Block.probe = probeDue
	loaded, err := LoadLane(l.Save())
	if err != nil {
		t.Fatal(err)
	}
	compareFields(t, "Lane", l, loaded)
}

// compareFields requires that the loaded value has all fields but those left out.
func compareFields[T any](t *testing.T, name string, saved, loaded T) {
	t.Helper()
	got := map[string]string{}
	leaves(name, reflect.ValueOf(&loaded).Elem(), func(name string, v reflect.Value) { got[name] = show(v) })
	leaves(name, reflect.ValueOf(&saved).Elem(), func(name string, v reflect.Value) {
		out := notSaved[name] != ""
		if is := got[name] == show(v); is == out {
			t.Errorf("%s: got %s after it was saved as %s, and it is left out: %v (add it to fields in save.go, and count up layout)", name, got[name], show(v), out)
		}
	})
}

// show is a value without what its type makes of it.
func show(v reflect.Value) string {
	if v.CanFloat() {
		return fmt.Sprint(v.Float())
	}
	return fmt.Sprint(v)
}

// fill sets every field to a value of its own.
func fill[T any](v *T) {
	n := int64(0)
	leaves("", reflect.ValueOf(v).Elem(), func(_ string, f reflect.Value) {
		n++
		f = reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem() // also of other packages' view
		switch {
		case f.Type() == reflect.TypeFor[time.Time]():
			f.Set(reflect.ValueOf(time.Unix(1_800_000_000+n, n)))
		case f.CanInt():
			f.SetInt(n)
		case f.CanUint():
			f.SetUint(uint64(n%100 + 1))
		case f.CanFloat():
			f.SetFloat(float64(n) + 0.25)
		default:
			f.SetBool(true)
		}
	})
}

// leaves calls each for every field that has no fields of its own.
func leaves(name string, v reflect.Value, each func(string, reflect.Value)) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		each(name, v)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			leaves(name+"."+v.Type().Field(i).Name, v.Field(i), each)
		}
	case v.Kind() == reflect.Array:
		for i := range v.Len() {
			leaves(fmt.Sprint(name, "[", i, "]"), v.Index(i), each)
		}
	default:
		each(name, v)
	}
}

// busy is a lane that has learned all that it can, with full windows.
func busy() Lane {
	var l Lane
	r := Rules{MaxRate: 50}
	now := noon
	for i := range 12_000 {
		now = now.Add(300 * time.Millisecond)
		l = l.Spend(now, Write, r).Answered(Write).Passed(now, now, Write)
		if i%7 == 0 {
			l = l.SpentElsewhere(now, now, Read, r)
			l = l.Observe(now, graph.AccountUsage{HasCalls: true, Calls: float64(i % 90), HasScore: true, Score: float64(i%89) + 0.37, Reset: time.Duration(i%300) * time.Second, Tier: graph.TierFull}, r)
		}
	}
	return l
}

func TestSaveIsSmall(t *testing.T) {
	l := busy()
	if got := len(l.Save()); got >= 2048 {
		t.Errorf("got %d bytes of a lane, want less than 2 KB", got)
	}
	if got := len(Lane{}.Save()); got > 512 {
		t.Errorf("got %d bytes of a lane that knows nothing", got)
	}
}

// What was loaded decides as what was saved does.
func TestLoadedDecidesAlike(t *testing.T) {
	l := busy()
	loaded, err := LoadLane(l.Save())
	if err != nil {
		t.Fatal(err)
	}
	r := Rules{Share: 0.5}
	for now := noon.Add(time.Hour); now.Before(noon.Add(2 * time.Hour)); now = now.Add(time.Second) {
		for _, c := range []Cost{Read, Write} {
			if got, want := loaded.Next(now, c, r), l.Next(now, c, r); !got.Equal(want) {
				t.Fatalf("after %v: got next %v, want %v", now.Sub(noon), got, want)
			}
		}
		if !l.Next(now, Write, r).After(now) {
			l, loaded = l.Spend(now, Write, r).Answered(Write).Passed(now, now, Write), loaded.Spend(now, Write, r).Answered(Write).Passed(now, now, Write)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	l := busy()
	saved := l.Save()
	for i := range saved {
		damaged := slices.Clone(saved)
		damaged[i] ^= 0x10
		if _, err := LoadLane(damaged); err == nil {
			t.Errorf("a bit of byte %d is another: got no error", i)
		}
		if got, err := LoadLane(saved[:i]); err == nil || got != (Lane{}) {
			t.Errorf("the first %d bytes: got %v, want an error and nothing", i, err)
		}
	}
	for name, b := range map[string][]byte{"nothing": nil, "more behind it": append(slices.Clone(saved), 0)} {
		if _, err := LoadLane(b); !errors.Is(err, errDamaged) {
			t.Errorf("%s: got %v, want that it is damaged", name, err)
		}
	}
}

// The layout is known by what it makes of fields that each have a value of their own.
func TestLayout(t *testing.T) {
	var l Lane
	fill(&l)
	saved := l.Save()
	if got := crc32.ChecksumIEEE(saved[:len(saved)-crc32.Size]); got != layoutSum { // with its own checksum it is always the same
		t.Errorf("got %#x for layout %d: if its fields changed, count it up, and have this number here", got, layout)
	}
}

const layoutSum = 0x154d87ee

func FuzzLoad(f *testing.F) {
	l := busy()
	f.Add(l.Save()[1:])
	f.Fuzz(func(t *testing.T, b []byte) {
		saved := save(func(c *codec) { c.bytes = append(c.bytes, b...) })
		_, _ = LoadLane(saved) // whatever has the right checksum, it does not panic
	})
}

// A limit that one process was told to assume may be a hundred times that of the next one: what was
// at the first is at the other, and no lane waits for longer than the span.
func TestLoadWithLowerLimit(t *testing.T) {
	now := time.Unix(1e9, 0)
	full, limited := Rules{Mode: Full}, Rules{Mode: Limited}
	for _, code := range []int{80004, 17} {
		l := Lane{}.Spend(now, Write, full).Answered(Write)
		l = l.Throttled(now, now, &graph.Error{Class: graph.ThrottledAccount, Code: code, Subcode: 2446079}, graph.AccountUsage{HasCalls: true, HasScore: true})
		next, err := LoadLane(l.Save())
		if err != nil {
			t.Fatal(err)
		}
		next = next.Spend(now, Read, limited).Answered(Read)
		for range 3 { // it asks again now and then
			now = Later(now, next.Block.Until)
			next = next.Spend(now, Read, limited).Answered(Read).Passed(now, now, Read)
		}
		if wait := next.Next(now.Add(callSpan), Write, limited).Sub(now.Add(callSpan)); wait > time.Minute {
			t.Errorf("code %d: a write waits for %v after an hour", code, wait)
		}
	}
}
