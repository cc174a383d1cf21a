package reports

import (
	"fmt"
	"slices"
	"strings"

	"adferry/jobs/cleanup"
	"adferry/plan"
)

// heldBack are the verdicts that the preview of a cleanup counts beside the deletions.
var heldBack = []cleanup.Verdict{cleanup.NotActive, cleanup.OtherName, cleanup.InUse, cleanup.UseUnknown, cleanup.TooYoung, cleanup.KeepList}

// CleanupPreview tells a person what a cleanup would delete: a table with a line for
// each ad account, how many images it holds, how many stay for each reason that any have, and
// how many go; then the policy.
func CleanupPreview(inv *cleanup.Inventory) string {
	var b strings.Builder
	var reasons []cleanup.Verdict
	heads := []string{"ad account", "images"}
	for _, v := range heldBack {
		if slices.ContainsFunc(inv.Accounts, func(a cleanup.AccountCount) bool { return a.Err == nil && a.Of(v) > 0 }) {
			reasons, heads = append(reasons, v), append(heads, string(v))
		}
	}
	t := newTable(1, 2, 3, 4, 5, 6, 7, 8, 9)
	t.add(append(heads, "to delete", "share")...)
	for _, a := range inv.Accounts {
		if a.Err != nil {
			cells := append([]string{a.Account.Act(), "not listed"}, slices.Repeat([]string{"-"}, len(reasons))...)
			t.add(append(cells, "0", "-")...)
			continue
		}
		cells := []string{a.Account.Act(), count(a.Images)}
		for _, v := range reasons {
			cells = append(cells, count(a.Of(v)))
		}
		t.add(append(cells, count(a.Deletes()), fmt.Sprintf("%.1f%%", a.Percent()))...)
	}
	t.splitHeads(textWidth).write(&b)
	fmt.Fprintf(&b, "\n%s\n", PolicyOf(inv.Policy()))
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
	from, named := accountsByDeletions(deletions)
	return fmt.Sprintf("the cleanup deletes %s from %s%s", Counted(inv.Deletes(), "image", "images"), from, named)
}
