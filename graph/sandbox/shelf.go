package sandbox

import (
	"cmp"
	"slices"
	"strings"
)

// A shelf holds the images of one account by hash and, lazily, in order: what is
// new waits in fresh until somebody lists, so paging through a million images
// sorts once.
type shelf struct {
	byHash map[string]*record
	order  []*record // sorted by hash, may hold records that are gone
	fresh  []*record // not in order yet
	gone   int       // records in order that are gone

	remembers bool // what it held before is kept for a while
	past      []past
}

func (s *shelf) find(hash string) *record { return s.byHash[hash] }

func (s *shelf) put(r *record) {
	if s.byHash == nil {
		s.byHash = map[string]*record{}
	}
	s.remove(r.hash)
	s.byHash[r.hash] = r
	s.fresh = append(s.fresh, r)
}

func (s *shelf) remove(hash string) {
	if r := s.byHash[hash]; r != nil {
		r.gone = true
		s.gone++
		delete(s.byHash, hash)
	}
}

// sorted brings the order up to date. Records that are gone stay in it until they
// are a quarter, so that deleting while listing does not rebuild it every time.
func (s *shelf) sorted() []*record {
	if len(s.fresh) == 0 && s.gone*4 <= len(s.order) {
		return s.order
	}
	alive := func(r *record) bool { return !r.gone }
	fresh := slices.DeleteFunc(s.fresh, func(r *record) bool { return r.gone })
	slices.SortFunc(fresh, byHash)
	merged := make([]*record, 0, len(s.byHash))
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
	s.order, s.fresh, s.gone = merged, nil, 0
	return s.order
}

func byHash(a, b *record) int { return strings.Compare(a.hash, b.hash) }

// pick returns the records with these hashes, each once, in order.
func (s *shelf) pick(hashes []string) []*record {
	picked := make([]*record, 0, len(hashes))
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
	match         func(*record) bool
}

// page is what a span shows.
type page struct {
	account    string // that the rows are said to be of
	rows       []record
	more, less bool // whether matching records follow, or come before
	late       bool // it ends in the second half of the records
}

// cut shows a span of records that are sorted by hash.
func cut(records []*record, sp span) page {
	shown := func(r *record) bool { return !r.gone && sp.match(r) }
	at := func(hash string) (int, bool) {
		return slices.BinarySearchFunc(records, hash, func(r *record, h string) int { return cmp.Compare(r.hash, h) })
	}
	if sp.before != "" {
		return cutBefore(records, sp, at, shown)
	}
	start := 0
	if sp.after != "" {
		var found bool
		start, found = at(sp.after)
		for found && start < len(records) && records[start].hash == sp.after {
			start++ // a hash put back after it left appears twice
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

func cutBefore(records []*record, sp span, at func(string) (int, bool), shown func(*record) bool) page {
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
