package jobs_test

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
	"adferry/jobs/store"
	"adferry/plan"
)

// world is a job, the sandbox it runs against, and what was seen on the way.
type world struct {
	t      *testing.T
	dir    string
	server *sandbox.Server
	api    *watchedAPI
	events []jobs.Event
	wrap   func(*store.Job) jobs.Checkpoint // put between the engine and the store, if set
}

// watchedAPI counts the HTTP requests that are in flight at once, and lets a test
// act around them.
type watchedAPI struct {
	jobs.API
	now, most     atomic.Int64
	before, after func([]graph.Call) // told of each request, if set
}

func (w *watchedAPI) Do(ctx context.Context, calls []graph.Call) []graph.Reply {
	n := w.now.Add(1)
	for {
		most := w.most.Load()
		if n <= most || w.most.CompareAndSwap(most, n) {
			break
		}
	}
	defer w.now.Add(-1)
	if w.before != nil {
		w.before(calls)
	}
	if w.after != nil {
		defer w.after(calls)
	}
	return w.API.Do(ctx, calls)
}

func newWorld(t *testing.T, o sandbox.Options) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), server: sandbox.New(o)}
	w.api = &watchedAPI{API: clientOver(t, sandbox.Transport(w.server))}
	return w
}

func clientOver(t *testing.T, transport http.RoundTripper) *graph.Client {
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

// manifest makes a job of rows such as "copy 11 logo 22": verb, source, image
// and target, or "-" for none.
func (w *world) manifest(rows ...string) {
	w.t.Helper()
	w.text(manifestOf(rows))
}

func manifestOf(rows []string) string {
	var b strings.Builder
	b.WriteString("operation,source_account,hash,target_account\n")
	for _, r := range rows {
		f := strings.Fields(strings.ReplaceAll(r, "-", "- "))
		for i := range f {
			if f[i] == "-" {
				f[i] = ""
			}
		}
		fmt.Fprintf(&b, "%s,%s,%s,%s\n", f[0], f[1], hash(f[2]), f[3])
	}
	return b.String()
}

// text makes a job of a manifest.
func (w *world) text(manifest string) {
	w.t.Helper()
	job, _, err := store.Create(context.Background(), w.dir, store.Spec{Manifest: "manifest.csv", Consent: true,
		Read: func(visit func(plan.Row) error) (*plan.Plan, error) {
			return plan.Read(strings.NewReader(manifest), visit)
		}})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := job.Close(); err != nil {
		w.t.Fatal(err)
	}
}

// has puts images into an account.
func (w *world) has(account string, names ...string) {
	w.server.AddAccount(account, sandbox.AccountOptions{})
	for _, n := range names {
		w.server.AddImage(account, sandbox.Image{Hash: string(hash(n))})
	}
}

// run runs the job once, as one process would.
func (w *world) run(o jobs.Options) error {
	w.t.Helper()
	return w.runCtx(context.Background(), o, nil)
}

func (w *world) runCtx(ctx context.Context, o jobs.Options, started func(*jobs.Engine)) error {
	w.t.Helper()
	job, err := store.Open(context.WithoutCancel(ctx), w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	defer job.Close()
	o.Observe = func(e jobs.Event) { w.events = append(w.events, e) }
	disk := jobs.Checkpoint(job)
	if w.wrap != nil {
		disk = w.wrap(job)
	}
	o.Pictures = filepath.Join(w.dir, "pictures")
	e := jobs.New(w.api, disk, o)
	if started != nil {
		started(e)
	}
	return e.Run(ctx)
}

// parkUntil leaves a wait behind, as an earlier process would.
func (w *world) parkUntil(account string, until time.Time) {
	w.t.Helper()
	job, err := store.Open(context.Background(), w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	defer job.Close()
	state := jobs.LaneState{Account: plan.Account(account), ParkedUntil: until, ParkedFor: "told to wait"}
	if _, err := job.Commit(context.Background(), jobs.Change{Lanes: []jobs.LaneState{state}}); err != nil {
		w.t.Fatal(err)
	}
}

// results reads the rows' fates.
func (w *world) results() []jobs.Result {
	w.t.Helper()
	job, err := store.View(context.Background(), w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	defer job.Close()
	var all []jobs.Result
	for r, err := range job.Results(context.Background()) {
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// operations reads what the checkpoint says of every operation, in order.
func (w *world) operations() []jobs.Operation {
	w.t.Helper()
	job, err := store.View(context.Background(), w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	defer job.Close()
	var ids []plan.OpID
	s, err := job.Resume(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	for i := range s.Operations {
		ids = append(ids, plan.OpID(i+1))
	}
	all, err := job.Load(context.Background(), ids)
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// rehashed puts the copy of an image into an account under the hash that a
// sandbox that changes hashes would give it.
func (w *world) rehashed(account, name string, created time.Time) {
	sum := md5.Sum([]byte(account + ":" + string(hash(name))))
	w.server.AddImage(account, sandbox.Image{Hash: hex.EncodeToString(sum[:]), Created: created})
}

func (w *world) summary() jobs.Summary {
	w.t.Helper()
	job, err := store.View(context.Background(), w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	defer job.Close()
	s, err := job.Summary(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// expect compares every row's fate, written "done" or "failed not_found".
func (w *world) expect(fates ...string) {
	w.t.Helper()
	got := w.results()
	if len(got) != len(fates) {
		w.t.Fatalf("got %d rows, want %d", len(got), len(fates))
	}
	for i, r := range got {
		fate := strings.TrimSpace(string(r.Status) + " " + string(r.Reason))
		if fate != fates[i] {
			w.t.Errorf("row %d (%s %s %s): got %q (%s), want %q", i+1, r.Verb, r.Source, r.Target, fate, r.Message, fates[i])
		}
	}
}

// holds says whether an account has an image.
func (w *world) holds(account, name string) bool {
	for _, i := range w.server.Images(account) {
		if i.Hash == string(hash(name)) && i.Status != sandbox.Deleted {
			return true
		}
	}
	return false
}

// once fails the test for a write that took effect twice, or changed nothing.
func (w *world) once() {
	w.t.Helper()
	for _, e := range w.server.Log() {
		if !e.Changed {
			w.t.Errorf("%s of %s in %s was repeated", e.Kind, e.Hash, e.Account)
		}
	}
}

// copiesBeforeDeletes fails the test for a deletion that came before every copy
// of its image had arrived.
func (w *world) copiesBeforeDeletes(rows []jobs.Result) {
	w.t.Helper()
	type place struct{ account, hash string }
	arrived := map[place]time.Time{}
	for i, e := range w.server.Log() {
		switch e.Kind {
		case sandbox.Copy:
			arrived[place{e.Account, e.Hash}] = e.Time
		case sandbox.Delete:
			for _, r := range rows {
				if string(r.Source) != e.Account || string(r.Hash) != e.Hash || r.Target == "" || r.Status == jobs.StatusSkipped {
					continue
				}
				if _, ok := arrived[place{string(r.Target), e.Hash}]; !ok && !w.wasThere(string(r.Target), e.Hash) {
					w.t.Errorf("effect %d: %s lost %s before %s had it", i, e.Account, e.Hash, r.Target)
				}
			}
		}
	}
}

func (w *world) wasThere(account, hash string) bool {
	for _, i := range w.server.Images(account) {
		if i.Hash == hash {
			return true
		}
	}
	return false
}

// hash makes an image hash of a name.
func hash(name string) plan.Hash {
	a, b := fnv.New64a(), fnv.New64()
	a.Write([]byte(name))
	b.Write([]byte(name))
	return plan.Hash(fmt.Sprintf("%016x%016x", a.Sum64(), b.Sum64()))
}

func is[E error](t *testing.T, err error) E {
	t.Helper()
	var e E
	if !errors.As(err, &e) {
		t.Fatalf("got error %v, want a %T", err, e)
	}
	return e
}

// noNetwork is an API that no connection reaches.
type noNetwork struct{}

func (noNetwork) Do(_ context.Context, calls []graph.Call) []graph.Reply {
	replies := make([]graph.Reply, len(calls))
	for i := range replies {
		replies[i].Err = &graph.Error{Class: graph.Unreachable, Message: "no connection to the API"}
	}
	return replies
}
