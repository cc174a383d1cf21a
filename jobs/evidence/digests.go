package evidence

import (
	"crypto/sha256"
	"encoding/hex"
)

// digests is a set of texts by 16 bytes each, which is exact for image hashes: a
// shorter key that two images share would hide one of them. A map of 8-byte keys takes
// as much memory, since Go pads its empty values (BenchmarkDigests; Go 1.26).
type digests map[digest]struct{}

type digest [16]byte

// add reports whether the text was not in the set yet.
func (d digests) add(k digest) bool {
	_, known := d[k]
	d[k] = struct{}{}
	return !known
}

// imageDigest is an image hash itself, whose 32 hex digits are 16 bytes. What else a
// server calls a hash is digested.
func imageDigest(hash string) (d digest) {
	if len(hash) == hex.EncodedLen(len(d)) {
		if _, err := hex.Decode(d[:], []byte(hash)); err == nil {
			return d
		}
	}
	return textDigest(hash)
}

// textDigest is the start of a SHA-256: a server would need 2^64 tries to make two
// texts that have the same.
func textDigest(text string) digest {
	sum := sha256.Sum256([]byte(text))
	return digest(sum[:])
}
