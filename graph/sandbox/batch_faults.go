package sandbox

import (
	"cmp"
	"encoding/json"
	"slices"
)

// badHashes are what bad_hash puts in the answer to a copy in place of its hash.
var badHashes = []string{"0123", "=1+1", "<img src=x>", "../../x", "g0000000000000000000000000000000"}

func (t activeFault) badHash() string {
	return cmp.Or(t.Text, badHashes[t.draw%uint64(len(badHashes))])
}

// rearrange removes an entry of a batch answer, repeats one or shuffles them all.
func (t activeFault) rearrange(results []*result) []*result {
	d := t.newRand()
	at := d.IntN(len(results))
	switch t.kind {
	case faultShortBatch:
		return slices.Delete(results, at, at+1)
	case faultLongBatch:
		return slices.Insert(results, at, results[at])
	}
	for i := len(results) - 1; i > 0; i-- { // Sattolo's algorithm: no entry keeps its place
		j := d.IntN(i)
		results[i], results[j] = results[j], results[i]
	}
	return results
}

// entryAnswer is the image in the answer to a copy, and its key.
type entryAnswer struct {
	key   string
	image json.RawMessage
}

func readAnswer(r *result) (e entryAnswer) {
	var answer struct {
		Images map[string]json.RawMessage `json:"images"`
	}
	if r != nil && r.Body != nil && json.Unmarshal([]byte(*r.Body), &answer) == nil && len(answer.Images) == 1 {
		for e.key, e.image = range answer.Images {
		}
	}
	return e
}

// swapCopyAnswers gives the answer to a copy the key, the hash or both of the next copy in
// the batch, if there is another one.
func swapCopyAnswers(results []*result, swaps []faultKind) {
	answers := make([]entryAnswer, len(results))
	for i, r := range results {
		answers[i] = readAnswer(r)
	}
	for i, f := range swaps {
		own := answers[i]
		if f == faultNone || own.key == "" {
			continue
		}
		for k := 1; k < len(answers); k++ {
			other := answers[(i+k)%len(answers)]
			if other.key == "" || other.key == own.key {
				continue
			}
			switch f {
			case faultRekeyed:
				other.image = own.image
			case faultCrossed:
				other.key = own.key
			}
			*results[i].Body = string(encode(imagesReply{map[string]any{other.key: other.image}}))
			break
		}
	}
}
