package plan_test

import (
	"bytes"
	"errors"
	"iter"
	"testing"

	"adferry/plan"
)

// What Write makes, Read takes.
func TestWriteReads(t *testing.T) {
	const h = plan.Hash("0123456789abcdef0123456789abcdef")
	lines := []plan.Line{
		{Verb: plan.Move, Source: "11", Hash: h, Target: "21", Note: "line 3, \"quoted\"\nand more"},
		{Verb: plan.Upload, Hash: h, Target: "41", File: "22/" + string(h) + ".png"},
		{Verb: plan.Delete, Source: "31", Hash: h},
	}
	for range 2000 { // more than a chunk
		lines = append(lines, plan.Line{Verb: plan.Delete, Source: "31", Hash: h})
	}
	var b bytes.Buffer
	n, err := plan.Write(&b, each(lines))
	if err != nil || n != len(lines) {
		t.Fatalf("wrote %d lines, %v; want %d", n, err, len(lines))
	}
	i := 0
	p, err := plan.Read(&b, func(r plan.Row) error {
		if r.Verb != lines[i].Verb {
			t.Errorf("line %d is a %v, want %v", r.Line, r.Verb, lines[i].Verb)
		}
		i++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if c := p.Counts(); p.Rows != len(lines) || c.Copies != 1 || c.Uploads != 1 || c.Deletes != 2 {
		t.Errorf("read %d rows and %+v", p.Rows, c)
	}
}

func TestWriteFails(t *testing.T) {
	broken := errors.New("broken")
	_, err := plan.Write(&bytes.Buffer{}, func(yield func(plan.Line, error) bool) { yield(plan.Line{}, broken) })
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

func each(lines []plan.Line) iter.Seq2[plan.Line, error] {
	return func(yield func(plan.Line, error) bool) {
		for _, l := range lines {
			if !yield(l, nil) {
				return
			}
		}
	}
}
