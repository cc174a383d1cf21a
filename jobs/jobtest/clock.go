package jobtest

import (
	"io"
	"net/http"
	"strings"
	"time"
)

type Shifted struct {
	http.RoundTripper
	Ahead time.Duration
}

func (s Shifted) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := s.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	date, _ := http.ParseTime(res.Header.Get("Date"))
	res.Header.Set("Date", date.Add(s.Ahead).UTC().Format(http.TimeFormat))
	body, err := io.ReadAll(res.Body)
	text := string(body)
	const layout = "2006-01-02T15:04:05-0700"
	for field := range strings.SplitSeq(text, `"`) {
		if at, err := time.Parse(layout, field); err == nil {
			text = strings.ReplaceAll(text, field, at.Add(s.Ahead).Format(layout))
		}
	}
	res.Body, res.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	return res, err
}
