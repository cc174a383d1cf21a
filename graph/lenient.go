package graph

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// number is a JSON number that may also come as a string; anything else is 0.
type number float64

// parseNumber reads the JSON text of a number or a string.
func parseNumber(text []byte) number {
	f, err := strconv.ParseFloat(strings.Trim(string(text), `" `), 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return number(f)
}

// toInt is the number as an int of 32 bits, the size of codes and counts at Meta.
func (n number) toInt() int { return int(min(max(n, math.MinInt32), math.MaxInt32)) }

// percent bounds a percentage to 0 to 1000.
func (n number) percent() float64 { return float64(min(max(n, 0), 1000)) }

// duration is the number in units, from 0 to two days, which is more than any documented
// block.
func (n number) duration(unit time.Duration) time.Duration {
	return time.Duration(min(max(float64(n), 0)*float64(unit), float64(48*time.Hour)))
}
