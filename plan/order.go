package plan

// op spells an operation out.
func (x *index) op(id uint32) Op {
	o := x.ops.at(id)
	spelt := Op{ID: OpID(id), Kind: o.kind()}
	if spelt.Kind == KindUpload {
		u := x.files.at(o.from &^ isUpload)
		spelt.Target, spelt.File = x.accounts.at(u.account), u.file
		if o.to != 0 {
			to := x.images.at(o.to)
			spelt.Hash, spelt.Needed = to.hash.text(), to.out != 0 || x.witnesses[o.to]
		}
		return spelt
	}
	from := x.images.at(o.from)
	spelt.Source, spelt.Hash = x.accounts.at(from.account), from.hash.text()
	if spelt.Kind == KindDelete {
		spelt.Needs = from.in != 0 || from.out != 0 || x.broughtWitness(id) != 0
		spelt.Needed = x.deletedAgain(from)
		spelt.Guard = x.guard(id)
		return spelt
	}
	to := x.images.at(o.to)
	spelt.Target = x.accounts.at(to.account)
	spelt.Needs = from.in != 0
	spelt.Needed = from.del != 0 || to.del != 0 || to.out != 0 || x.witnesses[o.to]
	return spelt
}

// needs appends the operations that one waits for. See the package comment.
func (x *index) needs(id uint32, needs []uint32) []uint32 {
	o := x.ops.at(id)
	if o.kind() == KindUpload {
		return needs
	}
	from := x.images.at(o.from)
	deletion := o.kind() == KindDelete
	for in := from.in; in != 0; in = x.ops.at(in).nextIn {
		needs = append(needs, in)
		if deletion && x.ops.at(in).moved != 0 {
			needs = append(needs, x.images.at(x.ops.at(in).from).del)
		}
	}
	if deletion {
		for out := from.out; out != 0; out = x.ops.at(out).nextOut {
			needs = append(needs, out)
		}
		for in := x.broughtWitness(id); in != 0; in = x.ops.at(in).nextIn {
			if x.ops.at(in).from != o.from { // those are out of the image, too
				needs = append(needs, in)
			}
		}
	}
	return needs
}

// broughtWitness is the first operation that brings the witness of a deletion.
func (x *index) broughtWitness(id uint32) uint32 {
	if g := x.guards[id]; g.witness != 0 {
		return x.images.at(g.witness).in
	}
	return 0
}

// deletedAgain reports whether a move takes the image to where it is deleted, too.
func (x *index) deletedAgain(img *image) bool {
	for out := img.out; out != 0; out = x.ops.at(out).nextOut {
		if o := x.ops.at(out); o.moved != 0 && x.images.at(o.to).del != 0 {
			return true
		}
	}
	return false
}
