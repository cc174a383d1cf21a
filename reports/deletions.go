package reports

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"adferry/plan"
)

// ManifestDeletions says, for people to agree to, how many images a manifest deletes,
// how many of them have no copy in it, and from where.
func ManifestDeletions(p *plan.Plan) string {
	deletions, bare := deletionsOf(p)
	from, named := accountsByDeletions(deletions)
	all := p.Counts().Deletes
	copies := count(bare) + " of them without a copy elsewhere"
	switch bare {
	case 0:
		copies = pick(all == 1, "which has a copy elsewhere", "each with a copy elsewhere")
	case all:
		copies = pick(all == 1, "which has no copy elsewhere", "none with a copy elsewhere")
	}
	return fmt.Sprintf("the manifest deletes %s from %s, %s%s", Counted(all, "image", "images"), from, copies, named)
}

// UndoDeletions says, for people to agree to, how many images an undo deletes, and from
// where.
func UndoDeletions(p *plan.Plan) string {
	deletions, _ := deletionsOf(p)
	from, named := accountsByDeletions(deletions)
	return fmt.Sprintf("the undo deletes %s that the job created, from %s%s", Counted(p.Counts().Deletes, "image", "images"), from, named)
}

// deletionsOf counts a plan's deletions by ad account, and those of images of which the
// plan makes or knows no copy.
func deletionsOf(p *plan.Plan) (deletions map[plan.Account]int, bare int) {
	deletions = map[plan.Account]int{}
	for o := range p.Ops() {
		if o.Kind == plan.KindDelete {
			deletions[o.Source]++
			if !o.Needs && o.Guard.Witness == "" {
				bare++
			}
		}
	}
	return deletions, bare
}

// namedAccounts is how many ad accounts a sentence names.
const namedAccounts = 5

// accountsByDeletions says how many ad accounts lose images ("2 ad accounts"), and
// names those that lose most (": act_11 (2), act_22 (1)"). A single one is named at
// once.
func accountsByDeletions(deletions map[plan.Account]int) (from, named string) {
	accounts := slices.SortedFunc(maps.Keys(deletions), func(a, b plan.Account) int {
		return cmp.Or(deletions[b]-deletions[a], strings.Compare(string(a), string(b)))
	})
	if len(accounts) == 1 {
		return accounts[0].Act(), ""
	}
	var names []string
	for _, a := range accounts[:min(namedAccounts, len(accounts))] {
		names = append(names, fmt.Sprintf("%s (%s)", a.Act(), count(deletions[a])))
	}
	if left := len(accounts) - namedAccounts; left > 0 {
		names = append(names, count(left)+" more")
	}
	return count(len(accounts)) + " ad accounts", ": " + strings.Join(names, ", ")
}
