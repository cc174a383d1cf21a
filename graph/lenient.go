package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// readObject parses a JSON object into v and reports whether it is one. Fields of another
// type than documented stay zero.
func readObject(data []byte, v any) bool {
	data = bytes.TrimSpace(data)
	if len(data) == 0 || data[0] != '{' {
		return false
	}
	err := json.Unmarshal(data, v)
	return err == nil || mistyped(err)
}

// mistyped reports whether a field has another type than expected. encoding/json has
// parsed all other fields then.
func mistyped(err error) bool {
	var t *json.UnmarshalTypeError
	return errors.As(err, &t)
}

// number is a JSON number that may also come as a string; anything else is 0.
type number float64

func (n *number) UnmarshalJSON(b []byte) error {
	f, err := strconv.ParseFloat(strings.Trim(string(b), `" `), 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		f = 0
	}
	*n = number(f)
	return nil
}

// text is a JSON string, or the digits of a number; anything else is "".
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	var n json.Number
	switch {
	case json.Unmarshal(b, &s) == nil:
		*t = text(s)
	case len(b) > 0 && b[0] != '"' && json.Unmarshal(b, &n) == nil:
		*t = text(n)
	default:
		*t = ""
	}
	return nil
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
