package rehearsal

import (
	"bufio"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/store"
	"adferry/plan"
)

// Server makes a server as the job would find it now: with the seeds of its manifest, and
// with what the job has done since.
func Server(ctx context.Context, job *store.Job) (*sandbox.Server, error) {
	meta, err := job.Meta(ctx)
	if err != nil {
		return nil, err
	}
	seeds, err := ReadSeeds(rowsOf(ctx, job))
	if err != nil {
		return nil, fmt.Errorf("seed the sandbox: %w", err)
	}
	deleted := map[jobs.ImageAt]bool{}
	landed := map[jobs.ImageAt]time.Time{}
	for r, err := range job.Results(ctx) {
		switch {
		case err != nil:
			return nil, err
		case r.Status == jobs.StatusDone && (r.Verb == plan.Delete || r.Verb == plan.Move):
			deleted[jobs.ImageAt{Account: r.Source, Hash: r.Hash}] = true
		}
		if r.TargetHash != "" {
			landed[jobs.ImageAt{Account: r.Target, Hash: r.TargetHash}] = r.Finished
		}
	}
	server := sandbox.New(sandbox.Options{})
	seeds.fill(server, deleted, meta.Created)
	for i, at := range landed {
		if !deleted[i] {
			server.AddImage(string(i.Account), sandbox.Image{Hash: string(i.Hash), Created: at})
		}
	}
	return server, nil
}

// rowsOf reads a job's manifest from the job itself, because the file may have been
// changed or removed, and a pipe cannot be read again.
func rowsOf(ctx context.Context, job *store.Job) ReadFunc {
	return func(visit func(plan.Row) error) (*plan.Plan, error) {
		r, w := io.Pipe()
		defer r.Close() // ends the writer
		go func() { w.CloseWithError(writeRows(ctx, w, job)) }()
		return plan.Read(r, visit)
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
