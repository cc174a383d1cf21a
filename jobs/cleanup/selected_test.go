package cleanup

import (
	"strings"
	"testing"
	"time"

	"adferry/graph"
	"adferry/jobs/spill"
)

func TestWhy(t *testing.T) {
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	created := now.Add(-200*day - 5*time.Hour).Format(time.RFC3339)
	for _, test := range []struct {
		name   string
		policy Policy
		image  graph.Image
		want   string
	}{
		{"unused", Policy{Unused: true}, graph.Image{Created: created}, "unused"},
		{"old", Policy{OlderThan: 180 * day, MinAge: day}, graph.Image{Created: created}, "unused; created 200d ago (at least 180d)"},
		{"hours old", Policy{Unused: true, MinAge: 3 * time.Hour}, graph.Image{Created: now.Add(-5 * time.Hour).Format(time.RFC3339)}, "unused; created 5h ago (at least 3h)"},
		{"named", Policy{Name: "tmp-*"}, graph.Image{Created: created}, `unused; name matches "tmp-*"`},
		{"of unknown age", Policy{Unused: true}, graph.Image{}, "unused"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.policy.Why(test.image, now); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// An image comes out of the temporary file as it went in, whatever its name.
func TestSelectedSurvives(t *testing.T) {
	image := graph.Image{Hash: "0123456789abcdef0123456789abcdef", Name: "a\nb\x00\xff\"</li>" + strings.Repeat("é", 300), Created: "2026-01-02T03:04:05+0000",
		Thumbnail: "https://example.com/a?b=c&d", Width: 1200, Height: 628, UseKnown: true}
	in := Policy{Unused: true}.selected("11", image, time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
	file, err := spill.New[Selected]()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := file.Add("11", []Selected{in}); err != nil {
		t.Fatal(err)
	}
	var out Selected
	for out, err = range file.Rows("11") {
		if err != nil {
			t.Fatal(err)
		}
	}
	if !out.Created.Equal(in.Created) {
		t.Errorf("got %v, want %v", out.Created, in.Created)
	}
	out.Created = in.Created
	if out != in {
		t.Errorf("got %+v\nwant %+v", out, in)
	}
	if in.row().Note != noteOf(image) {
		t.Errorf("the note of the row is %q", in.row().Note)
	}
}

func TestNoteOf(t *testing.T) {
	for _, tt := range []struct {
		image graph.Image
		want  string
	}{
		{graph.Image{Name: "a.jpg", Created: "2026-01-01T23:30:00-0700"}, "created 2026-01-02: a.jpg"},
		{graph.Image{Name: "=cmd|' /C calc'!A0", Created: "2026-01-01T00:00:00+0000"}, "created 2026-01-01: =cmd|' /C calc'!A0"},
		{graph.Image{Name: "=1\n2\x00"}, "no creation time: =1 2 "},
		{graph.Image{}, "no creation time"},
	} {
		if got := noteOf(tt.image); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}
