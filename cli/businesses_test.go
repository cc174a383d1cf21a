package cli

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"adferry/graph/sandbox"
)

// The ad accounts of two businesses. No token sees those of both.
var (
	northern = []string{"1100000000000001", "1100000000000002", "1100000000000003"}
	southern = []string{"2200000000000001", "2200000000000002"}
)

const (
	northernToken = "EAABnorthern0123456789"
	renewedToken  = "EAABrenewed00123456789"
	southernToken = "EAACsouthern0123456789"
)

// newMove is a trial whose manifest moves images from the north to the south, with a tenth as
// many copies within the south.
func newMove(t *testing.T, dir string, images int, o sandbox.Options) *trial {
	t.Helper()
	r := &trial{server: sandbox.New(o), manifest: filepath.Join(dir, "moves.csv")}
	for _, a := range slices.Concat(northern, southern) {
		r.server.AddAccount(a, sandbox.AccountOptions{})
	}
	r.serve(t)
	var b strings.Builder
	b.WriteString("operation,source_account,hash,target_account\n")
	for i := range images {
		row := func(verb, source, target string, n int) {
			hash := fmt.Sprintf("%032x", n*0x9e3779b1+1)
			r.server.AddImage(source, sandbox.Image{Hash: hash, Width: 8, Height: 8})
			fmt.Fprintf(&b, "%s,%s,%s,%s\n", verb, source, hash, target)
		}
		row("move", northern[i%len(northern)], southern[i%len(southern)], i)
		if i%10 == 0 {
			row("copy", southern[0], southern[1], images+i)
		}
	}
	writeFile(t, r.manifest, b.String())
	return r
}

// A move of 2,000 images between two businesses, killed and resumed again and again, with a
// token that ends on the way, ends as one with a token for all. No call is sent with a token
// that its ad account does not have, and no token is left on disk.
func TestMoveBetweenBusinesses(t *testing.T) {
	t.Parallel()
	const images = 800
	dir := t.TempDir()
	calm := newMove(t, dir, images, sandbox.Options{})
	calmJob := filepath.Join(dir, "calm")
	calm.ends(t, exitDone, "run", calm.manifest, "--job", calmJob, "--yes", "--batch-size", "10")

	north := sandbox.Token{Accounts: northern, App: "1"}
	r := newMove(t, dir, images, sandbox.Options{Access: map[string]sandbox.Token{
		northernToken: north, southernToken: {Accounts: southern, App: "2"},
	}})
	tokenFile, file := filepath.Join(dir, "north"), filepath.Join(dir, "credentials.csv")
	write := func(path, text string) {
		writeFile(t, path, text)
	}
	write(tokenFile, northernToken)
	write(file, "account,token,app_secret\n"+strings.Join(northern, ",file:north,\n")+",file:north,\n*,SOUTH,\n")
	job := filepath.Join(dir, "job")
	var said strings.Builder
	// run runs the job until it ends, or until it is struck when the n-th request arrives.
	run := func(n int, strike func(kill func())) (code int) {
		c := r.command(t, "run", r.manifest, "--job", job, "--yes", "--on-denied", "upload", "--credentials", file, "--batch-size", "10", "--retry-base", "5ms")
		c.Env = append(c.Env, "SOUTH="+southernToken)
		c.Stdout, c.Stderr = &said, &said
		started := make(chan struct{})
		r.onRequest(n, func() {
			<-started
			strike(func() { _ = c.Process.Kill() })
		})
		start(t, c)
		close(started)
		_ = c.Wait()
		if c.ProcessState.Exited() {
			return c.ProcessState.ExitCode()
		}
		r.handleAll(t)
		return -1
	}
	kill := func(kill func()) { kill() }
	for _, n := range []int{2, 60, 120, 200} {
		if code := run(n, kill); code != -1 {
			t.Fatalf("it ended with exit code %d before it was to be killed\n%s", code, said.String())
		}
	}
	code := run(120, func(func()) { r.server.Expire(northernToken) })
	if code != exitRefused || !strings.Contains(said.String(), "renew file:north, then go on with adferry resume") {
		t.Fatalf("when a token ended: got exit code %d\n%s", code, said.String())
	}
	for _, row := range readCSV(t, filepath.Join(job, "results.csv"))[1:] {
		if own := strings.HasSuffix(row[2], southern[0]); row[5] == "failed" || own && row[5] != "done" {
			t.Fatalf("when a token ended: got %s %s of line %s, from %s", row[5], row[6], row[0], row[2])
		}
	}
	write(tokenFile, renewedToken)
	r.server.AddToken(renewedToken, north)
	if code := run(160, kill); code != -1 {
		t.Fatalf("it ended with exit code %d before it was to be killed\n%s", code, said.String())
	}
	if code := run(0, nil); code != exitDone {
		t.Fatalf("at last: got exit code %d\n%s", code, said.String())
	}

	if !slices.Equal(calm.server.Snapshot(), r.server.Snapshot()) {
		t.Error("the ad accounts differ from those after a move with one token")
	}
	for _, e := range r.server.Log() {
		if !e.Changed {
			t.Errorf("%s of %s in %s was repeated", e.Kind, e.Hash, e.Account)
		}
	}
	if diff := cmp.Diff(readCSV(t, filepath.Join(calmJob, "mapping.csv")), readCSV(t, filepath.Join(job, "mapping.csv"))); diff != "" {
		t.Errorf("mapping.csv differs (-one token +several):\n%.2000s", diff)
	}
	a, b := readSummary(t, calmJob), readSummary(t, job)
	if diff := cmp.Diff([]any{a.Totals, a.Operations, a.State}, []any{b.Totals, b.Operations, b.State}); diff != "" {
		t.Errorf("summary.json differs (-one token +several):\n%s", diff)
	}
	if b.Reasons["uploaded"] != images {
		t.Errorf("%d images went from one business to the other as files, want %d", b.Reasons["uploaded"], images)
	}
	stats := r.server.Stats()
	if stats.Outside > 0 {
		t.Errorf("%d calls were sent with a token that their ad account does not have", stats.Outside)
	}
	if stats.Downloads < images {
		t.Errorf("%d pictures were downloaded, want all %d", stats.Downloads, images)
	}
	wantSecret(t, "what was said", said.String(), northernToken, renewedToken, southernToken)
	wantSecretFolder(t, job, northernToken, renewedToken, southernToken)
}
