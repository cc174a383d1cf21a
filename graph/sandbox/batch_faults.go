package sandbox

import (
	"cmp"
	"encoding/json"
	"slices"
)

// badHashes are what copies have instead of a hash; bad_hash draws one.
var badHashes = []string{"0123", "=1+1", "<img src=x>", "../../x", "g0000000000000000000000000000000"}

func (t activeFault) badHash() string {
	return cmp.Or(t.Text, badHashes[t.draw%uint64(len(badHashes))])
}

// rearrange loses an entry of a batch's answer, repeats one, or gives every call
// that of another.
func (t activeFault) rearrange(results []*result) []*result {
	d := t.newRand()
	at := d.IntN(len(results))
	switch t.kind {
	case faultShortBatch:
		return slices.Delete(results, at, at+1)
	case faultLongBatch:
		return slices.Insert(results, at, results[at])
	}
	for i := len(results) - 1; i > 0; i-- { // Sattolo's shuffle leaves none in its place
		j := d.IntN(i)
		results[i], results[j] = results[j], results[i]
	}
	return results
}

// entryAnswer is what one entry of a batch says of a copy.
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

// swapCopyAnswers gives answers to copies the name, the hash or both of the next copy in
// the batch; alone in it a copy keeps its own.
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
