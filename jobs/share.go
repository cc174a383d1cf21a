package jobs

import (
	"fmt"
	"strconv"
	"strings"
)

// Share is a number of things, or a percentage of them. The zero Share is no limit.
type Share struct {
	Count   int
	Percent float64
	Set     bool
}

// ParseShare reads a number (12) or a percentage (5%).
func ParseShare(text string) (Share, error) {
	if number, ok := strings.CutSuffix(text, "%"); ok {
		p, err := strconv.ParseFloat(number, 64)
		if err == nil && p > 0 && p <= 100 {
			return Share{Percent: p, Set: true}, nil
		}
	} else if n, err := strconv.Atoi(text); err == nil && n >= 0 {
		return Share{Count: n, Set: true}, nil
	}
	return Share{}, fmt.Errorf("must be a number, such as 100, or a percentage, such as 5%%, not %q", text)
}

// String is the text that ParseShare reads.
func (s Share) String() string {
	if s.Percent > 0 {
		return strconv.FormatFloat(s.Percent, 'g', -1, 64) + "%"
	}
	return strconv.Itoa(s.Count)
}

// Of is the number that the share stands for, of the given total.
func (s Share) Of(total int) int {
	if s.Percent > 0 {
		return int(s.Percent / 100 * float64(total))
	}
	return s.Count
}

// Exceeded reports whether the share is a limit, and n of total are more than it allows.
func (s Share) Exceeded(n, total int) bool { return s.Set && n > s.Of(total) }
