package sandbox_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
)

// Somebody else removes and adds images, at once or later, and the call that
// sets it off is answered as ever.
func TestHands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rules, err := sandbox.ParseScript(strings.NewReader(`[
			{"match": {"after": "90s", "nth": 1}, "fault": {"name": "vanish", "account": "act_111", "hashes": ["` + hash(1) + `", "` + hash(7) + `"]}},
			{"match": {"kind": "copy", "nth": 1}, "fault": {"name": "appear", "hashes": ["` + hash(8) + `"], "delay": "10s"}},
			{"match": {"after": "2m", "nth": 1}, "fault": {"name": "vanish", "account": "222"}},
			{"match": {"after": "2m", "nth": 1}, "fault": "2"}]`))
		if err != nil {
			t.Fatal(err)
		}
		s := seeded(sandbox.Options{Script: rules}, 2)
		copyImage(t, s, hash(2))
		check := func(when, atSource, atTarget string) {
			t.Helper()
			if a, b := statuses(s.Images(source)), statuses(s.Images(target)); a != atSource || b != atTarget {
				t.Errorf("%s: %q and %q, want %q and %q", when, a, b, atSource, atTarget)
			}
		}
		check("at first", "1=ACTIVE 2=ACTIVE", "2=ACTIVE")
		time.Sleep(10 * time.Second)
		check("after 10 s", "1=ACTIVE 2=ACTIVE", "2=ACTIVE 8=ACTIVE")
		time.Sleep(80 * time.Second)
		if r := get(t, s, byHashes(source, "", 1, 2)); len(r.hashes()) != 1 || r.hashes()[0] != hash(2) {
			t.Errorf("after 90 s the source shows %s, want the second image", r.text)
		}
		time.Sleep(30 * time.Second)
		if r := get(t, s, "/act_222/adimages"); r.code() != "2" {
			t.Errorf("got %s, want the rule behind the hands to strike", r.text)
		}
		check("after 2 min", "2=ACTIVE", "")
		if n := len(s.Log()); n != 1 {
			t.Errorf("%d effects, want the copy alone", n)
		}
	})
}

func TestRemoveImage(t *testing.T) {
	for _, keeps := range []bool{false, true} {
		s := seeded(sandbox.Options{Variants: sandbox.Variants{DeleteKeepsRow: keeps}}, 2)
		if !s.RemoveImage("act_111", hash(1)) || s.RemoveImage(source, hash(1)) || s.RemoveImage("999", hash(1)) {
			t.Error("RemoveImage does not tell whether the image was there")
		}
		want := map[bool]string{false: "2=ACTIVE", true: "1=DELETED 2=ACTIVE"}[keeps]
		if got := statuses(s.Images(source)); got != want || len(s.Log()) != 0 {
			t.Errorf("got %q with %d effects, want %q with none", got, len(s.Log()), want)
		}
	}
}

// A deletion whose connection was cut takes effect seconds later.
func TestLateDeletion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := script("late", sandbox.Match{Kind: sandbox.Delete, Nth: 1})
		o.Script[0].Fault.Delay = 6 * time.Second
		s := seeded(o, 1)
		if r := remove(t, s, hash(1)); !errors.Is(r.err, io.ErrUnexpectedEOF) {
			t.Errorf("got %v, want a cut connection", r.err)
		}
		time.Sleep(6*time.Second - time.Millisecond)
		if got := statuses(s.Images(source)); got != "1=ACTIVE" {
			t.Errorf("before 6 s: %q, want the image", got)
		}
		time.Sleep(time.Millisecond)
		if got := statuses(s.Images(source)); got != "" || len(s.Log()) != 1 {
			t.Errorf("after 6 s: %q with %d effects, want nothing with one", got, len(s.Log()))
		}
	})
}
