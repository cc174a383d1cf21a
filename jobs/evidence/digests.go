package evidence

import (
	"crypto/sha256"
	"encoding/hex"
)

// digests is a set of texts with 16 bytes for each, which is exact for image hashes: with
// shorter keys two images could share one, and one of them would be missed. A map with
// 8-byte keys needs as much memory, because Go pads empty values (BenchmarkDigests; Go
// 1.26).
type digests map[digest]struct{}

type digest [16]byte

// add adds a text and reports whether it was new.
func (d digests) add(k digest) bool {
	_, known := d[k]
	d[k] = struct{}{}
	return !known
}

// imageDigest is the 16 bytes of an image hash of 32 hex digits, or textDigest of anything
// else.
func imageDigest(hash string) (d digest) {
	if len(hash) == hex.EncodedLen(len(d)) {
		if _, err := hex.Decode(d[:], []byte(hash)); err == nil {
			return d
		}
	}
	return textDigest(hash)
}

// textDigest is the first half of a SHA-256. To find two texts with the same one, a server
// would need 2^64 tries.
func textDigest(text string) digest {
	sum := sha256.Sum256([]byte(text))
	return digest(sum[:])
}
