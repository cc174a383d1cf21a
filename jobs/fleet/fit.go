package fleet

import (
	"context"
	"fmt"

	"adferry/jobs/credentials"
	"adferry/jobs/proof"
	"adferry/jobs/store"
)

// Fit returns why a worker with these credentials leaves a job alone, whatever the lane: it does not
// see a folder of the job, or its file gives an ad account another label than the job remembers. A
// job that remembers no labels takes those of the first worker.
//
// An error that is neither a [*proof.UnseenError] nor a [*credentials.OtherLabelError] is the
// database's.
func Fit(ctx context.Context, job *store.Job, m store.Meta, set *credentials.Set) error {
	if err := proof.Check(m); err != nil {
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
