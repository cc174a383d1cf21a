package cleanup_test

import (
	"strings"
	"testing"
	"time"

	"adferry/jobs/cleanup"
)

// Ages decide over deletions: 6m, perhaps meant as half a year, once deleted what was
// created six minutes before.
func TestParseAge(t *testing.T) {
	for _, tt := range []struct {
		text string
		want time.Duration
		bad  string // a part of the error
	}{
		{"180d", 180 * day, ""},
		{"1d", day, ""},
		{"36h", 36 * time.Hour, ""},
		{"24h", day, ""},
		{"36500d", 36500 * day, ""},

		{"", 0, "the age is empty: write days or hours"},
		{"180", 0, `"180" has no unit: write 180d or 36h`},
		{"0", 0, `"0" has no unit`},
		{"6m", 0, `"6m" is not an age: m could be minutes or months; write days or hours, such as 180d or 36h`},
		{"6M", 0, "m could be minutes or months"},
		{"90m", 0, "minutes"},
		{"30s", 0, `there is no unit "s"`},
		{"2w", 0, `there is no unit "w"`},
		{"6mo", 0, `there is no unit "mo"`},
		{"6 months", 0, `there is no unit "months"`},
		{"1y", 0, `there is no unit "y"`},
		{"1.5d", 0, "it is a fraction; write whole days or hours, such as 36h"},
		{"1,5d", 0, "it is a fraction"},
		{"1d12h", 0, "it has more than one unit; write hours alone, such as 36h"},
		{"1d-12h", 0, "it has more than one unit"},
		{"1h30m", 0, "it has more than one unit"},
		{"-3d", 0, "it is negative"},
		{"-36h", 0, "it is negative"},
		{"+1d", 0, "write days or hours"},
		{"d", 0, "write days or hours"},
		{"180 d", 0, "write 180d"},
		{"180D", 0, "write 180d"},
		{"180days", 0, "write 180d"},
		{" 180d", 0, "write days or hours"},
		{"١٨٠d", 0, "write days or hours"},
		{"0d", 0, "is zero"},
		{"0h", 0, "is zero"},
		{"36501d", 0, "more than a hundred years"},
		{"4294967295d", 0, "more than a hundred years"},
		{"99999999999999999999d", 0, "more than a hundred years"},
		{"876001h", 0, "more than a hundred years"},
	} {
		got, err := cleanup.ParseAge(tt.text)
		switch {
		case tt.bad == "" && (err != nil || got != tt.want):
			t.Errorf("%q: got %v, %v; want %v", tt.text, got, err, tt.want)
		case tt.bad != "" && (err == nil || !strings.Contains(err.Error(), tt.bad)):
			t.Errorf("%q: got %v, %v; want an error with %q", tt.text, got, err, tt.bad)
		}
		if err != nil {
			continue
		}
		if back, err := cleanup.ParseAge(cleanup.FormatAge(got)); err != nil || back != got {
			t.Errorf("%q: spelt %s, read %v, %v", tt.text, cleanup.FormatAge(got), back, err)
		}
	}
}

func TestDescribe(t *testing.T) {
	at := time.Date(2026, 11, 25, 9, 7, 30, 0, time.FixedZone("CET", 3600))
	keep := &cleanup.KeepSet{}
	if err := keep.Read(strings.NewReader("0123456789abcdef0123456789abcdef\n1123456789abcdef0123456789abcdef\n")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		policy cleanup.Policy
		want   string
	}{
		{cleanup.Policy{Unused: true, OlderThan: 180 * day, MinAge: day},
			"unused images, created at least 180d ago (until 2026-05-29 08:07 UTC)"},
		{cleanup.Policy{Unused: true, MinAge: 36 * time.Hour},
			"unused images, created at least 36h ago (--min-age; until 2026-11-23 20:07 UTC)"},
		{cleanup.Policy{Name: "tmp-*", Keep: keep},
			`unused images, of any age, with a name that matches "tmp-*", except for 2 entries of --keep`},
	} {
		if got := tt.policy.Describe(at); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}
