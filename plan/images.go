package plan

import (
	"encoding/binary"
	"math/bits"
)

// An image is a hash in an account, and the head of the lists of copies out of it
// and of copies and uploads into it.
type image struct {
	hash    rawHash
	account uint32
	out, in uint32 // ops
	del     uint32 // op
	twin    uint32 // another image with this hash
}

// images finds images. Those with the same hash are twins on a list, since the
// rows of most manifests name a hash in two or three accounts: one look into the
// table, where the wait for memory is, serves all of them. Where a hash is in many
// accounts, the list ends after maxTwins and byImage has the others.
type images struct {
	arena[image]
	byHash  table // the first image with a hash
	byImage table
}

// maxTwins is what may be walked for each row without notice.
const maxTwins = 8

// of finds or adds an image.
func (is *images) of(account uint32, hash rawHash) uint32 {
	return is.find(is.first(hash, account), account)
}

// first finds the first image with a hash, or adds that in the account.
func (is *images) first(hash rawHash, account uint32) uint32 {
	return is.byHash.find(hash.fold(), func(id uint32) bool {
		return is.at(id).hash == hash
	}, func() uint32 {
		return is.add(image{account: account, hash: hash})
	})
}

// find finds or adds the image in an account, given the first with its hash.
func (is *images) find(first, account uint32) uint32 {
	last := is.at(first)
	hash := last.hash
	for id, n := first, 1; ; n++ {
		if last.account == account {
			return id
		}
		if n == maxTwins {
			break
		}
		if last.twin == 0 {
			last.twin = is.add(image{account: account, hash: hash})
			return last.twin
		}
		id = last.twin
		last = is.at(id)
	}
	return is.byImage.find(hash.foldWith(account), func(id uint32) bool {
		img := is.at(id)
		return img.hash == hash && img.account == account
	}, func() uint32 {
		return is.add(image{account: account, hash: hash})
	})
}

// load returns something from the slots in which find will look for these images.
func (is *images) load(hash rawHash, source, target uint32) uint32 {
	n := is.byHash.load(hash.fold())
	if is.byImage.n > 0 {
		n += is.byImage.load(hash.foldWith(source)) + is.byImage.load(hash.foldWith(target))
	}
	return n
}

// fold makes the hash that tables use.
func (h rawHash) fold() uint32 { return h.foldWith(0) }

// foldWith folds a product; the odd numbers are arbitrary.
func (h rawHash) foldWith(account uint32) uint32 {
	a := binary.LittleEndian.Uint64(h[:8]) ^ 0x9e3779b97f4a7c15
	b := binary.LittleEndian.Uint64(h[8:]) ^ 0xa0761d6478bd642f ^ uint64(account)*0xd6e8feb86659fd93
	hi, lo := bits.Mul64(a, b)
	return uint32(((hi ^ lo) * 0xe7037ed1a0b428db) >> 32)
}
