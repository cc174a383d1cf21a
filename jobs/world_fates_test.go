package jobs_test

import (
	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/plan"
	"context"
	"fmt"
	"testing"
)

func fill(w *world, n int) []string {
	var rows []string
	for i := range 4 {
		w.has(fmt.Sprint(11 + i))
		w.has(fmt.Sprint(21 + i))
	}
	for i := range n {
		source, target, image := 11+i%4, 21+(i/4)%4, fmt.Sprint("image", i)
		w.has(fmt.Sprint(source), image)
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

func wantWrites(n int) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		t.Helper()
		calls := w.server.Stats().Calls
		if got := calls[sandbox.Copy] + calls[sandbox.Delete]; got != n {
			t.Errorf("got %d writes, want %d", got, n)
		}
	}
}

func wantHolds(t *testing.T, w *world, places ...string) {
	t.Helper()
	for _, p := range places {
		want := p[0] != '!'
		if !want {
			p = p[1:]
		}
		if got := w.holds(p[:2], p[3:]); got != want {
			t.Errorf("%s: got %v, want %v", p, got, want)
		}
	}
}

// asks reports whether a call does what an operation asks for, to some image.
func asks(o plan.Op, c graph.Call) bool {
	switch c.Action {
	case graph.ActionCopy:
		return o.Kind == plan.KindCopy && string(o.Source) == c.Source && string(o.Target) == c.Account
	case graph.ActionDelete:
		return o.Kind == plan.KindDelete && string(o.Source) == c.Account
	}
	return false
}

// loses is another program that deletes an image.
func loses(w *world, account, name string) {
	w.t.Helper()
	if r := w.api.API.Do(context.Background(), []graph.Call{graph.Delete(account, string(hash(name)))}); r[0].Err != nil {
		w.t.Fatal(r[0].Err)
	}
}
