package reports

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestFormats(t *testing.T) {
	for _, test := range []struct{ name, got, want string }{
		{"count", count(0), "0"},
		{"count of three digits", count(999), "999"},
		{"count of millions", count(1234567), "1,234,567"},
		{"negative count", count(-1234), "-1,234"},
		{"no time", span(0), "0s"},
		{"tenths", span(1250 * time.Millisecond), "1.2s"},
		{"seconds", span(12345 * time.Millisecond), "12s"},
		{"minutes", span(61 * time.Second), "1m 1s"},
		{"just below an hour", span(time.Hour - time.Millisecond), "1h 0m"},
		{"days", span(50 * time.Hour), "2d 2h"},
		{"past", span(-time.Hour), "0s"},
		{"endless", seconds(math.Inf(1)), "36,500d 0h"},
		{"no number", seconds(math.NaN()), "0s"},
		{"fast", pace(1234, ""), "1,234/s"},
		{"by the second", pace(41.26, "rows"), "41.3 rows/s"},
		{"by the minute", pace(0.2, ""), "12.0/min"},
		{"by the hour", pace(0.001, ""), "3.6/h"},
		{"still", pace(0, "rows"), "0 rows/s"},
		{"nearly all", percent(9999, 10000), "99%"},
		{"all", percent(7, 7), "100%"},
		{"all of nothing", percent(0, 0), "100%"},
		{"code and subcode", codes(100, 33), "100/33"},
		{"shell word", Quote("a/b-c.job"), "a/b-c.job"},
		{"shell quotes", Quote("it's"), `'it'\''s'`},
		{"shell escapes", Quote("it's\x1b[2J\n\u009b\xff, größer"), `$'it\'s\x1b[2J\x0a\xc2\x9b\xff, größer'`},
		{"empty shell word", Quote(""), "''"},
	} {
		if test.got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, test.got, test.want)
		}
	}
}

func TestTimeTicks(t *testing.T) {
	at := time.Date(2026, 11, 23, 9, 7, 3, 0, time.UTC)
	for _, test := range []struct {
		length time.Duration
		want   string
	}{
		{0, ""},
		{4 * time.Second, "09:07:04 09:07:06"},
		{time.Hour, "09:15 09:30 09:45 10:00"},
		{30 * time.Hour, "23 Nov 12:00 24 Nov 00:00 24 Nov 12:00"},
		{10 * 24 * time.Hour, "30 Nov"},
		{20 * 365 * 24 * time.Hour, ""},
	} {
		var labels []string
		for _, tick := range (timeAxis{at, at.Add(test.length)}).ticks() {
			labels = append(labels, tick.Label)
		}
		if got := strings.Join(labels, " "); got != test.want && test.want != "" || len(labels) > maxTimeTicks+1 {
			t.Errorf("%v: got ticks %q, want %q", test.length, got, test.want)
		}
	}
}

func TestCountScale(t *testing.T) {
	for _, test := range []struct{ most, top, ticks int }{
		{0, 1, 1}, {1, 1, 1}, {3, 3, 3}, {4, 4, 4}, {5, 6, 3}, {9, 10, 2}, {16, 20, 4}, {100, 100, 2}, {51234, 60000, 3}, {999999, 1000000, 2},
	} {
		top, ticks := countScale(test.most)
		if top != test.top || len(ticks) != test.ticks {
			t.Errorf("%d: got a scale to %d with %d ticks, want %d with %d", test.most, top, len(ticks), test.top, test.ticks)
		}
	}
}
