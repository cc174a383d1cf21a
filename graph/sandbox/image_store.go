package sandbox

import (
	"cmp"
	"slices"
	"strings"
)

// An imageStore has the images of one account by hash and, on demand, in order. New images
// are sorted in when somebody lists, so that paging through a million images sorts once.
type imageStore struct {
	byHash   map[string]*storedImage
	order    []*storedImage // sorted by hash; may contain images that are gone
	unsorted []*storedImage // not in order yet
	gone     int            // images in order that are gone

	keepsHistory bool // keep recent states in history
	history      []earlier
}

func (s *imageStore) find(hash string) *storedImage { return s.byHash[hash] }

func (s *imageStore) put(r *storedImage) {
	if s.byHash == nil {
		s.byHash = map[string]*storedImage{}
	}
	s.remove(r.hash)
	s.byHash[r.hash] = r
	s.unsorted = append(s.unsorted, r)
}

func (s *imageStore) remove(hash string) {
	if r := s.byHash[hash]; r != nil {
		r.gone = true
		s.gone++
		delete(s.byHash, hash)
	}
}

// sorted returns all images in order. Those that are gone stay in it until they are a
// quarter of it, so that deleting while listing does not rebuild it every time.
func (s *imageStore) sorted() []*storedImage {
	if len(s.unsorted) == 0 && s.gone*4 <= len(s.order) {
		return s.order
	}
	alive := func(r *storedImage) bool { return !r.gone }
	fresh := slices.DeleteFunc(s.unsorted, func(r *storedImage) bool { return r.gone })
	slices.SortFunc(fresh, byHash)
	merged := make([]*storedImage, 0, len(s.byHash))
	old := s.order
	for _, r := range fresh {
		for len(old) > 0 && old[0].hash < r.hash {
			if alive(old[0]) {
				merged = append(merged, old[0])
			}
			old = old[1:]
		}
		merged = append(merged, r)
	}
	for _, r := range old {
		if alive(r) {
			merged = append(merged, r)
		}
	}
	s.order, s.unsorted, s.gone = merged, nil, 0
	return s.order
}

func byHash(a, b *storedImage) int { return strings.Compare(a.hash, b.hash) }

// withHashes returns the images with these hashes, each once, in order.
func (s *imageStore) withHashes(hashes []string) []*storedImage {
	picked := make([]*storedImage, 0, len(hashes))
	for _, hash := range hashes {
		if r := s.byHash[hash]; r != nil {
			picked = append(picked, r)
		}
	}
	slices.SortFunc(picked, byHash)
	return slices.Compact(picked)
}

// span is the part of a listing to show.
type span struct {
	after, before string // hashes; "" is the end of the list
	limit         int
	match         func(*storedImage) bool
}

// page is the images in a span.
type page struct {
	account    string // whose images the rows appear to be
	rows       []storedImage
	more, less bool // whether more images match after it, or before it
	late       bool // it ends in the second half of the list
}

// pageOf returns the page of a span of images that are sorted by hash.
func pageOf(records []*storedImage, sp span) page {
	shown := func(r *storedImage) bool { return !r.gone && sp.match(r) }
	at := func(hash string) (int, bool) {
		return slices.BinarySearchFunc(records, hash, func(r *storedImage, h string) int { return cmp.Compare(r.hash, h) })
	}
	if sp.before != "" {
		return pageBefore(records, sp, at, shown)
	}
	start := 0
	if sp.after != "" {
		var found bool
		start, found = at(sp.after)
		for found && start < len(records) && records[start].hash == sp.after {
			start++ // a hash that was removed and added again appears twice
		}
	}
	var p page
	end := start
	for _, r := range records[start:] {
		if shown(r) && len(p.rows) == sp.limit {
			p.more = true
			break
		}
		end++
		if shown(r) {
			p.rows = append(p.rows, *r)
		}
	}
	p.late = end > len(records)/2
	p.less = slices.ContainsFunc(records[:start], shown)
	return p
}

func pageBefore(records []*storedImage, sp span, at func(string) (int, bool), shown func(*storedImage) bool) page {
	end, _ := at(sp.before)
	p := page{more: slices.ContainsFunc(records[end:], shown)}
	for i := end - 1; i >= 0; i-- {
		if !shown(records[i]) {
			continue
		}
		if len(p.rows) == sp.limit {
			p.less = true
			break
		}
		p.rows = append(p.rows, *records[i])
	}
	slices.Reverse(p.rows)
	return p
}
