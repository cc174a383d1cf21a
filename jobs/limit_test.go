package jobs_test

import (
	"testing"

	"adferry/jobs"
)

func TestLimit(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text     string
		n, total int
		want     bool
	}{
		{"20%", 20, 100, false},
		{"20%", 21, 100, true},
		{"29%", 29, 100, false},
		{"0.07%", 7, 10_000, false},
		{"20%", 1, 3, true},
		{"20%", 1, 5, false},
		{"100%", 7, 7, false},
		{"20%", 0, 0, false},
		{"3", 3, 4, false},
		{"3", 4, 4, true},
		{"0", 1, 4, true},
	} {
		l, err := jobs.ParseLimit(test.text)
		if err != nil || l.String() != test.text {
			t.Errorf("%s: got %v, %v", test.text, l, err)
		}
		if got := l.Exceeded(test.n, test.total); got != test.want {
			t.Errorf("%s: got %v for %d of %d, want %v", test.text, got, test.n, test.total, test.want)
		}
	}
	if (jobs.Limit{}).Exceeded(1000, 1000) {
		t.Error("the zero limit is exceeded")
	}
	for _, bad := range []string{"", "%", "0%", "101%", "-1", "1.5", "NaN%", "ten"} {
		if l, err := jobs.ParseLimit(bad); err == nil {
			t.Errorf("got %v for %q, want an error", l, bad)
		}
	}
}
