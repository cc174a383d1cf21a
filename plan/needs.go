package plan

// op returns an operation as an Op.
func (x *index) op(id uint32) Op {
	o := x.ops.at(id)
	out := Op{ID: OpID(id), Kind: o.kind()}
	if out.Kind == KindUpload {
		u := x.uploads.at(o.from &^ isUpload)
		out.Target, out.File = x.accounts.at(u.account), u.file
		if o.to != 0 {
			to := x.images.at(o.to)
			out.Hash, out.Needed = x.images.hashOf(o.to).text(), x.copiesOf(to) != 0 || x.witnesses[o.to]
		}
		return out
	}
	from := x.images.at(o.from)
	out.Source, out.Hash = x.accounts.at(from.account), x.images.hashOf(o.from).text()
	if out.Kind == KindDelete {
		out.Needs = from.in != 0 || x.copiesOf(from) != 0 || x.copiesToWitness(id) != 0
		out.Needed = x.movedOn(from)
		out.Guard = x.guard(id)
		return out
	}
	to := x.images.at(o.to)
	out.Target = x.accounts.at(to.account)
	out.Needs = from.in != 0
	out.Needed = x.deletionOf(from) != 0 || to.first != 0 || x.witnesses[o.to]
	return out
}

// needs appends the operations that an operation waits for, as the package comment
// describes.
func (x *index) needs(id uint32, needs []uint32) []uint32 {
	o := x.ops.at(id)
	if o.kind() == KindUpload {
		return needs
	}
	from := x.images.at(o.from)
	deletion := o.kind() == KindDelete
	for in := from.in; in != 0; in = x.ops.at(in).nextIn {
		needs = append(needs, in)
		if deletion && x.ops.at(in).moveLine != 0 {
			needs = append(needs, x.deletionOf(x.images.at(x.ops.at(in).from)))
		}
	}
	if deletion {
		for out := x.copiesOf(from); out != 0; out = x.ops.at(out).nextOut {
			needs = append(needs, out)
		}
		for in := x.copiesToWitness(id); in != 0; in = x.ops.at(in).nextIn {
			if x.ops.at(in).from != o.from { // else it is in the list of copies out of the image
				needs = append(needs, in)
			}
		}
	}
	return needs
}

// copiesToWitness is the head of the list of operations that bring the witness of a
// deletion.
func (x *index) copiesToWitness(id uint32) uint32 {
	if g := x.guards[id]; g.witness != 0 {
		return x.images.at(g.witness).in
	}
	return 0
}

// movedOn reports whether a move takes the image to an account that deletes it, too.
func (x *index) movedOn(img *imageNode) bool {
	for out := x.copiesOf(img); out != 0; out = x.ops.at(out).nextOut {
		if o := x.ops.at(out); o.moveLine != 0 && x.deletionOf(x.images.at(o.to)) != 0 {
			return true
		}
	}
	return false
}
