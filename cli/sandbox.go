package cli

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/store"
	"adferry/plan"
)

func sandboxCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "sandbox", Usage: "serve a local Graph API to rehearse against",
		Description: "--manifest seeds it: every ad account of the manifest exists, and every source has its image.\n" +
			"A column named sandbox changes that for a row, with any of the words\n" +
			"missing (the source lacks the image), present (the target has it), in_use (a creative uses it),\n" +
			"associated (it counts as used, and no creative is named), name=FILE.jpg, age=DAYSd (it was made so long ago),\n" +
			"denied (the target, or a delete's source, refuses the token), rehash (its copies get another hash).",
		Flags: []cli.Flag{
			stringFlag("listen", "127.0.0.1:8080", "ADDR", "address to serve on; port 0 picks a free one"),
			stringFlag("manifest", "", "FILE", "manifest to seed accounts and images from"),
			stringFlag("tier", "full", "full|limited", "access tier of the app"),
			boolFlag("score", "limit each ad account's score, too: a read 1 point, a write 3"),
			stringFlag("faults", "", "NAME=RATE,...", "faults by rate, such as throttle=0.02,cut_after=0.01"),
			stringFlag("script", "", "FILE", "faults by script (JSON)"),
			durationFlag("latency", 0, "time that each HTTP request takes"),
			&cli.Uint64Flag{Name: "seed", Usage: "seed of everything random", EnvVars: env("seed")},
		},
		Action: func(c *cli.Context) error { return serveSandbox(c, s) },
	}
}

func serveSandbox(c *cli.Context, s *streams) error {
	if c.NArg() > 0 {
		return usagef("adferry sandbox --manifest FILE seeds it", "sandbox takes no arguments, and there is %q", c.Args().First())
	}
	options, err := sandboxOptions(c)
	if err != nil {
		return err
	}
	server := sandbox.New(options)
	if path := c.String("manifest"); path != "" {
		m, err := openManifest(s, path)
		if err != nil {
			return err
		}
		defer m.close()
		p, words, err := seeds(m.readWith)
		if err != nil {
			return showProblems(s, err)
		}
		seed(server, p, words, nil, time.Now())
	}
	l, err := net.Listen("tcp", c.String("listen"))
	if err != nil {
		return usagef("", "--listen: %w", err)
	}
	ctx, stop := signal.NotifyContext(c.Context, stopSignals()...)
	defer stop()
	fmt.Fprintf(s.out, "sandbox listening on http://%s\n", l.Addr())
	fmt.Fprintf(s.err, "rehearse with: ADFERRY_ENDPOINT=http://%s ADFERRY_ACCESS_TOKEN=any adferry run MANIFEST\n", l.Addr())
	h := &http.Server{Handler: server, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = h.Close()
	}()
	if err := h.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func sandboxOptions(c *cli.Context) (sandbox.Options, error) {
	o := sandbox.Options{AutoAccounts: c.String("manifest") == "", Seed: c.Uint64("seed")}
	switch c.String("tier") {
	case "full":
		o.Tier = sandbox.Full
	case "limited":
		o.Tier = sandbox.Limited
	default:
		return o, usagef("", "--tier must be full or limited, not %q", c.String("tier"))
	}
	if c.Bool("score") {
		o.Limits.Score = sandbox.Linear
	}
	o.Latency.Min = c.Duration("latency")
	var err error
	if o.Rates, err = sandbox.ParseFaults(c.String("faults")); err != nil {
		return o, usagef("", "--faults: %w", err)
	}
	if path := c.String("script"); path != "" {
		f, err := os.Open(path)
		if err != nil {
			return o, usagef("", "--script: %w", err)
		}
		defer f.Close()
		if o.Script, err = sandbox.ParseScript(f); err != nil {
			return o, usagef("", "--script %s: %w", path, err)
		}
	}
	return o, o.Validate()
}

// words are what the sandbox column says of a row: a word, or a word and its
// value.
type words map[string]string

func (w words) has(word string) bool { _, ok := w[word]; return ok }

// knownWords are all that there are.
var knownWords = []string{"missing", "present", "in_use", "associated", "name", "age", "denied", "rehash"}

// read takes the words of a cell.
func (w words) read(cell string) error {
	for _, field := range strings.Fields(cell) {
		word, value, _ := strings.Cut(field, "=")
		word = strings.ToLower(word)
		if !slices.Contains(knownWords, word) {
			return fmt.Errorf("sandbox column: there is no word %q; %s", word, otherWords(word))
		}
		if _, err := age(value); word == "age" && err != nil {
			return err
		}
		w[word] = value
	}
	return nil
}

// otherWords says what may have been meant.
func otherWords(word string) string {
	if near := plan.Suggest(word, knownWords); near != "" {
		return "did you mean " + near + "?"
	}
	return "the words are " + strings.Join(knownWords, ", ")
}

// age reads a number of days, such as 200d.
func age(days string) (time.Duration, error) {
	n, err := strconv.ParseFloat(strings.TrimSuffix(days, "d"), 64)
	if err != nil || !(n >= 0 && n < 20_000) { // seconds since 1970 have to hold it
		return 0, fmt.Errorf("sandbox column: age=%s is not a number of days such as age=200d", days)
	}
	return time.Duration(n * 24 * float64(time.Hour)), nil
}

// readFunc reads a manifest, with a check of the files that it names; nil is none.
type readFunc func(check plan.FileCheck, visit func(plan.Row) error) (*plan.Plan, error)

// seeds reads a manifest, twice, and the words of its rows, by their operations.
func seeds(read readFunc) (*plan.Plan, map[plan.OpID]words, error) {
	said := map[plan.OpID]words{}
	column := -1
	whole, err := read(nil, nil)
	if err != nil {
		return nil, nil, err
	}
	for i, name := range whole.Header {
		if strings.EqualFold(strings.TrimSpace(name), "sandbox") {
			column = i
		}
	}
	p, err := read(nil, func(r plan.Row) error {
		if column < 0 {
			return nil
		}
		cells, err := plan.Cells(r.Record)
		if err != nil || column >= len(cells) {
			return err
		}
		for _, id := range []plan.OpID{r.Copy, r.Delete} {
			if said[id] == nil {
				said[id] = words{}
			}
			if err := said[id].read(cells[column]); err != nil {
				return usagef("", "line %d: %w", r.Line, err)
			}
		}
		return nil
	})
	return p, said, err
}

// checkWords checks the words of a manifest that is to run on the embedded sandbox.
func checkWords(c *cli.Context, m *manifest) error {
	if !c.Bool("sandbox") {
		return nil
	}
	_, _, err := seeds(m.readWith)
	return err
}

// rowsOf reads a job's manifest from the job itself: the file may be changed or
// gone, and a pipe cannot be read again.
func rowsOf(ctx context.Context, job *store.Job) readFunc {
	return func(check plan.FileCheck, visit func(plan.Row) error) (*plan.Plan, error) {
		r, w := io.Pipe()
		defer r.Close() // ends the writer
		go func() { w.CloseWithError(writeRows(ctx, w, job)) }()
		return plan.ReadFiles(r, check, visit)
	}
}

func writeRows(ctx context.Context, w io.Writer, job *store.Job) error {
	header, err := job.Header(ctx)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	names := csv.NewWriter(out)
	if err := names.Write(header); err != nil {
		return err
	}
	names.Flush()
	for r, err := range job.Results(ctx) {
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, r.Record); err != nil {
			return err
		}
	}
	return out.Flush()
}

// image is one image in one ad account.
type image struct {
	account plan.Account
	hash    plan.Hash
}

// seed fills a sandbox with what the manifest takes for granted, as of a moment;
// gone are images that a job has deleted already.
func seed(server *sandbox.Server, p *plan.Plan, said map[plan.OpID]words, gone map[image]bool, now time.Time) {
	for _, load := range p.Accounts() {
		server.AddAccount(string(load.Account), sandbox.AccountOptions{})
	}
	for o := range p.Ops() {
		w := said[o.ID]
		if w.has("denied") {
			server.AddAccount(string(o.Lane()), sandbox.AccountOptions{Denied: "200"})
		}
		picture := w.picture(o.Hash, now)
		if w.has("present") && o.Kind == plan.KindCopy {
			server.AddImage(string(o.Target), sandbox.Image{Hash: picture.Hash, Name: picture.Name, Created: picture.Created})
		}
		// A copy that waits for another takes up what that one brings.
		if o.Kind == plan.KindUpload || w.has("missing") || o.Kind == plan.KindCopy && o.Needs || gone[image{o.Source, o.Hash}] {
			continue
		}
		if g := o.Guard; !g.IsZero() { // an undo takes for granted what its guards want to see
			if g.Witness != "" && !gone[image{g.Witness, g.WitnessHash}] {
				server.AddImage(string(g.Witness), sandbox.Image{Hash: string(g.WitnessHash), Created: now})
			}
			if !g.From.IsZero() {
				picture.Created = g.From
			}
		}
		server.AddImage(string(o.Source), picture)
	}
}

// picture is an image as the words of its row describe it.
func (w words) picture(h plan.Hash, now time.Time) sandbox.Image {
	i := sandbox.Image{Hash: string(h), Name: string(h)[:min(8, len(h))] + ".jpg", Created: now, Associated: w.has("associated"), Rehash: w.has("rehash")}
	if w["name"] != "" {
		i.Name = w["name"]
	}
	if days, err := age(w["age"]); err == nil {
		i.Created = now.Add(-days)
	}
	if w.has("in_use") {
		i.Creatives = []string{"120000000000001"}
	}
	return i
}

// onSandbox is the API of a job that runs on the embedded sandbox, and where its
// pictures are. It is seeded from the manifest as the job found it and from what
// the job has done since.
func onSandbox(ctx context.Context, job *store.Job, log *slog.Logger) (dispatch.API, jobs.Gallery, error) {
	server, err := stage(ctx, job)
	if err != nil {
		return nil, nil, err
	}
	token, err := graph.NewSecret("sandbox")
	if err != nil {
		return nil, nil, err
	}
	transport := sandbox.Transport(server)
	client, err := graph.New(graph.Config{Token: token, Transport: transport})
	if err != nil {
		return nil, nil, err
	}
	return logged(client, log), graph.NewDownloader(transport, 0, ""), nil
}

// stage makes the sandbox of a job.
func stage(ctx context.Context, job *store.Job) (*sandbox.Server, error) {
	meta, err := job.Meta(ctx)
	if err != nil {
		return nil, err
	}
	p, said, err := seeds(rowsOf(ctx, job))
	if err != nil {
		return nil, fmt.Errorf("seed the sandbox: %w", err)
	}
	gone := map[image]bool{}
	landed := map[image]time.Time{}
	for r, err := range job.Results(ctx) {
		switch {
		case err != nil:
			return nil, err
		case r.Status == jobs.StatusDone && (r.Verb == plan.Delete || r.Verb == plan.Move):
			gone[image{r.Source, r.Hash}] = true
		}
		if r.TargetHash != "" {
			landed[image{r.Target, r.TargetHash}] = r.Finished
		}
	}
	server := sandbox.New(sandbox.Options{})
	seed(server, p, said, gone, meta.Created)
	for i, at := range landed {
		if !gone[i] {
			server.AddImage(string(i.account), sandbox.Image{Hash: string(i.hash), Created: at})
		}
	}
	return server, nil
}
