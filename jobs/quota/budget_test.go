package quota

import (
	"testing"
	"time"

	"adferry/graph"
)

var noon = time.Date(2026, 11, 20, 12, 0, 29, 5, time.UTC)

func TestDocumented(t *testing.T) {
	for _, test := range []struct {
		tier graph.Tier
		want Budgets
		ok   bool
	}{
		{graph.TierLimited, Budgets{300, time.Hour, 60, 300 * time.Second, 300 * time.Second}, true},
		{graph.TierFull, Budgets{100_000, time.Hour, 9_000, 300 * time.Second, 60 * time.Second}, true},
		{graph.TierUnknown, Budgets{}, false},
	} {
		if got, ok := Documented(test.tier); got != test.want || ok != test.ok {
			t.Errorf("%v: got %+v, %v, want %+v, %v", test.tier, got, ok, test.want, test.ok)
		}
	}
}

func TestBudgetsTime(t *testing.T) {
	limited, _ := Documented(graph.TierLimited)
	full, _ := Documented(graph.TierFull)
	for _, test := range []struct {
		name          string
		budgets       Budgets
		reads, writes int
		want          time.Duration
	}{
		{"nothing", limited, 0, 0, 0},
		{"what the score holds", limited, 0, 20, 0},
		{"one write more", limited, 0, 21, 15 * time.Second},
		{"one read more", limited, 61, 0, 5 * time.Second},
		{"writes wait for the score", limited, 0, 300, 4200 * time.Second},
		{"and never for the hour", limited, 0, 600, 8700 * time.Second},
		{"reads wait for the score", limited, 300, 0, 1200 * time.Second},
		{"and then for the hour", limited, 301, 0, time.Hour},
		{"and for both", limited, 600, 0, time.Hour + 1200*time.Second},
		{"Full access: ten writes a second", full, 0, 39_000, time.Hour},
		{"Full access: the hour stops reads", full, 200_000, 0, time.Hour + 91_000*time.Second/30},
		{"hourly budget alone", Budgets{Calls: 10, Window: time.Minute}, 5, 26, 3 * time.Minute},
		{"score alone", Budgets{Score: 60, Decay: 300 * time.Second}, 0, 40, 300 * time.Second},
		{"no budget", Budgets{}, 1000, 1000, 0},
	} {
		got := test.budgets.Time(test.reads, test.writes)
		if diff := got - test.want; diff.Abs() > time.Second/10 {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

func TestScore(t *testing.T) {
	b := Budgets{Score: 60, Decay: 300 * time.Second} // a point in five seconds
	t.Run("fills by points and leaks", func(t *testing.T) {
		s := score{}.spend(noon, 60, b)
		for _, row := range []struct {
			after time.Duration
			want  float64
		}{{0, 60}, {5 * time.Second, 59}, {150 * time.Second, 30}, {300 * time.Second, 0}, {time.Hour, 0}, {-time.Hour, 60}} {
			if got := s.now(noon.Add(row.after), b); got < row.want-1e-6 || got > row.want+1e-6 {
				t.Errorf("after %v: got %v points, want %v", row.after, got, row.want)
			}
		}
	})
	t.Run("has room for what fits", func(t *testing.T) {
		s := score{}.spend(noon, 57, b)
		for _, row := range []struct {
			points int
			want   time.Duration
		}{{1, 0}, {3, 0}, {4, 5 * time.Second}, {33, 150 * time.Second}} {
			got := s.next(noon, row.points, b)
			if late := got.Sub(noon) - row.want; late < 0 || late > 2*time.Millisecond {
				t.Errorf("%d points: got %v, want %v", row.points, got.Sub(noon), row.want)
			}
			if again := s.next(got, row.points, b); !again.Equal(got) {
				t.Errorf("%d points: at the moment it named, got another %v", row.points, again.Sub(got))
			}
		}
	})
	t.Run("believes a higher report only", func(t *testing.T) {
		s := score{}.spend(noon, 30, b)
		for _, row := range []struct{ percent, want float64 }{{0, 30}, {49, 30}, {50, 30}, {75, 45}, {120, 72}} {
			if got := s.seen(noon, row.percent, b).now(noon, b); got != row.want {
				t.Errorf("%v%%: got %v points, want %v", row.percent, got, row.want)
			}
		}
	})
}

func TestCalls(t *testing.T) {
	b := Budgets{Calls: 300, Window: time.Hour}
	width := b.Window / parts
	inSlot := noon.Truncate(width)
	t.Run("count for a whole window and one part at most", func(t *testing.T) {
		for _, sent := range []time.Time{inSlot, inSlot.Add(width / 2), inSlot.Add(width - 1)} {
			c := calls{}.spend(sent, 300, b)
			next := c.next(sent, 1, b)
			if held := next.Sub(sent); held < b.Window || held > b.Window+width {
				t.Errorf("got a call held for %v, want %v to %v", held, b.Window, b.Window+width)
			}
			if got := c.next(next.Add(-1), 1, b); !got.Equal(next) {
				t.Errorf("just before: got %v, want %v", got, next)
			}
			if got := c.next(next, 300, b); !got.Equal(next) {
				t.Errorf("then: got %v, want all 300 at once", got.Sub(next))
			}
		}
	})
	t.Run("leave in the order they came", func(t *testing.T) {
		var c calls
		for i := range 3 {
			c = c.spend(inSlot.Add(time.Duration(i)*10*time.Minute), 100, b)
		}
		now := inSlot.Add(30 * time.Minute)
		for _, row := range []struct {
			n    int
			want time.Duration
		}{{1, 60 * time.Minute}, {100, 60 * time.Minute}, {101, 70 * time.Minute}, {300, 80 * time.Minute}} {
			if got := c.next(now, row.n, b).Sub(inSlot); got != row.want+width {
				t.Errorf("%d calls: got %v, want %v", row.n, got, row.want+width)
			}
		}
	})
	t.Run("are forgotten after a long pause", func(t *testing.T) {
		c := calls{}.spend(noon, 300, b).at(noon.Add(1000*time.Hour), b)
		if c.sum != 0 || c.count != [slots]int32{} {
			t.Errorf("got %d calls left, want none", c.sum)
		}
	})
	t.Run("survive a clock that goes back", func(t *testing.T) {
		c := calls{}.spend(noon, 299, b).spend(noon.Add(-10*time.Minute), 1, b)
		if got := c.next(noon, 1, b); !got.After(noon.Add(59 * time.Minute)) {
			t.Errorf("got room after %v, want none within the hour", got.Sub(noon))
		}
	})
}
