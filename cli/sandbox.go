package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/rehearsal"
	"adferry/jobs/store"
	"adferry/plan"
	"adferry/reports"
)

func sandboxCommand(s *streams) *cli.Command {
	return &cli.Command{
		Name: "sandbox", Usage: "serve a local Graph API to rehearse against",
		Description: "--manifest seeds it: every ad account of the manifest exists, and every source has its image. " +
			"A column named sandbox changes that for a row, with any of these words:\n" +
			"  missing        the source lacks the image\n" +
			"  present        the target has it\n" +
			"  in_use         a creative uses it\n" +
			"  associated     it counts as used, and no creative is named\n" +
			"  name=FILE.jpg  its name\n" +
			"  age=DAYSd      it was made so long ago\n" +
			"  denied         the target, or a delete's source, refuses the token\n" +
			"  rehash         its copies get another hash\n\n" +
			"The faults of --faults and --script are listed below the options; each error code, such as 80004/2446079, is one, too. " +
			"With _after behind its name, the call takes effect before the fault. docs/sandbox.md has examples.",
		Flags: []cli.Flag{
			stringFlag("listen", "127.0.0.1:8080", "ADDR", "address to serve on; port 0 picks a free one"),
			stringFlag("manifest", "", "FILE", "manifest to seed accounts and images from"),
			stringFlag("tier", "full", "full|limited", "access tier of the app"),
			boolFlag("score", "limit each ad account's score, too: a read 1 point, a write 3"),
			stringFlag("tokens", "", "FILE", "tokens that may use some ad accounts each (JSON); without it, every token may use all"),
			stringFlag("faults", "", "NAME=RATE,...", "faults by rate, such as throttle=0.02,cut_after=0.01"),
			stringFlag("script", "", "FILE", "faults by script (JSON)"),
			durationFlag("latency", 0, "time that each HTTP request takes"),
			&cli.Uint64Flag{Name: "seed", Usage: "seed of everything random", EnvVars: env("seed")},
		},
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usagef("to seed it from a manifest: adferry sandbox --manifest FILE", "sandbox takes no arguments, not %q", c.Args().First())
			}
			options, err := sandboxOptions(c)
			if err != nil {
				return err
			}
			return serveSandbox(c.Context, s, options, c.String("manifest"), c.String("listen"))
		},
	}
}

// serveSandbox serves at the address listen until a signal comes; the manifest in path
// seeds the server, unless it is empty.
func serveSandbox(ctx context.Context, s *streams, options sandbox.Options, path, listen string) error {
	server := sandbox.New(options)
	if path != "" {
		m, err := connection{}.openManifest(s, path)
		if err != nil {
			return err
		}
		defer m.close()
		seeds, err := readSeeds(m)
		if err != nil {
			return showProblems(s, err)
		}
		seeds.Fill(server, time.Now())
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return usagef("name a free HOST:PORT of this machine, such as 127.0.0.1:8081; port 0 picks one", "--listen: %w", err)
	}
	ctx, release := untilSignal(ctx)
	defer release()
	fmt.Fprintln(s.out, reports.SandboxAddress(l.Addr().String()))
	fmt.Fprintln(s.err, reports.SandboxUse(l.Addr().String(), options.Access != nil))
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
	var err error
	if o.Tier, err = choiceOf(c, "tier", sandbox.Full, sandbox.Limited); err != nil {
		return o, err
	}
	if c.Bool("score") {
		o.Limits.Score = sandbox.Linear
	}
	o.Latency.Min = c.Duration("latency")
	if o.Rates, err = sandbox.ParseFaults(c.String("faults")); err != nil {
		return o, usagef("", "--faults: %w", err)
	}
	if path := c.String("tokens"); path != "" {
		f, err := os.Open(path)
		if err != nil {
			return o, usagef("", "--tokens: %w", err)
		}
		defer f.Close()
		if o.Access, o.Apps, err = sandbox.ParseTokens(f, time.Now()); err != nil {
			return o, usagef("", "--tokens %s: %w", path, err)
		}
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

// readSeeds reads what a manifest takes for granted, and its sandbox column.
func readSeeds(m *manifest) (*rehearsal.Seeds, error) {
	seeds, err := rehearsal.ReadSeeds(func(visit func(plan.Row) error) (*plan.Plan, error) { return m.readWith(nil, visit) })
	if column, ok := errors.AsType[*rehearsal.ColumnError](err); ok {
		return nil, &usageError{err: column}
	}
	return seeds, err
}

// onSandbox is the API of a job that runs on the embedded sandbox, and where its
// pictures are.
func onSandbox(ctx context.Context, job *store.Job, log *slog.Logger) (dispatch.API, jobs.Downloader, error) {
	server, err := rehearsal.Server(ctx, job)
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
