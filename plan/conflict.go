package plan

import (
	"fmt"
	"slices"
)

// addConflicts adds the rows that contradict each other: no order of their operations
// satisfies all of them. column is the header's name of the hash column.
func addConflicts(x *index, column string, ps *problems) {
	if len(x.witnesses) > 0 {
		witnessConflicts(x, column, ps)
	}
	add := func(line int, hash rawHash, what, hint string) {
		ps.add(Problem{Line: line, Column: column, Value: string(hash.text()), What: what, Hint: hint})
	}
	chained := false // some image is copied into an account and out of it
	for id := uint32(1); id <= x.images.n; id++ {
		img := x.images.at(id)
		if img.in == 0 {
			continue
		}
		chained = chained || x.copiesOf(img) != 0
		if x.deletionOf(img) != 0 {
			deletionConflicts(x, img, func(line int, what, hint string) { add(line, *x.images.hashOf(id), what, hint) })
		}
	}
	if !chained {
		return
	}
	cycles(x, func(lines []int, hash rawHash) {
		add(lines[0], hash, "lines "+listLines(lines)+" copy or move the image in a cycle", "remove one of these rows")
	})
}

// deletionConflicts adds each pair of a row that deletes the image and a row that puts
// it there. The only pair allowed is a chain: moved there, then moved on.
func deletionConflicts(x *index, img *imageNode, add func(line int, what, hint string)) {
	account, del := x.accounts.at(img.account), x.ops.at(x.deletionOf(img))
	var into []*op
	for in := img.in; in != 0; in = x.ops.at(in).nextIn {
		into = append(into, x.ops.at(in))
	}
	slices.SortFunc(into, func(a, b *op) int { return a.firstLine() - b.firstLine() })
	for _, o := range into {
		if del.line != 0 {
			deletes, puts := int(del.line), o.firstLine()
			add(max(deletes, puts),
				fmt.Sprintf("line %d deletes the image in %s, but line %d puts it there", deletes, account.Act(), puts),
				"remove one of these rows")
		}
		if del.moveLine != 0 && o.line != 0 {
			moves, puts := int(del.moveLine), int(o.line)
			hint := fmt.Sprintf("make line %d a copy, or line %d a move", moves, puts)
			if o.kind() == KindUpload {
				hint = fmt.Sprintf("make line %d a copy, or remove one of these rows", moves)
			}
			add(max(moves, puts),
				fmt.Sprintf("line %d moves the image out of %s, but line %d puts it there to stay", moves, account.Act(), puts),
				hint)
		}
	}
}
