package store

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"
)

// What is read beside each other comes in order, an error after what came before it, and nothing is
// read any more once the consumer has stopped.
func TestInOrder(t *testing.T) {
	t.Parallel()
	const none = -1
	for _, test := range []struct {
		name   string
		n      int
		failAt int
		stopAt int // the consumer
		want   int // values
	}{
		{"nothing", 0, none, none, 0},
		{"less than is read ahead", 1, none, none, 1},
		{"more", 8, none, none, 8},
		{"an error", 8, 3, none, 3},
		{"an error at once", 8, 0, none, 0},
		{"stopped", 8, none, 2, 3},
		{"stopped at the end", 8, none, 7, 8},
		{"stopped before an error", 8, 3, 2, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			const ahead = 2
			failed := errors.New("failed")
			var under, begun atomic.Int32
			var got []int
			var err error
			for i, e := range inOrder(test.n, ahead, func(i int) (int, error) {
				begun.Add(1)
				if n := under.Add(1); n > ahead {
					t.Errorf("%d are read at a time", n)
				}
				defer under.Add(-1)
				if i == test.failAt {
					return 0, failed
				}
				return i, nil
			}) {
				if err = e; err != nil {
					break
				}
				if got = append(got, i); i == test.stopAt {
					break
				}
			}
			if n := under.Load(); n != 0 {
				t.Errorf("%d are still being read", n)
			}
			if n := int(begun.Load()); n > test.want+1+ahead {
				t.Errorf("%d were read, want no more than %d beyond those that came", n, 1+ahead)
			}
			if wantErr := test.failAt != none && test.stopAt == none; errors.Is(err, failed) != wantErr {
				t.Errorf("got error %v, want one: %t", err, wantErr)
			}
			if len(got) != test.want || !slices.IsSorted(got) {
				t.Errorf("got %v, want %d values in order", got, test.want)
			}
		})
	}
}
