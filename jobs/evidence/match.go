package evidence

import (
	"slices"
	"strings"

	"adferry/graph"
)

// Match compares the replies to the calls of one request, and turns replies that prove nothing
// into errors. After it, a reply to a copy or upload without an error has the image that was
// stored as the only entry of Stored. No two calls of a request may ask the same about the
// same image.
func Match(calls []graph.Call, replies []graph.Reply) {
	if mixedUp(calls, replies) {
		for i := range replies {
			markLost(&replies[i], "the batch answer swaps the answers to two calls")
		}
		return
	}
	for i, c := range calls {
		r := &replies[i]
		if r.Err != nil || c.Action != graph.ActionCopy && c.Action != graph.ActionUpload {
			continue
		}
		switch stored, ok := storedBy(c, r.Stored); {
		case !ok:
			markLost(r, "the answer to the write names another image")
		case stored.Hash == "":
			markLost(r, "the answer to the write gives no image hash")
		default:
			r.Stored = append(r.Stored[:0], stored)
		}
	}
}

// storedBy returns the image that a call stored, from those in the answer: the one under the
// source's hash or the file's name. A single one under a key that is not a hash counts, too,
// because it cannot be another image's.
func storedBy(c graph.Call, all []graph.Stored) (graph.Stored, bool) {
	for _, s := range all {
		if c.Action == graph.ActionCopy && strings.EqualFold(s.Key, c.Hash) || c.Action == graph.ActionUpload && s.Key == c.File.Name {
			return s, true
		}
	}
	if len(all) == 1 && !graph.IsHash(all[0].Key) {
		return all[0], true
	}
	return graph.Stored{}, false
}

// mixedUp reports whether a reply is about the image of another call: a reply to a copy has the
// key or hash of another one, or a reply to a read has images that another call asked for.
func mixedUp(calls []graph.Call, replies []graph.Reply) bool {
	if len(calls) < 2 {
		return false
	}
	copied, asked := make(map[string]int, len(calls)), map[string]bool{}
	stored := make(map[[2]string]string, len(calls)) // (account, hash in it) to the hash it was copied from
	for i, c := range calls {
		if c.Action == graph.ActionCopy {
			copied[c.Hash] = i + 1
		}
		for _, h := range c.Query.Hashes {
			asked[h] = true
		}
	}
	for i, c := range calls {
		r := &replies[i]
		switch {
		case r.Err != nil:
		case c.Action == graph.ActionCopy:
			for _, s := range r.Stored {
				at := [2]string{c.Account, s.Hash}
				if from, twice := stored[at]; twice && from != c.Hash && s.Hash != "" {
					return true
				}
				stored[at] = c.Hash
				for _, name := range []string{strings.ToLower(s.Key), s.Hash} {
					if at := copied[name]; at > 0 && at != i+1 && name != c.Hash {
						return true
					}
				}
			}
		case c.Action == graph.ActionRead:
			for _, image := range r.Images {
				if asked[image.Hash] && !slices.Contains(c.Query.Hashes, image.Hash) {
					return true
				}
			}
		}
	}
	return false
}

// markLost replaces a reply by an error that its outcome is unknown. Its headers remain, and so
// does an error about the ad account or the token, because it holds whichever call it belongs
// to.
func markLost(r *graph.Reply, why string) {
	r.Images, r.Stored, r.Empty, r.After = nil, nil, false, ""
	if e := r.Err; e != nil && (e.Class.Throttled() || e.Class == graph.RefusedRun) {
		other := *e
		other.Lost = true
		r.Err = &other
		return
	}
	r.Err = &graph.Error{Class: graph.Transient, Lost: true, HTTP: r.Status, Message: why}
}
