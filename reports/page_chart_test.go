package reports

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"adferry/jobs"
)

// The pictures are of a hundred seconds, so that percents are seconds.
var pictured = timeAxis{time.Unix(1_800_000_000, 0), time.Unix(1_800_000_100, 0)}

func second(n int) time.Time { return pictured.from.Add(time.Duration(n) * time.Second) }

func TestWaitsOfALane(t *testing.T) {
	for _, test := range []struct {
		name  string
		parks [][2]int // from, until
		boxes string
		total string
	}{
		{"one", [][2]int{{10, 20}}, "10+10", "10s"},
		{"apart", [][2]int{{50, 60}, {10, 20}}, "10+10 50+10", "20s"},
		{"overlapping", [][2]int{{10, 30}, {20, 40}, {25, 26}}, "10+30", "30s"},
		{"longer than the job", [][2]int{{90, 4000}}, "90+10", "10s"},
		{"no time at all", [][2]int{{40, 40}}, "40+0.2", "0s"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var parks []jobs.Park
			for _, p := range test.parks {
				parks = append(parks, jobs.Park{Account: "1", From: second(p[0]), Until: second(p[1]), Code: 17, Subcode: p[0] % 20})
			}
			l := newLane("1", parks, pictured)
			if got := boxes(l.Boxes); got != test.boxes || l.Total != test.total {
				t.Errorf("got %s, %s in all, want %s, %s", got, l.Total, test.boxes, test.total)
			}
		})
	}
}

func TestChart(t *testing.T) {
	samples := []jobs.Sample{{At: second(0)}, {At: second(5), Settled: 10}, {At: second(10), Settled: 20, Failed: 2}, {At: second(60), Settled: 30, Failed: 3}, {At: second(65), Settled: 40, Failed: 4}, {At: second(100), Settled: 40, Failed: 4}}
	totals := jobs.Totals{Rows: 30, Done: 15, Failed: 5, Pending: 10} // half of the operations are of moves
	c := newProgressChart(samples, totals, pictured)
	if got, want := c.Settled, "M0.0 1000.0L50.0 750.0L100.0 500.0L150.0 250.0L600.0 250.0L650.0 0.0L1000.0 0.0"; got != want {
		t.Errorf("got curve %s, want %s: flat where nothing moved", got, want)
	}
	if got, want := c.Failed, "M0.0 1000.0L50.0 1000.0L100.0 900.0L150.0 850.0L600.0 850.0L650.0 750.0L1000.0 750.0"; got != want {
		t.Errorf("got curve of failures %s, want %s: it ends at the total", got, want)
	}
	if got, want := boxes(c.Waiting), "15+45 65+35"; got != want {
		t.Errorf("got waits %s, want %s", got, want)
	}
	if !strings.HasPrefix(c.Label, "20 rows ended in 1m 40s, 5 of them failed") {
		t.Errorf("got %s", c.Label)
	}
	if c := newProgressChart(samples[:1], totals, pictured); c != nil {
		t.Errorf("got %+v of a single sample, want no picture", c)
	}
	var many []jobs.Sample
	for i := range 100_000 {
		many = append(many, jobs.Sample{At: pictured.from.Add(time.Duration(i) * time.Millisecond), Settled: i})
	}
	c = newProgressChart(many, jobs.Totals{Rows: 99_999, Done: 99_999}, pictured)
	if got := strings.Count(c.Settled, "L"); got > maxPoints+1 {
		t.Errorf("got %d points, want at most %d", got, maxPoints+1)
	}
	if !strings.HasSuffix(c.Settled, "L1000.0 0.0") {
		t.Errorf("got a curve that ends in %s, want its last sample", c.Settled[len(c.Settled)-20:])
	}
}

// boxes writes each as its start and width.
func boxes(bs []box) string {
	var words []string
	for _, b := range bs {
		var x, width float64
		_, _ = fmt.Sscanf(string(b.X+" "+b.Width), "%f%% %f%%", &x, &width)
		words = append(words, fmt.Sprintf("%g+%g", x, width))
	}
	return strings.Join(words, " ")
}
