package cleanup_test

import (
	"errors"
	"testing"
	"time"

	"adferry/graph"
	"adferry/jobs/cleanup"
)

const (
	day  = 24 * time.Hour
	hash = "0123456789abcdef0123456789abcdef"
)

var now = time.Date(2026, time.November, 24, 8, 0, 0, 0, time.UTC)

func TestJudge(t *testing.T) {
	half := cleanup.Policy{Unused: true, OlderThan: 180 * day, MinAge: day}
	old := "2026-01-01T00:00:00+0000"
	image := func(change func(*graph.Image)) graph.Image {
		i := graph.Image{Hash: hash, Name: "spring/tmp-1.jpg", Status: "ACTIVE", Created: old, UseKnown: true}
		change(&i)
		return i
	}
	created := func(s string) graph.Image { return image(func(i *graph.Image) { i.Created = s }) }
	named := func(pattern string) cleanup.Policy { return cleanup.Policy{Name: pattern, MinAge: day} }
	plain := image(func(*graph.Image) {})
	for _, tt := range []struct {
		name   string
		policy cleanup.Policy
		image  graph.Image
		want   cleanup.Verdict
	}{
		{"all that is asked for", half, plain, cleanup.Delete},
		{"a creative uses it", half, image(func(i *graph.Image) { i.Creatives = []string{"1"} }), cleanup.InUse},
		{"associated", half, image(func(i *graph.Image) { i.Associated = true }), cleanup.InUse},
		{"in use, and its use was not asked about", cleanup.Policy{OlderThan: day}, image(func(i *graph.Image) { i.Associated = true }), cleanup.InUse},
		{"in use and young", half, image(func(i *graph.Image) { i.Associated, i.Created = true, "" }), cleanup.InUse},
		{"its use is not told", half, image(func(i *graph.Image) { i.UseKnown = false }), cleanup.UseUnknown},
		{"its use is not told, nor asked about", named("*"), image(func(i *graph.Image) { i.UseKnown = false }), cleanup.UseUnknown},
		{"its use is not told whole, and a creative uses it", half, image(func(i *graph.Image) { i.UseKnown, i.Creatives = false, []string{"1"} }), cleanup.InUse},

		{"deleted already", half, image(func(i *graph.Image) { i.Status = "DELETED" }), cleanup.Gone},
		{"internal", half, image(func(i *graph.Image) { i.Status = "INTERNAL" }), cleanup.NotActive},
		{"of no status", half, image(func(i *graph.Image) { i.Status = "" }), cleanup.NotActive},
		{"of an unknown status", half, image(func(i *graph.Image) { i.Status = "ARCHIVED" }), cleanup.NotActive},
		{"of no proper hash", half, image(func(i *graph.Image) { i.Hash = "0123" }), cleanup.NotActive},

		{"180 days old to the second", half, created("2026-05-28T08:00:00+0000"), cleanup.Delete},
		{"a second younger", half, created("2026-05-28T08:00:01+0000"), cleanup.TooYoung},
		{"of another time zone", half, created("2026-05-28T01:00:00-0700"), cleanup.Delete},
		{"of the other layout", half, created("2026-05-28T01:00:01-07:00"), cleanup.TooYoung},
		{"of no creation time", half, created(""), cleanup.TooYoung},
		{"of a malformed one", half, created("2026-05-28"), cleanup.TooYoung},
		{"of a count of seconds", half, created("1700000000"), cleanup.TooYoung},
		{"of the zero of a clock", half, created("1970-01-01T00:00:00+0000"), cleanup.TooYoung},
		{"from the future", half, created("2027-01-01T00:00:00+0000"), cleanup.TooYoung},
		{"younger than the guard", cleanup.Policy{Unused: true, MinAge: day}, created("2026-11-23T09:00:00+0000"), cleanup.TooYoung},
		{"older than the guard", cleanup.Policy{Unused: true, MinAge: day}, created("2026-11-23T08:00:00+0000"), cleanup.Delete},
		{"the guard is longer than the age asked for", cleanup.Policy{OlderThan: day, MinAge: 180 * day}, created("2026-11-01T08:00:00+0000"), cleanup.TooYoung},
		{"no age is asked for at all", cleanup.Policy{Unused: true}, created(""), cleanup.Delete},

		{"the name matches", named("spring/tmp-*.jpg"), plain, cleanup.Delete},
		{"a star runs over slashes", named("*tmp-*"), plain, cleanup.Delete},
		{"the name matches in part", named("tmp-*.jpg"), plain, cleanup.OtherName},
		{"another case", named("*TMP-*"), plain, cleanup.OtherName},
		{"no name", named("tmp-*"), image(func(i *graph.Image) { i.Name = "" }), cleanup.OtherName},
		{"any name, none too", named("*"), image(func(i *graph.Image) { i.Name = "" }), cleanup.Delete},
		{"a class", named("*tmp-[0-4].jp?"), plain, cleanup.Delete},
		{"the name and not the age", cleanup.Policy{Name: "*", OlderThan: 3000 * day}, plain, cleanup.TooYoung},
	} {
		if got := tt.policy.Judge("11", tt.image, now); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		policy cleanup.Policy
		want   error
	}{
		{cleanup.Policy{}, cleanup.ErrNothing},
		{cleanup.Policy{MinAge: day, Keep: &cleanup.KeepSet{}}, cleanup.ErrNothing},
		{cleanup.Policy{Unused: true}, nil},
		{cleanup.Policy{OlderThan: day}, nil},
		{cleanup.Policy{Name: "*"}, nil},
		{cleanup.Policy{Name: "a[b"}, cleanup.ErrPattern},
		{cleanup.Policy{Name: "a\\"}, cleanup.ErrPattern},
		{cleanup.Policy{Unused: true, OlderThan: -day}, cleanup.ErrAge},
		{cleanup.Policy{Unused: true, MinAge: -day}, cleanup.ErrAge},
	} {
		if got := tt.policy.Check(); !errors.Is(got, tt.want) {
			t.Errorf("%+v: got %v, want %v", tt.policy, got, tt.want)
		}
	}
}
