package reports_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"adferry/graph"
	"adferry/jobs/cleanup"
	"adferry/jobs/reader"
	"adferry/plan"
	"adferry/reports"
)

// listed has the images of ad accounts; one without images cannot be listed.
type listed map[plan.Account][]graph.Image

func (l listed) List(_ context.Context, accounts []plan.Account, _ graph.Query, each func(plan.Account, graph.Reply) error) error {
	var failed []error
	for _, a := range accounts {
		if l[a] == nil {
			failed = append(failed, &reader.AccountError{Account: a, Err: &graph.Error{Message: "no"}})
		} else if err := each(a, graph.Reply{Images: l[a]}); err != nil {
			return err
		}
	}
	return errors.Join(failed...)
}

func TestCleanupPreview(t *testing.T) {
	at := time.Date(2026, time.November, 24, 8, 0, 0, 0, time.UTC)
	image := func(n int, change func(*graph.Image)) graph.Image {
		i := graph.Image{Hash: fmt.Sprintf("%032x", n), Status: "ACTIVE", Created: "2026-01-01T00:00:00+0000", UseKnown: true}
		change(&i)
		return i
	}
	unused := func(*graph.Image) {}
	accounts := listed{
		"11": {image(1, unused), image(2, unused), image(3, func(i *graph.Image) { i.Associated = true }), image(4, func(i *graph.Image) { i.UseKnown = false })},
		"33": {image(1, unused)},
	}
	list := func(policy cleanup.Policy, of ...plan.Account) *cleanup.Inventory {
		inv, err := cleanup.List(t.Context(), accounts, &cleanup.Request{Accounts: of, Policy: policy}, at, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(inv.Close)
		return inv
	}
	for _, tt := range []struct{ got, want string }{
		{reports.CleanupPreview(list(cleanup.Policy{Unused: true}, "11", "22", "33")), `
ad account      images  in use  use unknown  to delete   share
act_11               4       1            1          2   50.0%
act_22      not listed       -            -          0       -
act_33               1       0            0          1  100.0%

policy: unused images, of any age

`},
		{reports.CleanupPreview(list(cleanup.Policy{Unused: true, MinAge: 9999 * time.Hour}, "33")), `
ad account  images  too young  to delete  share
act_33           1          1          0   0.0%

policy: unused images, created at least 9999h ago (--min-age; until 2025-10-03 17:00 UTC)
nothing to delete

`},
		{reports.CleanupDeletions(list(cleanup.Policy{Unused: true}, "33", "22", "11")), "the cleanup deletes 3 images from 2 ad accounts: act_11 (2), act_33 (1)"},
		{reports.CleanupDeletions(list(cleanup.Policy{Unused: true}, "33")), "the cleanup deletes 1 image from act_33"},
	} {
		if want := strings.TrimPrefix(tt.want, "\n"); tt.got != want {
			t.Errorf("got\n%s\nwant\n%s", tt.got, want)
		}
	}
}
