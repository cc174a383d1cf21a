package reports

import (
	"fmt"
	"strings"

	"adferry/jobs/collect"
)

// leftOut are the reasons that the account of a collection counts.
var leftOut = []struct {
	why  collect.Why
	name string
}{{collect.Deleted, "deleted"}, {collect.NotActive, "not active"}, {collect.InUse, "in use"}, {collect.UseUnknown, "use unknown"}}

// CollectedImages tells a person what was selected for a manifest: a line for each ad
// account with how many images it has in the manifest, or would have if no other account
// had them, and how many were left out for which reason. rows is the number of the
// manifest's rows.
func CollectedImages(c *collect.Collection, rows int) string {
	var b strings.Builder
	t := newTable(1, 2, 3, 4, 5)
	heads := []string{"ad account", "selected"}
	for _, l := range leftOut {
		heads = append(heads, l.name)
	}
	t.add(heads...)
	selected, missing := 0, 0
	for _, a := range c.Counts {
		cells := []string{a.Account.Act(), count(a.Of(collect.Selected))}
		for _, l := range leftOut {
			cells = append(cells, count(a.Of(l.why)))
		}
		t.add(cells...)
		selected += a.Of(collect.Selected)
		missing += a.Missing
	}
	t.write(&b)
	if again := selected - rows; again > 0 {
		fmt.Fprintf(&b, "%s in several ad accounts: copied once, from the one that is named first\n", Counted(again, "repetition of an image", "repetitions of images"))
	}
	if missing > 0 {
		fmt.Fprintf(&b, "%s of --hash found nothing in the ad account\n", Counted(missing, "lookup", "lookups"))
	}
	fmt.Fprintf(&b, "%s\n", Counted(rows, "row", "rows"))
	return b.String()
}

// ManifestWritten says where a manifest is, and what to do with it.
func ManifestWritten(path string, rows int) string {
	if rows == 0 {
		return fmt.Sprintf("%s has no rows: there is nothing to do", OneLine(path))
	}
	return fmt.Sprintf("wrote %s; look at it with: adferry plan %s", OneLine(path), Quote(path))
}
