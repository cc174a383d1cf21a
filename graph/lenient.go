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

// readObject reads a JSON object into v, and leaves fields of another type than
// documented at zero.
func readObject(data []byte, v any) bool {
	data = bytes.TrimSpace(data)
	if len(data) == 0 || data[0] != '{' {
		return false
	}
	err := json.Unmarshal(data, v)
	return err == nil || mistyped(err)
}

// mistyped reports an error after which encoding/json has read all the rest.
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

// text is a JSON string, or a number as it is written; anything else is "".
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

// whole is the number as a code or a count, which have 32 bits at Meta.
func (n number) whole() int { return int(min(max(n, math.MinInt32), math.MaxInt32)) }

// percent bounds a percentage: what is above a thousand says no more.
func (n number) percent() float64 { return float64(min(max(n, 0), 1000)) }

// duration bounds a time span to two days, above any documented block.
func (n number) duration(unit time.Duration) time.Duration {
	return time.Duration(min(max(float64(n), 0)*float64(unit), float64(48*time.Hour)))
}
