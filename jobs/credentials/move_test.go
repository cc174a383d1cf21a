package credentials_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/credentials"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/plan"
)

const (
	northToken = "north-token-0123456789"
	southToken = "south-token-0123456789"
)

// The businesses: what each one's token sees.
var (
	north = []string{"11", "12", "13", "14", "15"}
	south = []string{"21", "22"}
)

// parsed is a set from the text of a file, with secrets from a map.
func parsed(t *testing.T, text string, secrets map[string]string) *credentials.Set {
	t.Helper()
	f, err := credentials.Parse("credentials.csv", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	set, err := f.Open("credentials.csv", credentials.Environment{Lookup: lookup(secrets)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// businesses is a world whose ad accounts belong to two businesses with a token each.
type businesses struct {
	*jobtest.World
	opts engine.Options
}

func newBusinesses(t *testing.T, rows []string) *businesses {
	t.Helper()
	return newBusinessesOn(t, sandbox.Options{}, rows)
}

// newBusinessesOn is newBusinesses on a server with options of its own.
func newBusinessesOn(t *testing.T, o sandbox.Options, rows []string) *businesses {
	t.Helper()
	o.Access = map[string]sandbox.Token{northToken: {Accounts: north, App: "1"}, southToken: {Accounts: south, App: "2"}}
	w := &businesses{World: jobtest.NewWorld(t, o)}
	fill(w.World, rows)
	w.Manifest(rows...)
	w.start(t)
	return w
}

// start connects as a new process would.
func (w *businesses) start(t *testing.T) {
	t.Helper()
	var text strings.Builder
	text.WriteString("account,token,app_secret\n*,SOUTH,\n")
	for _, a := range north {
		text.WriteString(a + ",NORTH,\n")
	}
	w.connect(t, parsed(t, text.String(), map[string]string{"NORTH": northToken, "SOUTH": southToken}))
}

// connect has the world sent to with a set of credentials.
func (w *businesses) connect(t *testing.T, set *credentials.Set) {
	t.Helper()
	client, err := credentials.NewClient(set, graph.Config{Transport: sandbox.Transport(w.Server)})
	if err != nil {
		t.Fatal(err)
	}
	client.Inspect(t.Context(), set.Labels([]plan.Account{"11", "21"}))
	w.Wire = &jobtest.Wire{API: client}
	w.opts = engine.Options{Workers: 8, BatchSize: 10, Credential: client.Credential, UploadInstead: true, Downloader: w.Downloader()}
}

// fill puts the source image of every row into its account.
func fill(w *jobtest.World, rows []string) {
	for _, a := range slices.Concat(north, south) {
		w.Has(a)
	}
	for _, r := range rows {
		f := strings.Fields(r)
		w.Server.AddImage(f[1], sandbox.Image{Hash: string(jobtest.Hash(f[2])), Width: 8, Height: 8})
	}
}

// moves are rows that move n images from the north to the south, and a tenth as many copies
// within the south.
func moves(n int) (rows []string) {
	for i := range n {
		rows = append(rows, fmt.Sprintf("move %s image%d %s", north[i%len(north)], i, south[i%len(south)]))
		if i%10 == 0 {
			rows = append(rows, fmt.Sprintf("copy 21 own%d 22", i))
		}
	}
	return rows
}

// A move between two businesses that is killed, resumed, and loses a token on the way ends as
// one with a token for all. Its undo brings everything back. No call is sent with a token that
// its ad account does not have.
func TestMoveBetweenBusinesses(t *testing.T) {
	rows := moves(400)
	synctest.Test(t, func(t *testing.T) {
		one := jobtest.NewWorld(t, sandbox.Options{})
		fill(one, rows)
		before := one.Server.Snapshot()
		one.Manifest(rows...)
		if err := one.Run(engine.Options{Workers: 8}); err != nil {
			t.Fatal(err)
		}
		w := newBusinesses(t, rows)

		// Killed.
		ctx, kill := context.WithCancelCause(t.Context())
		calls := 0
		w.Wire.Before = func([]graph.Call) {
			if calls++; calls == 60 {
				kill(jobs.ErrInterrupted)
			}
		}
		w.opts.Workers = 1 // what is counted has no race
		if err := w.RunCtx(ctx, w.opts, nil); !errors.Is(err, jobs.ErrInterrupted) {
			t.Fatalf("killed, it ended with %v", err)
		}

		// A token ends.
		w.start(t)
		calls = 0
		w.Wire.Before = func([]graph.Call) {
			if calls++; calls == 60 {
				w.Server.Expire(northToken)
			}
		}
		w.opts.Workers = 1
		refused := jobtest.Is[*jobs.RefusedError](t, w.Run(w.opts))
		if !slices.Equal(refused.Credentials, []string{"NORTH"}) || refused.Err.Subcode != 463 {
			t.Errorf("ended with %v", refused)
		}
		for _, r := range w.Results() {
			if own := r.Source == "21"; own && r.Status != jobs.StatusDone {
				t.Fatalf("the copy of %s within the south is %s %s: %s", r.Hash, r.Status, r.Reason, r.Message)
			}
			if r.Status == jobs.StatusFailed {
				t.Fatalf("%s of %s failed: %s %s", r.Verb, r.Hash, r.Reason, r.Message)
			}
		}

		// Renewed.
		w.Server.AddToken(northToken, sandbox.Token{Accounts: north, App: "1"})
		w.start(t)
		if err := w.Run(w.opts); err != nil {
			t.Fatal(err)
		}
		for _, r := range w.Results() {
			if want := r.Source != "21"; r.Status != jobs.StatusDone || (r.Reason == jobs.Uploaded) != want {
				t.Fatalf("%s of %s is %s %s: %s", r.Verb, r.Hash, r.Status, r.Reason, r.Message)
			}
		}
		if !slices.Equal(w.Server.Snapshot(), one.Server.Snapshot()) {
			t.Error("the accounts differ from those after a move with one token")
		}
		w.Once()

		manifest, gone := jobtest.Undoing(w.World, t, t.TempDir())
		if gone != 0 {
			t.Errorf("%d images are gone for good", gone)
		}
		undo := &businesses{World: &jobtest.World{T: t, Dir: t.TempDir(), Server: w.Server}}
		undo.Text(manifest)
		undo.start(t)
		if err := undo.Run(undo.opts); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(present(w.Server), presentIn(before)) {
			t.Error("after the undo the accounts differ from those before the move")
		}
		if n := w.Server.Stats().Outside; n != 0 {
			t.Errorf("%d calls with a token that the account does not have", n)
		}
	})
}

// present are the images of a server that are not deleted.
func present(s *sandbox.Server) []string { return presentIn(s.Snapshot()) }

func presentIn(all []sandbox.Entry) (images []string) {
	for _, e := range all {
		if e.Status != sandbox.Deleted {
			images = append(images, e.Account+"/"+e.Hash)
		}
	}
	return images
}
