package cleanup_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"adferry/graph"
	"adferry/jobs/cleanup"
	"adferry/jobs/reader"
	"adferry/plan"
)

// page is one page of a listing.
type page struct {
	account plan.Account
	images  []graph.Image
}

// pages lists the pages in their order, and then returns the error.
type pages struct {
	pages []page
	err   error
}

func (p pages) List(_ context.Context, _ []plan.Account, _ graph.Query, each func(plan.Account, graph.Reply) error) error {
	for _, page := range p.pages {
		if err := each(page.account, graph.Reply{Images: page.images}); err != nil {
			return err
		}
	}
	return p.err
}

// unused is an image that nothing uses, old enough to be deleted.
func unused(n int) graph.Image {
	return graph.Image{Hash: fmt.Sprintf("%032x", n), Name: fmt.Sprintf("%d.jpg", n), Status: "ACTIVE", Created: "2026-01-01T00:00:00+0000", UseKnown: true}
}

func used(n int) graph.Image {
	i := unused(n)
	i.Creatives = []string{"1"}
	return i
}

func request(accounts ...plan.Account) *cleanup.Request {
	return &cleanup.Request{Endpoint: "https://graph.facebook.com", Accounts: accounts, Policy: cleanup.Policy{Unused: true, MinAge: day}, Limit: cleanup.DefaultLimit}
}

// The pages of ad accounts that are listed side by side come mixed; the manifest has
// each account's rows together, in the order of the request.
func TestList(t *testing.T) {
	lister := pages{pages: []page{
		{"22", []graph.Image{unused(1), used(2)}},
		{"11", []graph.Image{unused(3)}},
		{"22", []graph.Image{used(4)}},
		{"22", []graph.Image{unused(5)}},
		{"11", nil},
		{"11", []graph.Image{unused(6), used(7)}},
	}}
	var progress []int
	inv, err := cleanup.List(t.Context(), lister, request("11", "22"), now, func(images int) { progress = append(progress, images) })
	if err != nil {
		t.Fatal(err)
	}
	defer inv.Close()
	if got, want := manifest(t, inv), "11/3 11/6 22/1 22/5"; got != want {
		t.Errorf("got rows %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(progress), "[2 3 4 5 5 7]"; got != want {
		t.Errorf("got progress %s, want %s", got, want)
	}
	if inv.Deletes() != 4 || inv.Accounts[1].Images != 4 || inv.Accounts[1].Of(cleanup.InUse) != 2 {
		t.Errorf("got %d deletions and %+v", inv.Deletes(), inv.Accounts)
	}
}

// An ad account that is not listed to its end loses nothing of the pages that came.
func TestListUnlisted(t *testing.T) {
	failed := &reader.AccountError{Account: "11", Err: &graph.Error{Message: "no"}}
	lister := pages{[]page{{"11", []graph.Image{unused(1)}}, {"22", []graph.Image{unused(2)}}}, errors.Join(failed)}
	inv, err := cleanup.List(t.Context(), lister, request("11", "22"), now, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer inv.Close()
	if got, want := manifest(t, inv), "22/2"; got != want || inv.Deletes() != 1 {
		t.Errorf("got rows %s and %d deletions, want %s", got, inv.Deletes(), want)
	}
	if !errors.Is(inv.Accounts[0].Err, failed) || inv.Accounts[1].Err != nil {
		t.Errorf("got errors %v and %v", inv.Accounts[0].Err, inv.Accounts[1].Err)
	}
}

// What ends the listing ends the cleanup, and leaves no file behind.
func TestListEnded(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	end := errors.New("offline")
	failed := &reader.AccountError{Account: "11", Err: &graph.Error{Message: "no"}}
	lister := pages{[]page{{"22", []graph.Image{unused(2)}}}, errors.Join(end, failed)}
	inv, err := cleanup.List(t.Context(), lister, request("11", "22"), now, nil)
	if !errors.Is(err, end) || errors.Is(err, failed) || inv != nil {
		t.Errorf("got %v, %v, want %v alone", inv, err, end)
	}
	if left, err := os.ReadDir(dir); len(left) > 0 || err != nil {
		t.Errorf("got files %v, %v", left, err)
	}
}

// manifest is the inventory's rows, account/hash without leading zeros.
func manifest(t *testing.T, inv *cleanup.Inventory) string {
	t.Helper()
	var rows []string
	for row, err := range inv.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		if want := "created 2026-01-01: "; row.Verb != plan.Delete || !strings.HasPrefix(row.Note, want) {
			t.Errorf("got row %+v, want a deletion, noted as %q", row, want)
		}
		rows = append(rows, string(row.Source)+"/"+strings.TrimLeft(string(row.Hash), "0"))
	}
	return strings.Join(rows, " ")
}

// writeFile is a FileWriter without the care of the real one.
func writeFile(dir, name string, write func(io.Writer) error) error {
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
