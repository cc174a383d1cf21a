package quota

import (
	"testing"
	"time"
)

func TestWindow(t *testing.T) {
	const span = time.Hour
	const width = span / slots
	inSlot := noon.Truncate(width)
	t.Run("counts for a whole span and one slot at most", func(t *testing.T) {
		for _, sent := range []time.Time{inSlot, inSlot.Add(width / 2), inSlot.Add(width - 1)} {
			w := window{}.add(sent, 300, span)
			falls := w.fallsTo(sent, 299, span)
			if held := falls.Sub(sent); held < span || held > span+width {
				t.Errorf("got points held for %v, want %v to %v", held, span, span+width)
			}
			if got := w.at(falls.Add(-1), span).sum; got != 300 {
				t.Errorf("just before: got %v points, want 300", got)
			}
			if got := w.at(falls, span).sum; got != 0 {
				t.Errorf("then: got %v points, want none", got)
			}
		}
	})
	t.Run("forgets in the order of coming", func(t *testing.T) {
		var w window
		for i := range 3 {
			w = w.add(inSlot.Add(time.Duration(i)*10*time.Minute), 100, span)
		}
		now := inSlot.Add(30 * time.Minute)
		for _, row := range []struct {
			target float64
			want   time.Duration
		}{{300, 30 * time.Minute}, {299, 60*time.Minute + width}, {200, 60*time.Minute + width}, {199, 70*time.Minute + width}, {0, 80*time.Minute + width}} {
			if got := w.fallsTo(now, row.target, span).Sub(inSlot); got != row.want {
				t.Errorf("down to %v: got %v, want %v", row.target, got, row.want)
			}
		}
	})
	t.Run("is empty after a long pause", func(t *testing.T) {
		w := window{}.add(noon, 300, span).at(noon.Add(1000*time.Hour), span)
		if w.sum != 0 || w.count != [slots + 1]float32{} {
			t.Errorf("got %v points left, want none", w.sum)
		}
	})
	t.Run("survives a clock that goes back", func(t *testing.T) {
		w := window{}.add(noon, 299, span).add(noon.Add(-10*time.Minute), 1, span)
		if got := w.at(noon.Add(59*time.Minute), span).sum; got != 300 {
			t.Errorf("got %v points, want 300", got)
		}
		if got := w.at(noon.Add(span+2*width), span).sum; got != 0 {
			t.Errorf("got %v points, want none", got)
		}
	})
	t.Run("says now where nothing is left to fall", func(t *testing.T) {
		if got := (window{}).add(noon, 5, span).fallsTo(noon, -1, span); !got.Equal(noon) {
			t.Errorf("got %v, want now", got.Sub(noon))
		}
	})
}
