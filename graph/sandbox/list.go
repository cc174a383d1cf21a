package sandbox

import (
	"cmp"
	"strconv"
	"strings"
	"time"
)

// defaultLimit is the page size of a read without limit.
const defaultLimit = 25

// query has the parameters of a read of the adimages edge.
type query struct {
	fields     []imageField
	limit      int
	after      string // hashes
	before     string
	round      int // of an endless listing: how often it was shown before
	byHash     bool
	hashes     []string
	name       string
	width      int
	height     int
	wantsTotal bool
}

func (c *call) query() (query, *failure) {
	q := query{name: c.params.Get("name"), wantsTotal: c.wantsTotal()}
	var wrong [10]*failure // in the order in which they are looked for
	q.fields, wrong[0] = parseFields(imageFields, "AdImage", c.params.Get("fields"), []string{"hash", "id"})
	q.hashes, wrong[1] = c.list("hashes")
	q.limit, wrong[2] = c.number("limit", defaultLimit)
	q.width, wrong[3] = c.number("minwidth", 0)
	q.height, wrong[4] = c.number("minheight", 0)
	_, wrong[5] = c.number("business_id", 0)
	_, wrong[6] = c.number("biz_tag_id", 0)
	_, wrong[7] = c.list("selected_hashes")
	q.after, q.round, wrong[8] = c.cursor("after")
	q.before, _, wrong[9] = c.cursor("before")
	q.byHash = len(q.hashes) > 0
	return q, cmp.Or(wrong[:]...)
}

// wantsTotal reports whether a read asks for the number of images.
func (c *call) wantsTotal() bool {
	return strings.Contains(c.params.Get("summary"), "total_count") || c.params.Get("summary") == "true"
}

// byHash reports whether a read asks for images by their hashes.
func (c *call) byHash() bool {
	hashes, _ := c.list("hashes")
	return len(hashes) > 0
}

func (q query) match(r *storedImage) bool {
	return int(r.width) >= q.width && int(r.height) >= q.height &&
		(q.name == "" || strings.Contains(r.name, q.name))
}

// number parses a parameter that is an integer of at least 0. Without it, it returns
// missing.
func (c *call) number(name string, missing int) (int, *failure) {
	text := c.params.Get(name)
	if text == "" {
		return missing, nil
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0, invalid("Param %s must be a non-negative integer", name)
	}
	return int(n), nil
}

// asksAbove reports whether a read asks for more than n images at once.
func (c *call) asksAbove(n int) bool {
	limit, _ := c.number("limit", defaultLimit)
	hashes, _ := c.list("hashes")
	return limit > n || len(hashes) > n
}

func (s *Server) list(c *call, fault activeFault) answer {
	q, f := c.query()
	if most := s.opts.Variants.MaxPage; most > 0 {
		q.limit = min(q.limit, most)
	}
	fault.changeQuery(&q)
	switch v := s.opts.Variants; {
	case f != nil:
		return s.refuse(f)
	case v.ReduceAbove > 0 && c.asksAbove(v.ReduceAbove):
		return s.refuse(reduceFailure())
	case v.RefuseAbove > 0 && c.asksAbove(v.RefuseAbove):
		return s.refuse(invalid("Invalid parameter"))
	}
	p, total, f := s.selectImages(c, q, fault)
	if f != nil {
		return s.refuse(f)
	}
	if most := s.opts.Variants.MaxHashes; most > 0 && q.byHash {
		p.truncate(most)
	}
	if s.opts.Variants.HidesUse {
		q.hideUse()
	}
	fault.changePage(&p, &total)
	body := []byte(`{"data":[`)
	for i := range p.rows {
		if i > 0 {
			body = append(body, ',')
		}
		body = appendRow(body, q.fields, view{p.account, c.base, &p.rows[i]})
	}
	body = append(body, ']')
	if len(p.rows) > 0 || fault.kind == faultEndlessEmpty {
		body = append(append(body, `,"paging":`...), encodeRaw(c.paging(q, p, fault.kind))...)
	}
	if q.wantsTotal {
		body = append(body, `,"summary":{"total_count":`...)
		body = append(strconv.AppendInt(body, int64(total), 10), '}')
	}
	return answer{status: 200, body: escapeSlashes(append(body, '}'))}
}

// selectImages returns copies of the images to show, so that rendering needs no lock.
func (s *Server) selectImages(c *call, q query, fault activeFault) (p page, total int, f *failure) {
	s.lock()
	defer s.mu.Unlock()
	a, f := s.reachAccount(c)
	if f != nil {
		return p, 0, f
	}
	account := a.id
	if fault.kind == faultForeignRows {
		a, account = s.foreignAccount(a, q)
	}
	for _, hash := range []string{q.after, q.before} {
		if hash != "" && s.opts.Variants.StaleCursorFails && a.images.find(hash) == nil {
			return p, 0, invalid("The cursor points to an object that no longer exists")
		}
	}
	var records []*storedImage
	switch {
	case fault.kind == faultStale:
		records = a.images.at(time.Now().Add(-cmp.Or(fault.Age, defaultAge)), q)
	case q.byHash:
		records = a.images.withHashes(q.hashes)
	default:
		records = a.images.sorted()
	}
	if q.wantsTotal {
		for _, r := range records {
			if !r.gone && q.match(r) {
				total++
			}
		}
	}
	p = pageOf(records, fault.span(q))
	p.account = account
	return p, total, nil
}
