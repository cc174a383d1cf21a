package main

import (
	"testing"
	"time"
)

func TestParseAge(t *testing.T) {
	for _, tt := range []struct {
		text string
		want time.Duration
		ok   bool
	}{
		{"180d", 180 * day, true},
		{"1d", day, true},
		{"0d", 0, true},
		{"0", 0, true},
		{"36h", 36 * time.Hour, true},
		{"1d12h", 36 * time.Hour, true},
		{"90m", 90 * time.Minute, true},
		{"36500d", 36500 * day, true},

		{"", 0, false},
		{"180", 0, false},
		{"d", 0, false},
		{"-1d", 0, false},
		{"-36h", 0, false},
		{"1d-12h", 0, false},
		{"+1d", 0, false},
		{"1.5d", 0, false},
		{"180 d", 0, false},
		{"180days", 0, false},
		{"6 months", 0, false},
		{"36501d", 0, false},
		{"4294967295d", 0, false},
		{"99999999999999999999d", 0, false},
		{"9999999h", 0, false},
		{"65535d2000000h", 0, false},
	} {
		got, err := parseAge(tt.text)
		if got != tt.want || (err == nil) != tt.ok {
			t.Errorf("%q: got %v, %v; want %v, ok %v", tt.text, got, err, tt.want, tt.ok)
		}
		if back, err := parseAge(days(got)); tt.ok && (err != nil || back != got) {
			t.Errorf("%q: spelled %s, read %v, %v", tt.text, days(got), back, err)
		}
	}
}
