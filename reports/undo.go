package reports

import (
	"fmt"
	"strings"

	"adferry/jobs/undo"
	"adferry/plan"
)

// mostNamed is how many images of a kind are named one by one.
const mostNamed = 20

// UndoLeft tells a person which images an undo cannot or must not take back, a line each.
func UndoLeft(f undo.Finding) string {
	var b strings.Builder
	for i, o := range f.Gone {
		if i == mostNamed {
			fmt.Fprintf(&b, "cannot be restored: %s\n", Counted(len(f.Gone)-i, "more image", "more images"))
			break
		}
		fmt.Fprintf(&b, "cannot be restored: %s of %s: there is no copy and no backup\n", o.Hash, o.Source.Act())
	}
	for i, k := range f.Kept {
		if i == mostNamed {
			fmt.Fprintf(&b, "kept: %s\n", Counted(len(f.Kept)-i, "more image", "more images"))
			break
		}
		fmt.Fprintf(&b, "kept: %s of %s, which may become the last copy: %s\n", k.Hash, k.Account.Act(), k.Because)
	}
	return b.String()
}

// UndoSummary says in one line how much an undo did not take back.
func UndoSummary(f undo.Finding) string {
	var parts []string
	if n := len(f.Gone); n > 0 {
		parts = append(parts, Counted(n, "image", "images")+" cannot be restored")
	}
	if n := len(f.Kept); n > 0 {
		parts = append(parts, Counted(n, "image", "images")+" kept as the last copy")
	}
	return "not everything can be taken back: " + strings.Join(parts, " and ")
}

// UndoOriginals says where the images were of which an undo deletes the copies, and how many
// it would bring back.
func UndoOriginals(p *plan.Plan) string {
	where := map[plan.Account]int{}
	back := 0
	for o := range p.Ops() {
		switch {
		case o.Kind != plan.KindDelete:
			back++
		case o.Guard.Witness != "":
			where[o.Guard.Witness]++
		}
	}
	var lines []string
	if len(where) > 0 {
		in, named := accountsByDeletions(where)
		lines = append(lines, "the originals of what would be deleted were in "+in+named+"; a copy is deleted only if its original is seen there")
	}
	if back > 0 {
		lines = append(lines, Counted(back, "image would be", "images would be")+" brought back to where the job deleted "+pick(back == 1, "it", "them"))
	}
	return strings.Join(lines, "\n")
}
