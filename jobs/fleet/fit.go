package fleet

import (
	"context"
	"fmt"
	"time"

	"adferry/jobs/credentials"
	"adferry/jobs/proof"
	"adferry/jobs/store"
)

// lookTime is how long a worker waits for the folders of a job, and the others with it.
const lookTime = 5 * time.Second

// seen returns a [*proof.UnseenError] unless this worker sees the folders of a job now.
func seen(ctx context.Context, m store.Meta) error {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	return proof.Check(ctx, m)
}

// Fit returns why a worker with these credentials leaves a job alone, whatever the lane: it does not
// see a folder of the job, or its file gives an ad account another label than the job remembers. A
// job that remembers no labels takes those of the first worker.
//
// An error that is neither a [*proof.UnseenError] nor a [*credentials.OtherLabelError] is the
// database's.
func Fit(ctx context.Context, job *store.Job, m store.Meta, set *credentials.Set) error {
	if err := seen(ctx, m); err != nil {
		return err
	}
	accounts, err := job.Accounts(ctx)
	if err != nil {
		return fmt.Errorf("read ad accounts: %w", err)
	}
	if known, err := job.Labels(ctx); err != nil || known != nil {
		if err != nil {
			return err
		}
		return set.Agree(known, accounts)
	}
	mine := set.LabelsOf(accounts)
	if err := set.Agree(mine, accounts); err != nil { // it has none for some
		return err
	}
	known, err := job.KeepLabels(ctx, mine)
	if err != nil {
		return err
	}
	return set.Agree(known, accounts)
}
