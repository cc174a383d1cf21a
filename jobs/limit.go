package jobs

import (
	"fmt"
	"strconv"
	"strings"
)

// Limit is how many things are allowed: a number, or a percentage of all of them. The zero Limit
// allows any number.
type Limit struct {
	Count   int
	Percent float64
	Set     bool
}

// ParseLimit reads a number (12) or a percentage (5%).
func ParseLimit(text string) (Limit, error) {
	if number, ok := strings.CutSuffix(text, "%"); ok {
		p, err := strconv.ParseFloat(number, 64)
		if err == nil && p > 0 && p <= 100 {
			return Limit{Percent: p, Set: true}, nil
		}
	} else if n, err := strconv.Atoi(text); err == nil && n >= 0 {
		return Limit{Count: n, Set: true}, nil
	}
	return Limit{}, fmt.Errorf("must be a number, such as 100, or a percentage, such as 5%%, not %q", text)
}

// String is the text that ParseLimit reads.
func (l Limit) String() string {
	if l.Percent > 0 {
		return strconv.FormatFloat(l.Percent, 'g', -1, 64) + "%"
	}
	return strconv.Itoa(l.Count)
}

// Of is the number that is allowed, of a total. It multiplies before it divides: 29% of 100 are
// 29, not a rounded 28.
func (l Limit) Of(total int) int {
	if l.Percent > 0 {
		return int(l.Percent * float64(total) / 100)
	}
	return l.Count
}

// Exceeded reports whether n of a total are more than is allowed.
func (l Limit) Exceeded(n, total int) bool { return l.Set && n > l.Of(total) }
