package reports_test

import (
	"testing"

	"adferry/reports"
)

func TestPlace(t *testing.T) {
	t.Parallel()
	options := []reports.PlaceOption{{Name: "database", Value: "postgres://h/a b"}, {Name: "output", Value: "out", Files: true}}
	for _, tt := range []struct {
		place                reports.Place
		name, resume, status string
	}{
		{reports.Place{}, "", "adferry resume", "adferry status"},
		{reports.Place{Folder: "a b"}, "a b", "adferry resume 'a b'", "adferry status 'a b'"},
		{reports.Place{Name: "autumn", Folder: "autumn"}, "job autumn", "adferry resume --job autumn", "adferry status --job autumn"},
		{
			reports.Place{Name: "autumn", Folder: "out", Options: options}, "job autumn",
			"adferry resume --job autumn --database 'postgres://h/a b' --output out", "adferry status --job autumn --database 'postgres://h/a b'",
		},
	} {
		got := []string{tt.place.String(), tt.place.Command("resume"), tt.place.Command("status")}
		for i, want := range []string{tt.name, tt.resume, tt.status} {
			if got[i] != want {
				t.Errorf("got %q, want %q", got[i], want)
			}
		}
	}
}
