package plan

import (
	"hash/maphash"
	"strings"
)

// An index holds the operations of a manifest and the images that they mention, in
// about 100 bytes per row. All numbers start at 1; 0 is none.
type index struct {
	accounts accountTable
	images   imageTable
	uploads  table[upload]
	ops      table[op] // numbered by OpID

	byFile hashTable

	guards     map[uint32]indexedGuard // by delete op; few manifests have any
	witnesses  map[uint32]bool         // images that are witnesses
	prefetched uint32                  // keeps the compiler from removing prefetch; has no meaning
}

// An upload is a file to be uploaded to an account.
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
	nextOut, nextIn uint32 // next op in the lists of the images from and to; of a deletion: the head of the copies out of its image
	line            uint32 // line of the first copy, delete or upload row, 0 if none
	moveLine        uint32 // line of the first move row, 0 if none
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

// firstLine is the first line that mentions the operation.
func (o *op) firstLine() int {
	if o.line == 0 || o.moveLine != 0 && o.moveLine < o.line {
		return int(o.moveLine)
	}
	return int(o.line)
}

// copy returns the copy of an image to an account, which it adds if it is new.
func (x *index) copy(source uint32, hash rawHash, target uint32) uint32 {
	first := x.images.withHash(hash, source)
	from, to := x.images.inAccount(first, source), x.images.inAccount(first, target)
	f, t := x.images.at(from), x.images.at(to)
	// If the copy exists it is in both lists, so the shorter one is enough.
	for out, in := x.copiesOf(f), t.in; out != 0 && in != 0; {
		o, i := x.ops.at(out), x.ops.at(in)
		if o.to == to {
			return out
		}
		if i.from == from {
			return in
		}
		out, in = o.nextOut, i.nextIn
	}
	id := x.ops.add(op{from: from, to: to, nextOut: x.copiesOf(f), nextIn: t.in})
	t.in = id
	if del := x.deletionOf(f); del != 0 {
		x.ops.at(del).nextOut = id
	} else {
		f.first = id
	}
	return id
}

// delete returns the deletion of an image, which it adds if it is new.
func (x *index) delete(source uint32, hash rawHash) uint32 {
	from := x.images.findOrAdd(source, hash)
	img := x.images.at(from)
	if x.deletionOf(img) == 0 {
		img.first = x.ops.add(op{from: from, nextOut: img.first})
	}
	return img.first
}

// deletionOf is the deletion of an image.
func (x *index) deletionOf(img *imageNode) uint32 {
	if img.first != 0 && x.ops.at(img.first).kind() == KindDelete {
		return img.first
	}
	return 0
}

// copiesOf is the head of the list of copies out of an image.
func (x *index) copiesOf(img *imageNode) uint32 {
	if del := x.deletionOf(img); del != 0 {
		return x.ops.at(del).nextOut
	}
	return img.first
}

// upload returns the upload of a file to an account, which it adds if it is new.
func (x *index) upload(target uint32, file string) uint32 {
	id := x.byFile.find(fileHash(target, file), func(id uint32) bool {
		u := x.uploads.at(id)
		return u.account == target && u.file == file
	}, func() uint32 {
		id := x.uploads.add(upload{account: target, file: strings.Clone(file)})
		x.uploads.at(id).op = x.ops.add(op{from: isUpload | id})
		return id
	})
	return x.uploads.at(id).op
}

// prefetch reads the slots that addRow will need for a row. The reads do not depend on each
// other, so the CPU waits for all of them at once.
func (x *index) prefetch(f *fields) {
	if f.file != "" {
		x.prefetched += x.byFile.prefetch(fileHash(f.target, f.file))
	}
	if f.hashed {
		x.prefetched += x.images.prefetch(f.hash, f.source, f.target)
	}
}

// expectHash records the hash that an upload must give. It reports false if another one was
// recorded before.
func (x *index) expectHash(id uint32, hash rawHash) bool {
	o := x.ops.at(id)
	if o.to != 0 {
		return *x.images.hashOf(o.to) == hash
	}
	o.to = x.images.findOrAdd(x.uploads.at(o.from&^isUpload).account, hash)
	img := x.images.at(o.to)
	o.nextIn, img.in = img.in, id
	return true
}

var fileSeed = maphash.MakeSeed()

func fileHash(account uint32, file string) uint32 {
	return uint32(((maphash.String(fileSeed, file) ^ uint64(account)) * 0xe7037ed1a0b428db) >> 32)
}
