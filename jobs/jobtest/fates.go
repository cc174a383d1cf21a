package jobtest

import (
	"context"
	"fmt"
	"testing"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/plan"
)

func Fill(w *World, n int) []string {
	var rows []string
	for i := range 4 {
		w.Has(fmt.Sprint(11 + i))
		w.Has(fmt.Sprint(21 + i))
	}
	for i := range n {
		source, target, image := 11+i%4, 21+(i/4)%4, fmt.Sprint("image", i)
		w.Has(fmt.Sprint(source), image)
		switch i % 5 {
		case 0, 1:
			rows = append(rows, fmt.Sprintf("move %d %s %d", source, image, target))
		case 4:
			rows = append(rows, fmt.Sprintf("delete %d %s -", source, image))
		default:
			rows = append(rows, fmt.Sprintf("copy %d %s %d", source, image, target))
		}
	}
	return rows
}

func WantWrites(n int) func(*testing.T, *World) {
	return func(t *testing.T, w *World) {
		t.Helper()
		calls := w.Server.Stats().Calls
		if got := calls[sandbox.Copy] + calls[sandbox.Delete]; got != n {
			t.Errorf("got %d writes, want %d", got, n)
		}
	}
}

func WantHolds(t *testing.T, w *World, places ...string) {
	t.Helper()
	for _, p := range places {
		want := p[0] != '!'
		if !want {
			p = p[1:]
		}
		if got := w.Holds(p[:2], p[3:]); got != want {
			t.Errorf("%s: got %v, want %v", p, got, want)
		}
	}
}

// Asks reports whether a call does what an operation asks for, to some image.
func Asks(o plan.Op, c graph.Call) bool {
	switch c.Action {
	case graph.ActionCopy:
		return o.Kind == plan.KindCopy && string(o.Source) == c.Source && string(o.Target) == c.Account
	case graph.ActionDelete:
		return o.Kind == plan.KindDelete && string(o.Source) == c.Account
	}
	return false
}

// Loses is another program that deletes an image.
func Loses(w *World, account, name string) {
	w.T.Helper()
	if r := w.Wire.API.Do(context.Background(), []graph.Call{graph.Delete(account, string(Hash(name)))}); r[0].Err != nil {
		w.T.Fatal(r[0].Err)
	}
}
