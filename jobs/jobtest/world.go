package jobtest

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/engine"
	"adferry/jobs/store"
	"adferry/plan"
)

// World is a job, the sandbox it runs against, and what was seen on the way.
type World struct {
	T      *testing.T
	Dir    string
	Server *sandbox.Server
	Wire   *Wire
	Events []jobs.Event
	Wrap   func(*store.Job) jobs.Checkpoint // put between the engine and the store, if set
}

// Wire counts the HTTP requests that are in flight at once, and lets a test
// act around them.
type Wire struct {
	dispatch.API
	now, Most     atomic.Int64
	Before, After func([]graph.Call) // told of each request, if set
}

func (w *Wire) Do(ctx context.Context, calls []graph.Call) []graph.Reply {
	n := w.now.Add(1)
	for {
		most := w.Most.Load()
		if n <= most || w.Most.CompareAndSwap(most, n) {
			break
		}
	}
	defer w.now.Add(-1)
	if w.Before != nil {
		w.Before(calls)
	}
	if w.After != nil {
		defer w.After(calls)
	}
	return w.API.Do(ctx, calls)
}

func NewWorld(t *testing.T, o sandbox.Options) *World {
	t.Helper()
	w := &World{T: t, Dir: t.TempDir(), Server: sandbox.New(o)}
	w.Wire = &Wire{API: ClientOver(t, sandbox.Transport(w.Server))}
	return w
}

func ClientOver(t *testing.T, transport http.RoundTripper) *graph.Client {
	t.Helper()
	token, err := graph.NewSecret("token")
	if err != nil {
		t.Fatal(err)
	}
	client, err := graph.New(graph.Config{Token: token, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// Manifest makes a job of rows such as "copy 11 logo 22": verb, source, image
// and target, or "-" for none.
func (w *World) Manifest(rows ...string) {
	w.T.Helper()
	w.Text(ManifestOf(rows))
}

func ManifestOf(rows []string) string {
	var b strings.Builder
	b.WriteString("operation,source_account,hash,target_account\n")
	for _, r := range rows {
		f := strings.Fields(strings.ReplaceAll(r, "-", "- "))
		for i := range f {
			if f[i] == "-" {
				f[i] = ""
			}
		}
		fmt.Fprintf(&b, "%s,%s,%s,%s\n", f[0], f[1], Hash(f[2]), f[3])
	}
	return b.String()
}

// Text makes a job of a manifest.
func (w *World) Text(manifest string) {
	w.T.Helper()
	job, _, err := store.Create(context.Background(), w.Dir, store.Spec{Manifest: "manifest.csv", Consent: true,
		Read: func(visit func(plan.Row) error) (*plan.Plan, error) {
			return plan.Read(strings.NewReader(manifest), visit)
		}})
	if err != nil {
		w.T.Fatal(err)
	}
	if err := job.Close(); err != nil {
		w.T.Fatal(err)
	}
}

// Has puts images into an account.
func (w *World) Has(account string, names ...string) {
	w.Server.AddAccount(account, sandbox.AccountOptions{})
	for _, n := range names {
		w.Server.AddImage(account, sandbox.Image{Hash: string(Hash(n))})
	}
}

// Run runs the job once, as one process would.
func (w *World) Run(o engine.Options) error {
	w.T.Helper()
	return w.RunCtx(context.Background(), o, nil)
}

// Finish is Run for a job that comes to its end.
func (w *World) Finish(o engine.Options) {
	w.T.Helper()
	if err := w.Run(o); err != nil {
		w.T.Fatal(err)
	}
}

func (w *World) RunCtx(ctx context.Context, o engine.Options, started func(*engine.Engine)) error {
	w.T.Helper()
	job, err := store.Open(context.WithoutCancel(ctx), w.Dir)
	if err != nil {
		w.T.Fatal(err)
	}
	defer job.Close()
	o.Audit, o.Observe = true, func(e jobs.Event) {
		w.Events = append(w.Events, e)
		if e.Text == dispatch.NotWoken {
			w.T.Error(e.Text)
		}
	}
	disk := jobs.Checkpoint(job)
	if w.Wrap != nil {
		disk = w.Wrap(job)
	}
	o.Pictures = filepath.Join(w.Dir, "pictures")
	e := engine.New(w.Wire, disk, o)
	if started != nil {
		started(e)
	}
	return e.Run(ctx)
}

// ParkUntil leaves a wait behind, as an earlier process would.
func (w *World) ParkUntil(account string, until time.Time) {
	w.T.Helper()
	state := jobs.LaneState{Account: plan.Account(account), ParkedUntil: until, ParkedFor: "told to wait"}
	w.commit(jobs.Change{Lanes: []jobs.LaneState{state}})
}

// Results reads the rows' fates.
func (w *World) Results() (all []jobs.Result) {
	w.T.Helper()
	w.with(store.View, func(ctx context.Context, job *store.Job) error {
		for r, err := range job.Results(ctx) {
			if err != nil {
				return err
			}
			all = append(all, r)
		}
		return nil
	})
	return all
}

// Operations reads what the checkpoint says of every operation, in order.
func (w *World) Operations() (all []jobs.Operation) {
	w.T.Helper()
	w.with(store.View, func(ctx context.Context, job *store.Job) error {
		s, err := job.Resume(ctx)
		if err != nil {
			return err
		}
		var ids []plan.OpID
		for i := range s.Operations {
			ids = append(ids, plan.OpID(i+1))
		}
		all, err = job.Load(ctx, ids)
		return err
	})
	return all
}

// Rehashed puts the copy of an image into an account under the hash that a
// sandbox that changes hashes would give it.
func (w *World) Rehashed(account, name string, created time.Time) {
	sum := md5.Sum([]byte(account + ":" + string(Hash(name))))
	w.Server.AddImage(account, sandbox.Image{Hash: hex.EncodeToString(sum[:]), Created: created})
}

func (w *World) Summary() (s jobs.Summary) {
	w.T.Helper()
	w.with(store.View, func(ctx context.Context, job *store.Job) (err error) {
		s, err = job.Summary(ctx)
		return err
	})
	return s
}

// Expect compares every row's fate, written "done" or "failed not_found".
func (w *World) Expect(fates ...string) {
	w.T.Helper()
	got := w.Results()
	if len(got) != len(fates) {
		w.T.Fatalf("got %d rows, want %d", len(got), len(fates))
	}
	for i, r := range got {
		fate := strings.TrimSpace(string(r.Status) + " " + string(r.Reason))
		if fate != fates[i] {
			w.T.Errorf("row %d (%s %s %s): got %q (%s), want %q", i+1, r.Verb, r.Source, r.Target, fate, r.Message, fates[i])
		}
	}
}

// Holds says whether an account has an image.
func (w *World) Holds(account, name string) bool {
	for _, i := range w.Server.Images(account) {
		if i.Hash == string(Hash(name)) && i.Status != sandbox.Deleted {
			return true
		}
	}
	return false
}

// Once fails the test for a write that took effect twice, or changed nothing.
func (w *World) Once() {
	w.T.Helper()
	for _, e := range w.Server.Log() {
		if !e.Changed {
			w.T.Errorf("%s of %s in %s was repeated", e.Kind, e.Hash, e.Account)
		}
	}
}

// CopiesBeforeDeletes fails the test for a deletion that came before every copy
// of its image had arrived.
func (w *World) CopiesBeforeDeletes(rows []jobs.Result) {
	w.T.Helper()
	type place struct{ account, hash string }
	arrived := map[place]time.Time{}
	for i, e := range w.Server.Log() {
		switch e.Kind {
		case sandbox.Copy:
			arrived[place{e.Account, e.Hash}] = e.Time
		case sandbox.Delete:
			for _, r := range rows {
				if string(r.Source) != e.Account || string(r.Hash) != e.Hash || r.Target == "" || r.Status == jobs.StatusSkipped {
					continue
				}
				if _, ok := arrived[place{string(r.Target), e.Hash}]; !ok && !w.wasThere(string(r.Target), e.Hash) {
					w.T.Errorf("effect %d: %s lost %s before %s had it", i, e.Account, e.Hash, r.Target)
				}
			}
		}
	}
}

func (w *World) wasThere(account, hash string) bool {
	for _, i := range w.Server.Images(account) {
		if i.Hash == hash {
			return true
		}
	}
	return false
}

// Hash makes an image hash of a name.
func Hash(name string) plan.Hash {
	a, b := fnv.New64a(), fnv.New64()
	a.Write([]byte(name))
	b.Write([]byte(name))
	return plan.Hash(fmt.Sprintf("%016x%016x", a.Sum64(), b.Sum64()))
}

func Is[E error](t *testing.T, err error) E {
	t.Helper()
	var e E
	if !errors.As(err, &e) {
		t.Fatalf("got error %v, want a %T", err, e)
	}
	return e
}

// NoNetwork is an API that no connection reaches.
type NoNetwork struct{}

func (NoNetwork) Do(_ context.Context, calls []graph.Call) []graph.Reply {
	replies := make([]graph.Reply, len(calls))
	for i := range replies {
		replies[i].Err = &graph.Error{Class: graph.Unreachable, Message: "no connection to the API"}
	}
	return replies
}
