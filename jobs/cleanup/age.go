package cleanup

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	day     = 24 * time.Hour
	mostAge = 36500 * day // no ad image is a hundred years old, and a time.Duration holds 292
)

// ParseAge reads an age in whole days (180d) or whole hours (36h). It refuses anything
// else, because an age decides over deletions: a bare number could be days or hours, m
// minutes or months. The error repeats the text and says what to write.
func ParseAge(s string) (time.Duration, error) {
	number, unit := s, ""
	if i := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		number, unit = s[:i], s[i:]
	}
	n, err := strconv.ParseUint(number, 10, 32)
	scale := map[string]time.Duration{"d": day, "h": time.Hour}[unit]
	switch {
	case s == "":
		return 0, fmt.Errorf("the age is empty: write days or hours, such as 180d or 36h")
	case number != "" && unit == "":
		return 0, fmt.Errorf("%q has no unit: write 180d or 36h", s)
	case number == "" || scale == 0:
		return 0, fmt.Errorf("%q is not an age: %s", s, notAnAge(number, unit))
	case err != nil || time.Duration(n) > mostAge/scale:
		return 0, fmt.Errorf("%q is more than a hundred years: write days or hours, such as 180d or 36h", s)
	case n == 0:
		return 0, fmt.Errorf("%q is zero: write days or hours, such as 180d or 36h", s)
	}
	return time.Duration(n) * scale, nil
}

// notAnAge says what is wrong with the text after the digits, and what to write.
func notAnAge(number, unit string) string {
	const write = "write days or hours, such as 180d or 36h"
	switch lower := strings.ToLower(strings.TrimSpace(unit)); {
	case strings.HasPrefix(unit, "-"):
		return "it is negative; " + write
	case strings.HasPrefix(unit, ".") || strings.HasPrefix(unit, ","):
		return "it is a fraction; write whole days or hours, such as 36h for a day and a half"
	case number == "":
		return write
	case lower == "m":
		return "m could be minutes or months; " + write
	case lower == "d" || lower == "days" || lower == "day":
		return "write " + number + "d"
	case lower == "h" || lower == "hours" || lower == "hour":
		return "write " + number + "h"
	case strings.ContainsAny(unit, "0123456789"):
		return "it has more than one unit; write hours alone, such as 36h for a day and a half"
	}
	return fmt.Sprintf("there is no unit %q; %s", strings.TrimSpace(unit), write)
}

// FormatAge spells an age as ParseAge reads it; 0 is "0".
func FormatAge(d time.Duration) string {
	switch {
	case d == 0:
		return "0"
	case d%day == 0:
		return fmt.Sprintf("%dd", d/day)
	}
	return fmt.Sprintf("%dh", d/time.Hour)
}
