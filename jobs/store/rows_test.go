package store

import (
	"errors"
	"slices"
	"testing"
)

// Pages come in order, an error after what came before it, and nothing is read any more once the
// consumer has stopped.
func TestPagesAhead(t *testing.T) {
	t.Parallel()
	failed := errors.New("failed")
	for _, test := range []struct {
		name   string
		rows   int
		failAt int // the page after this row cannot be read; 0: all can
		stop   int // the consumer stops at this row; 0: it does not
		want   int // rows
	}{
		{"none", 0, 0, 0, 0},
		{"part of a page", 2, 0, 0, 2},
		{"whole pages", 6, 0, 0, 6},
		{"more", 8, 0, 0, 8},
		{"an error", 8, 3, 0, 3},
		{"stopped in a page", 8, 0, 2, 2},
		{"stopped at its end", 8, 0, 3, 3},
		{"stopped before an error", 8, 3, 2, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			reads := 0 // without a lock: one page is read at a time, and none after the end
			all := pagesAhead(3, func(after int) (page []int, err error) {
				reads++
				if test.failAt > 0 && after == test.failAt {
					return nil, failed
				}
				for n := after + 1; n <= min(after+3, test.rows); n++ {
					page = append(page, n)
				}
				return page, nil
			})
			var got []int
			var err error
			for n, e := range all {
				if err = e; err != nil {
					break
				}
				if got = append(got, n); n == test.stop {
					break
				}
			}
			reads++
			if wantErr := test.failAt > 0 && test.stop == 0; errors.Is(err, failed) != wantErr {
				t.Errorf("got error %v, want one: %t", err, wantErr)
			}
			if len(got) != test.want || !slices.IsSorted(got) {
				t.Errorf("got %v, want %d rows in order", got, test.want)
			}
		})
	}
}
