package verify

import (
	"testing"
	"time"

	"adferry/graph"
	"adferry/jobs"
)

func TestDrift(t *testing.T) {
	at := time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)
	image := func(status string, created, updated time.Duration) *graph.Image {
		return &graph.Image{Status: status, Created: at.Add(created).Format("2006-01-02T15:04:05-0700"), Updated: at.Add(updated).Format("2006-01-02T15:04:05-0700")}
	}
	const none = jobs.DriftKind("")
	for _, test := range []struct {
		name    string
		present bool
		image   *graph.Image
		want    jobs.DriftKind
		since   time.Duration
		told    bool
	}{
		{"there", true, image("ACTIVE", -time.Hour, 0), none, 0, false},
		{"there, and nothing told", true, &graph.Image{}, none, 0, false},
		{"there, by a clock that is ahead", true, image("ACTIVE", 4*time.Minute, 4*time.Minute), none, 0, false},
		{"gone", false, nil, none, 0, false},
		{"gone, and listed as deleted", false, image("DELETED", -time.Hour, 0), none, 0, false},
		{"missing", true, nil, jobs.DriftMissing, 0, false},
		{"deleted since", true, image("DELETED", -time.Hour, 2*time.Hour), jobs.DriftMissing, 2 * time.Hour, true},
		{"made again", false, image("ACTIVE", 3*time.Hour, 3*time.Hour), jobs.DriftReappeared, 3 * time.Hour, true},
		{"never gone", false, image("ACTIVE", -time.Hour, -time.Hour), jobs.DriftReappeared, 0, false},
		{"replaced", true, image("ACTIVE", time.Hour, 2*time.Hour), jobs.DriftChanged, time.Hour, true},
		{"updated", true, image("ACTIVE", -time.Hour, 2*time.Hour), jobs.DriftChanged, 2 * time.Hour, true},
		{"another status", true, image("INTERNAL", -time.Hour, -time.Hour), jobs.DriftChanged, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, drifted := drift(jobs.Expectation{Present: test.present, At: at}, test.image)
			if !drifted {
				got = jobs.Drift{Since: at}
			}
			if got.Kind != test.want || !got.Since.Equal(at.Add(test.since)) || got.Told != test.told {
				t.Errorf("got %s since %v (told: %v), want %s %v later (%v)", got.Kind, got.Since, got.Told, test.want, test.since, test.told)
			}
		})
	}
}
