package reports

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"adferry/jobs/cleanup"
	"adferry/plan"
)

// heldBack are the verdicts that the preview of a cleanup counts beside the deletions.
var heldBack = []cleanup.Verdict{cleanup.NotActive, cleanup.OtherName, cleanup.InUse, cleanup.UseUnknown, cleanup.TooYoung, cleanup.Kept}

// CleanupPreview tells a person what a cleanup would delete: a table with a line for
// each ad account, how many images it holds, how many stay for which reason, and how
// many go; then the policy.
func CleanupPreview(inv *cleanup.Inventory) string {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "ad account\timages\t")
	for _, v := range heldBack {
		fmt.Fprintf(t, "%s\t", v)
	}
	fmt.Fprint(t, "to delete\tshare\t\n")
	for _, a := range inv.Accounts {
		if a.Err != nil {
			fmt.Fprintf(t, "%s\tnot listed\t%s0\t-\t\n", a.Account.Act(), strings.Repeat("-\t", len(heldBack)))
			continue
		}
		fmt.Fprintf(t, "%s\t%d\t", a.Account.Act(), a.Images)
		for _, v := range heldBack {
			fmt.Fprintf(t, "%d\t", a.Of(v))
		}
		fmt.Fprintf(t, "%d\t%.1f%%\t\n", a.Deletes(), a.Percent())
	}
	_ = t.Flush() // into memory
	fmt.Fprintf(&b, "\npolicy: %s\n", inv.Policy())
	if inv.Deletes() == 0 {
		b.WriteString("nothing to delete\n")
	}
	b.WriteByte('\n')
	return b.String()
}

// CleanupDeletions says, for people to agree to, how many images a cleanup deletes and
// from where.
func CleanupDeletions(inv *cleanup.Inventory) string {
	deletions := map[plan.Account]int{}
	for _, a := range inv.Accounts {
		if n := a.Deletes(); n > 0 {
			deletions[a.Account] = n
		}
	}
	from, named := AccountsByDeletions(deletions)
	return fmt.Sprintf("the cleanup deletes %s from %s%s", counted(inv.Deletes(), "image", "images"), from, named)
}
