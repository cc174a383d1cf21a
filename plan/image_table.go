package plan

import (
	"encoding/binary"
	"math/bits"
)

// An imageNode is a hash in an account, with the operations that mention it.
type imageNode struct {
	hash    uint32 // number of its hash
	account uint32
	first   uint32 // its deletion, if it has one, else the head of the list of copies out of it
	in      uint32 // head of the list of copies and uploads into it
	sibling uint32 // another image with this hash
}

// An imageTable numbers images and finds them. The images with one hash form a list
// (sibling), because most manifests name a hash in two or three accounts: one look into
// the hash table, which is where the wait for memory is, serves all of them. If a hash
// is in many accounts, the list ends after maxSiblings and byImage has the others.
type imageTable struct {
	table[imageNode]
	hashes  table[rawHash] // each once, although most are in two accounts
	byHash  hashTable      // the first image with a hash
	byImage hashTable
}

// maxSiblings is short enough to be walked for each row.
const maxSiblings = 8

// findOrAdd returns the number of an image, which it adds if it is new.
func (is *imageTable) findOrAdd(account uint32, hash rawHash) uint32 {
	return is.inAccount(is.withHash(hash, account), account)
}

// withHash returns the first image with a hash. If there is none, it adds the one in
// the account.
func (is *imageTable) withHash(hash rawHash, account uint32) uint32 {
	return is.byHash.find(hash.hash32(), func(id uint32) bool {
		return *is.hashOf(id) == hash
	}, func() uint32 {
		return is.add(imageNode{account: account, hash: is.hashes.add(hash)})
	})
}

// hashOf is the hash of an image.
func (is *imageTable) hashOf(id uint32) *rawHash { return is.hashes.at(is.at(id).hash) }

// inAccount returns the image in an account, given the first one with its hash. It adds
// the image if it is new.
func (is *imageTable) inAccount(first, account uint32) uint32 {
	last := is.at(first)
	hash := last.hash
	for id, n := first, 1; ; n++ {
		if last.account == account {
			return id
		}
		if n == maxSiblings {
			break
		}
		if last.sibling == 0 {
			last.sibling = is.add(imageNode{account: account, hash: hash})
			return last.sibling
		}
		id = last.sibling
		last = is.at(id)
	}
	return is.byImage.find(is.hashes.at(hash).hash32With(account), func(id uint32) bool {
		img := is.at(id)
		return img.hash == hash && img.account == account
	}, func() uint32 {
		return is.add(imageNode{account: account, hash: hash})
	})
}

// prefetch reads the slots in which these images will be looked up, so that they are
// in the CPU's cache by then. The result has no meaning.
func (is *imageTable) prefetch(hash rawHash, source, target uint32) uint32 {
	n := is.byHash.prefetch(hash.hash32())
	if is.byImage.n > 0 {
		n += is.byImage.prefetch(hash.hash32With(source)) + is.byImage.prefetch(hash.hash32With(target))
	}
	return n
}

// hash32 makes the hash that tables use.
func (h rawHash) hash32() uint32 { return h.hash32With(0) }

// hash32With folds a product; the odd numbers are arbitrary.
func (h rawHash) hash32With(account uint32) uint32 {
	a := binary.LittleEndian.Uint64(h[:8]) ^ 0x9e3779b97f4a7c15
	b := binary.LittleEndian.Uint64(h[8:]) ^ 0xa0761d6478bd642f ^ uint64(account)*0xd6e8feb86659fd93
	hi, lo := bits.Mul64(a, b)
	return uint32(((hi ^ lo) * 0xe7037ed1a0b428db) >> 32)
}
