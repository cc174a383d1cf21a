package sandbox

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
)

// defaultLimit is the page size without limit.
const defaultLimit = 25

// query is a read of the adimages edge, understood.
type query struct {
	columns  []column
	limit    int
	after    string // hashes
	before   string
	byHash   bool
	hashes   []string
	name     string
	width    int
	height   int
	counting bool
}

func (c *call) query() (q query, f *failure) {
	if q.columns, f = columnsOf(imageColumns, "AdImage", c.params.Get("fields"), []string{"hash", "id"}); f != nil {
		return q, f
	}
	if q.hashes, f = c.list("hashes"); f != nil {
		return q, f
	}
	q.byHash = len(q.hashes) > 0
	if q.limit, f = c.number("limit", defaultLimit); f != nil {
		return q, f
	}
	if q.width, f = c.number("minwidth", 0); f != nil {
		return q, f
	}
	if q.height, f = c.number("minheight", 0); f != nil {
		return q, f
	}
	for _, name := range []string{"business_id", "biz_tag_id"} {
		if _, f = c.number(name, 0); f != nil {
			return q, f
		}
	}
	if _, f = c.list("selected_hashes"); f != nil {
		return q, f
	}
	if q.after, f = c.cursor("after"); f != nil {
		return q, f
	}
	if q.before, f = c.cursor("before"); f != nil {
		return q, f
	}
	q.name = c.params.Get("name")
	q.counting = strings.Contains(c.params.Get("summary"), "total_count") || c.params.Get("summary") == "true"
	return q, nil
}

func (q query) match(r *record) bool {
	return int(r.width) >= q.width && int(r.height) >= q.height &&
		(q.name == "" || strings.Contains(r.name, q.name))
}

// number reads a parameter that is a whole number of at least 0.
func (c *call) number(name string, missing int) (int, *failure) {
	text := c.params.Get(name)
	if text == "" {
		return missing, nil
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		f := invalid("Param %s must be a non-negative integer", name)
		return 0, &f
	}
	return int(n), nil
}

// asksAbove says whether a read asks for more than n images at once.
func (c *call) asksAbove(n int) bool {
	limit, _ := c.number("limit", defaultLimit)
	hashes, _ := c.list("hashes")
	return limit > n || len(hashes) > n
}

// A cursor is the id of an image in base64, as it was in the recordings of 2017.
func (c *call) cursor(name string) (string, *failure) {
	text := c.params.Get(name)
	if text == "" {
		return "", nil
	}
	id, err := base64.RawURLEncoding.DecodeString(text)
	account, hash, ok := strings.Cut(string(id), ":")
	if err != nil || !ok || account != c.account || hash == "" {
		f := invalid("The %s cursor is not valid for this endpoint", name)
		return "", &f
	}
	return hash, nil
}

func cursorTo(account, hash string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(account + ":" + hash))
}

func (s *Server) list(c *call) answer {
	q, f := c.query()
	if most := s.opts.Variants.PageMost; most > 0 {
		q.limit = min(q.limit, most)
	}
	if f == nil && s.opts.Variants.ReduceAbove > 0 && c.asksAbove(s.opts.Variants.ReduceAbove) {
		tooMuch := reduceFailure()
		f = &tooMuch
	}
	if f != nil {
		return s.refuse(*f)
	}
	p, total, f := s.look(c, q)
	if f != nil {
		return s.refuse(*f)
	}
	body := []byte(`{"data":[`)
	for i := range p.rows {
		if i > 0 {
			body = append(body, ',')
		}
		body = appendRow(body, q.columns, view{c.account, c.base, &p.rows[i]})
	}
	body = append(body, ']')
	if len(p.rows) > 0 {
		body = append(append(body, `,"paging":`...), encodeRaw(c.paging(p))...)
	}
	if q.counting {
		body = append(body, `,"summary":{"total_count":`...)
		body = append(strconv.AppendInt(body, int64(total), 10), '}')
	}
	return answer{status: 200, body: escapeSlashes(append(body, '}'))}
}

// look reads the state and nothing else, so that rendering needs no lock.
func (s *Server) look(c *call, q query) (p page, total int, f *failure) {
	s.lock()
	defer s.mu.Unlock()
	a, f := s.reach(c)
	if f != nil {
		return p, 0, f
	}
	for _, hash := range []string{q.after, q.before} {
		if hash != "" && s.opts.Variants.StaleCursorFails && a.shelf.find(hash) == nil {
			stale := invalid("The cursor points to an object that no longer exists")
			return p, 0, &stale
		}
	}
	var records []*record
	if q.byHash {
		records = a.shelf.pick(q.hashes)
	} else {
		records = a.shelf.sorted()
	}
	if q.counting {
		for _, r := range records {
			if !r.gone && q.match(r) {
				total++
			}
		}
	}
	return cut(records, span{q.after, q.before, q.limit, q.match}), total, nil
}

type paging struct {
	Cursors  cursors `json:"cursors"`
	Next     string  `json:"next,omitempty"`
	Previous string  `json:"previous,omitempty"`
}

type cursors struct {
	Before string `json:"before"`
	After  string `json:"after"`
}

// paging has cursors on the last page too; only next tells that more follow.
// https://developers.facebook.com/docs/graph-api/results
func (c *call) paging(p page) paging {
	first, last := p.rows[0].hash, p.rows[len(p.rows)-1].hash
	links := paging{Cursors: cursors{cursorTo(c.account, first), cursorTo(c.account, last)}}
	if p.more {
		links.Next = c.link("after", links.Cursors.After)
	}
	if p.less {
		links.Previous = c.link("before", links.Cursors.Before)
	}
	return links
}

// link repeats the call with another cursor. Like Graph's own it holds the access
// token if that came in the URL.
func (c *call) link(name, cursor string) string {
	query := url.Values{}
	for key, values := range c.params {
		query[key] = values
	}
	query.Del("after")
	query.Del("before")
	if !c.tokenInURL {
		query.Del("access_token")
		query.Del("appsecret_proof")
	}
	if !query.Has("limit") {
		query.Set("limit", strconv.Itoa(defaultLimit))
	}
	query.Set(name, cursor)
	path := "/" + c.node + "/" + c.edge
	if c.version != "" {
		path = "/" + c.version + path
	}
	return c.base + path + "?" + query.Encode()
}
