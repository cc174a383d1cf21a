package plan

import (
	"fmt"
	"slices"
)

// contradictions adds what no order of the operations can satisfy. The column is
// what the header calls the hash.
func contradictions(x *index, column string, ps *problems) {
	if len(x.witnesses) > 0 {
		witnessed(x, column, ps)
	}
	add := func(line int, hash rawHash, what, hint string) {
		ps.add(Problem{Line: line, Column: column, Value: string(hash.text()), What: what, Hint: hint})
	}
	through := false // some image is both copied into and out of an account
	for id := uint32(1); id <= x.images.n; id++ {
		img := x.images.at(id)
		if img.in == 0 {
			continue
		}
		through = through || img.out != 0
		if img.del != 0 {
			disputes(x, img, func(line int, what, hint string) { add(line, img.hash, what, hint) })
		}
	}
	if !through {
		return
	}
	circles(x, func(lines []int, hash rawHash) {
		add(lines[0], hash, "lines "+listLines(lines)+" copy or move the image in a circle", "remove one of these rows")
	})
}

// disputes adds each pair of a row that deletes the image and a row that puts it
// there. Only what is moved there may be moved on.
func disputes(x *index, img *image, add func(line int, what, hint string)) {
	account, del := x.accounts.at(img.account), x.ops.at(img.del)
	var into []*op
	for in := img.in; in != 0; in = x.ops.at(in).nextIn {
		into = append(into, x.ops.at(in))
	}
	slices.SortFunc(into, func(a, b *op) int { return a.first() - b.first() })
	for _, o := range into {
		if del.asked != 0 {
			away, here := int(del.asked), o.first()
			add(max(away, here),
				fmt.Sprintf("line %d deletes the image in %s, and line %d puts it there", away, account.Act(), here),
				"remove one of these rows")
		}
		if del.moved != 0 && o.asked != 0 {
			away, here := int(del.moved), int(o.asked)
			hint := fmt.Sprintf("make line %d a copy, or line %d a move", away, here)
			if o.kind() == KindUpload {
				hint = fmt.Sprintf("make line %d a copy, or remove one of these rows", away)
			}
			add(max(away, here),
				fmt.Sprintf("line %d moves the image out of %s, and line %d puts it there to stay", away, account.Act(), here),
				hint)
		}
	}
}
