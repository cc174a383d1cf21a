package reports

import (
	"fmt"

	"adferry/plan"
)

// ManifestDeletions says, for people to agree to, how many images a manifest deletes,
// how many of them have no copy in it, and from where.
func ManifestDeletions(p *plan.Plan) string {
	deletions, bare := deletionsOf(p)
	from, named := AccountsByDeletions(deletions)
	without := count(bare)
	if bare == 0 {
		without = "none"
	}
	return fmt.Sprintf("the manifest deletes %s from %s, %s of them without a copy elsewhere%s",
		counted(p.Counts().Deletes, "image", "images"), from, without, named)
}

// UndoDeletions says, for people to agree to, how many images an undo deletes, and from
// where.
func UndoDeletions(p *plan.Plan) string {
	deletions, _ := deletionsOf(p)
	from, named := AccountsByDeletions(deletions)
	return fmt.Sprintf("the undo deletes %s that the job created, from %s%s", counted(p.Counts().Deletes, "image", "images"), from, named)
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
