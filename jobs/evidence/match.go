package evidence

import (
	"slices"
	"strings"

	"adferry/graph"
)

// Match holds the replies to the calls of one request against each other, and makes
// errors of those that prove nothing. A reply to a copy or upload that stays without
// an error has, as the one entry of Stored, the image that it stored. Of the calls
// in one request no two may ask the same of the same image.
func Match(calls []graph.Call, replies []graph.Reply) {
	if mixed(calls, replies) {
		for i := range replies {
			lose(&replies[i], "the batch answer gives one call the answer to another")
		}
		return
	}
	for i, c := range calls {
		r := &replies[i]
		if r.Err != nil || c.Action != graph.ActionCopy && c.Action != graph.ActionUpload {
			continue
		}
		switch stored, ok := own(c, r.Stored); {
		case !ok:
			lose(r, "the answer to the write names another image")
		case stored.Hash == "":
			lose(r, "the answer to the write gives no image hash")
		default:
			r.Stored = []graph.Stored{stored}
		}
	}
}

// own is the image among those that an answer names that the call stored: the one
// under the source's hash or the file's name, or the only one, under a name that is no hash and so no
// other image's.
func own(c graph.Call, all []graph.Stored) (graph.Stored, bool) {
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

// mixed reports whether a reply is about the image of another call: a copy's that
// names another's, or the hash that another one got, or a read's that shows what
// another one asked for.
func mixed(calls []graph.Call, replies []graph.Reply) bool {
	if len(calls) < 2 {
		return false
	}
	copied, asked := map[string]int{}, map[string]bool{}
	stored := map[[2]string]string{} // what was stored in an account under a hash, by the hash it was copied from
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

// lose makes an answer one that says nothing of its call; what its headers say stands,
// and so does an error that is one of the ad account or the token, whichever call it
// was given to.
func lose(r *graph.Reply, why string) {
	r.Images, r.Stored, r.Empty, r.After = nil, nil, false, ""
	if e := r.Err; e != nil && (e.Class.Throttled() || e.Class == graph.RefusedRun) {
		other := *e
		other.Lost = true
		r.Err = &other
		return
	}
	r.Err = &graph.Error{Class: graph.Transient, Lost: true, HTTP: r.Status, Message: why}
}
