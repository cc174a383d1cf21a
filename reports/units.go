package reports

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// count writes 1234567 as 1,234,567.
func count[N int | int64](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Counted is a number with its noun, in one of two forms.
func Counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}

// span writes a duration in its two largest units, which is as exact as people
// want it.
func span(d time.Duration) string {
	if d < 0 {
		d = 0
	}
	if d < 10*time.Second && d%time.Second != 0 {
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + "s"
	}
	d = d.Round(time.Second)
	days, hours := int(d/(24*time.Hour)), int(d/time.Hour)%24
	minutes, seconds := int(d/time.Minute)%60, int(d/time.Second)%60
	switch {
	case days > 0:
		return fmt.Sprintf("%sd %dh", count(days), hours)
	case hours > 0:
		return fmt.Sprintf("%dh %dm", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%dm %ds", minutes, seconds)
	}
	return fmt.Sprintf("%ds", seconds)
}

func seconds(s float64) string { return span(toDuration(s)) }

// toDuration bounds what a damaged file or a tiny rate may ask for.
func toDuration(s float64) time.Duration {
	const most = 100 * 365 * 24 * 3600
	if math.IsNaN(s) || s < 0 {
		return 0
	}
	return time.Duration(min(s, most) * float64(time.Second))
}

// pace writes a rate given per second with what it counts; slow ones are easier
// to grasp per minute or hour.
func pace(perSecond float64, noun string) string {
	if noun != "" {
		noun = " " + noun
	}
	switch {
	case perSecond <= 0:
		return "0" + noun + "/s"
	case perSecond < 1./60:
		return strconv.FormatFloat(perSecond*3600, 'f', 1, 64) + noun + "/h"
	case perSecond < 0.5:
		return strconv.FormatFloat(perSecond*60, 'f', 1, 64) + noun + "/min"
	case perSecond < 100:
		return strconv.FormatFloat(perSecond, 'f', 1, 64) + noun + "/s"
	}
	return count(int64(math.Round(perSecond))) + noun + "/s"
}

// percent rounds down: 100% means all.
func percent[N int | int64](part, whole N) string {
	if whole <= 0 {
		return "100%"
	}
	return strconv.FormatFloat(math.Floor(100*float64(part)/float64(whole)), 'f', 0, 64) + "%"
}

// codes writes an error's code with its subcode, as Meta's documents do.
func codes(code, subcode int) string {
	switch {
	case code == 0 && subcode == 0:
		return ""
	case subcode == 0:
		return strconv.Itoa(code)
	}
	return fmt.Sprintf("%d/%d", code, subcode)
}

// list joins words as in a sentence, the last two with and.
func list(words []string) string { return join(words, "and") }

func join(words []string, conjunction string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " " + conjunction + " " + words[len(words)-1]
}

// Or joins words as in a sentence, the last two with or.
func Or(words []string) string { return join(words, "or") }
