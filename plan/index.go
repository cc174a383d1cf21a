package plan

import (
	"hash/maphash"
	"strings"
)

// The index holds every operation and every image that one mentions, in about
// 110 bytes for a row. All numbers start at 1; 0 is none.
type index struct {
	accounts accounts
	images   images
	files    arena[upload]
	ops      arena[op] // numbered by OpID

	byFile table

	guards    map[uint32]guard // by delete op; few manifests have any
	witnesses map[uint32]bool  // images that guards name
	fetched   uint32           // without meaning: it keeps fetch from being optimised away
}

// An upload is a file for an account.
type upload struct {
	account uint32
	op      uint32
	file    string
}

// An op is an operation:
//
//	copy    from: image        to: image
//	delete  from: image        to: 0
//	upload  from: isUpload|n   to: image, 0 if no hash is expected
//
// n being the number of the upload.
type op struct {
	from, to        uint32
	nextOut, nextIn uint32 // further ops of the images from and to
	asked           uint32 // line of the first copy, delete or upload row, 0 if none
	moved           uint32 // line of the first move row, 0 if none
}

const isUpload = 1 << 31

func (o *op) kind() Kind {
	switch {
	case o.from&isUpload != 0:
		return KindUpload
	case o.to == 0:
		return KindDelete
	}
	return KindCopy
}

// first is the line that mentions the operation first.
func (o *op) first() int {
	if o.asked == 0 || o.moved != 0 && o.moved < o.asked {
		return int(o.moved)
	}
	return int(o.asked)
}

// copy finds or adds the copy of an image to an account.
func (x *index) copy(source uint32, hash rawHash, target uint32) uint32 {
	first := x.images.first(hash, source)
	from, to := x.images.find(first, source), x.images.find(first, target)
	f, t := x.images.at(from), x.images.at(to)
	// The copy is on both lists: whichever ends first settles it.
	for out, in := f.out, t.in; out != 0 && in != 0; {
		o, i := x.ops.at(out), x.ops.at(in)
		if o.to == to {
			return out
		}
		if i.from == from {
			return in
		}
		out, in = o.nextOut, i.nextIn
	}
	id := x.ops.add(op{from: from, to: to, nextOut: f.out, nextIn: t.in})
	f.out, t.in = id, id
	return id
}

// delete finds or adds the deletion of an image.
func (x *index) delete(source uint32, hash rawHash) uint32 {
	from := x.images.of(source, hash)
	img := x.images.at(from)
	if img.del == 0 {
		img.del = x.ops.add(op{from: from})
	}
	return img.del
}

// upload finds or adds the upload of a file to an account.
func (x *index) upload(target uint32, file string) uint32 {
	id := x.byFile.find(fileHash(target, file), func(id uint32) bool {
		u := x.files.at(id)
		return u.account == target && u.file == file
	}, func() uint32 {
		id := x.files.add(upload{account: target, file: strings.Clone(file)})
		x.files.at(id).op = x.ops.add(op{from: isUpload | id})
		return id
	})
	return x.files.at(id).op
}

// fetch loads the slots that entering a row will look into. No load waits for
// another.
func (x *index) fetch(f *fields) {
	if f.file != "" {
		x.fetched += x.byFile.load(fileHash(f.target, f.file))
	}
	if f.hashed {
		x.fetched += x.images.load(f.hash, f.source, f.target)
	}
}

// expect makes the upload one into the image of that hash, and reports whether
// this agrees with the hash that it was expected to give before.
func (x *index) expect(id uint32, hash rawHash) bool {
	o := x.ops.at(id)
	if o.to != 0 {
		return x.images.at(o.to).hash == hash
	}
	o.to = x.images.of(x.files.at(o.from&^isUpload).account, hash)
	img := x.images.at(o.to)
	o.nextIn, img.in = img.in, id
	return true
}

var fileSeed = maphash.MakeSeed()

func fileHash(account uint32, file string) uint32 {
	return uint32(((maphash.String(fileSeed, file) ^ uint64(account)) * 0xe7037ed1a0b428db) >> 32)
}
