package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"adferry/jobs"
	"adferry/jobs/cleanup"
	"adferry/plan"
)

// heldBack are the reasons for which images stay, as the preview has them.
var heldBack = []cleanup.Verdict{cleanup.NotActive, cleanup.OtherName, cleanup.InUse, cleanup.UseUnknown, cleanup.TooYoung, cleanup.Kept}

// preview shows, for every account, how many images it holds, what holds back how
// many of them, and how many go.
func (inv *inventory) preview(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "ad account\timages\t")
	for _, v := range heldBack {
		fmt.Fprintf(t, "%s\t", v)
	}
	fmt.Fprint(t, "to delete\tshare\t\n")
	for _, a := range inv.accounts {
		if inv.unlisted[a] != nil {
			fmt.Fprintf(t, "%s\tnot listed\t%s0\t-\t\n", a.Act(), strings.Repeat("-\t", len(heldBack)))
			continue
		}
		c := inv.counts[a]
		fmt.Fprintf(t, "%s\t%d\t", a.Act(), c.Images)
		for _, v := range heldBack {
			fmt.Fprintf(t, "%d\t", c.Of(v))
		}
		fmt.Fprintf(t, "%d\t%.1f%%\t\n", c.Of(cleanup.Delete), c.Percent())
	}
	t.Flush()
	fmt.Fprintf(w, "\npolicy: %s\n", inv.words())
	if inv.deletes == 0 {
		fmt.Fprintln(w, "nothing to delete")
	}
	fmt.Fprintln(w)
}

// guard refuses to delete more than the limit: a number of images in all, or a
// share of each account's.
func (inv *inventory) guard(limit jobs.Share) error {
	if limit.Percent == 0 {
		if inv.deletes <= limit.Count {
			return nil
		}
		return &guardError{
			what: fmt.Sprintf("the cleanup would delete %s, and --max-delete allows %d", count(inv.deletes, "image"), limit.Count),
			hint: fmt.Sprintf("nothing was deleted; if all of them may go, --max-delete %d lets them", inv.deletes),
		}
	}
	var over []plan.Account
	for _, a := range inv.listed {
		if inv.counts[a].Exceeds(limit.Percent) {
			over = append(over, a)
		}
	}
	if len(over) == 0 {
		return nil
	}
	c := inv.counts[over[0]]
	what := fmt.Sprintf("the cleanup would delete %d of the %s of %s, and --max-delete allows %g%% of an ad account",
		c.Of(cleanup.Delete), count(c.Images, "image"), over[0].Act(), limit.Percent)
	if more := len(over) - 1; more > 0 {
		what += fmt.Sprintf("; too many of %s besides", count(more, "other ad account"))
	}
	return &guardError{what: what, hint: "nothing was deleted; look at them with --dry-run, and if they may go, give --max-delete a number of images or a higher share"}
}

// deletions says how many images would go, and from where.
func (inv *inventory) deletions() string {
	lost := map[plan.Account]int{}
	for _, a := range inv.listed {
		if n := inv.counts[a].Of(cleanup.Delete); n > 0 {
			lost[a] = n
		}
	}
	from, named := losers(lost)
	return fmt.Sprintf("the cleanup deletes %s from %s%s", count(inv.deletes, "image"), from, named)
}
