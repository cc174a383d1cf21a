package sandbox

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
)

// cursor parses a cursor: the id of an image in Base64, as in the recordings of 2017.
// Faults add "~" and a round to it; without an image such a cursor leads to the start.
func (c *call) cursor(name string) (hash string, lap int, f *failure) {
	text := c.params.Get(name)
	if text == "" {
		return "", 0, nil
	}
	id, err := base64.RawURLEncoding.DecodeString(text)
	account, hash, ok := strings.Cut(string(id), ":")
	hash, count, lapped := strings.Cut(hash, "~")
	if lapped && err == nil {
		lap, err = strconv.Atoi(count)
	}
	if err != nil || !ok || account != c.account || hash == "" && !lapped {
		return "", 0, invalid("The %s cursor is not valid for this endpoint", name)
	}
	return hash, lap, nil
}

func cursorTo(account, hash string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(account + ":" + hash))
}

func roundCursor(account, hash string, lap int) string {
	return cursorTo(account, hash+"~"+strconv.Itoa(lap))
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

// paging makes the links of a page. The last page has cursors, too, but no next.
// https://developers.facebook.com/docs/graph-api/results
func (c *call) paging(q query, p page, fault faultKind) paging {
	first, last := q.after, q.after
	if n := len(p.rows); n > 0 {
		first, last = p.rows[0].hash, p.rows[n-1].hash
	}
	links := paging{Cursors: cursors{cursorTo(c.account, first), cursorTo(c.account, last)}}
	more := p.more
	switch {
	case fault == faultRepeatedPage && q.after != "" && q.round == 0:
		links.Cursors.After, more = roundCursor(c.account, q.after, 1), true
	case fault == faultSameCursor && q.after != "":
		links.Cursors.After, more = c.params.Get("after"), true
	case fault == faultCursorCircle && p.late:
		links.Cursors.After, more = roundCursor(c.account, "", 0), true
	case (fault == faultEndlessPaging || fault == faultEndlessEmpty) && !p.more:
		links.Cursors.After, more = roundCursor(c.account, last, q.round+1), true
	}
	if more {
		links.Next = c.link("after", links.Cursors.After)
	}
	if p.less {
		links.Previous = c.link("before", links.Cursors.Before)
	}
	return links
}

// link is the URL of the call with another cursor. As with Graph, it has the access token
// if the call's URL had it.
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
