package sandbox

import (
	"cmp"
	"math"
	"net/http"
	"strings"
	"time"
)

// node answers calls that are not on the adimages edge, also those to unknown paths.
func (s *Server) node(c *call) answer {
	switch path := c.node + "/" + c.edge; {
	case c.method != http.MethodGet:
		return s.refuse(unsupported(c.method, c.node))
	case path == "me/":
		return reply(map[string]any{"id": "100000000000001", "name": "Sandbox User"})
	case path == "me/adaccounts":
		return s.listAccounts(c)
	case path == "debug_token/":
		return s.debugToken(c)
	case c.account != "" && c.edge == "":
		return s.readAccount(c)
	case c.account != "":
		return s.refuse(fail("2500").withMessage("Unknown path components: /" + c.edge))
	case c.node == "" && c.params.Has("ids"):
		// https://developers.facebook.com/docs/graph-api/changelog/version26.0
		f := invalid("")
		f.status, f.message = 500, "The ids query parameter is deprecated in v26.0+"
		return s.refuse(f)
	case c.node == "":
		return s.refuse(fail("2500").withMessage("Unsupported get request. Please read the Graph API documentation at https://developers.facebook.com/docs/graph-api"))
	case strings.Contains(c.node, ":"):
		// An image cannot be read by its id, facebook-php-business-sdk issue 267.
		return s.refuse(fail("803").withMessage(`(#803) Some of the aliases you requested do not exist: "` + c.node + `"`))
	}
	return s.refuse(unsupported(c.method, c.node))
}

// withMessage returns the failure with another message.
func (f *failure) withMessage(message string) *failure {
	f.message = message
	return f
}

// accountNames has the fields of an ad account that the sandbox knows.
var accountNames = map[string]string{
	"id": "id", "account_id": "account_id", "name": "name", "account_status": "account_status",
}

var accountDefaults = []string{"id", "account_id", "name", "account_status"}

func (a *account) node(names []string) map[string]any {
	status := 1
	if a.opts.Disabled != "" {
		status = 2
	}
	all := map[string]any{"id": "act_" + a.id, "account_id": a.id, "name": a.opts.Name, "account_status": status}
	node := map[string]any{}
	for _, name := range names {
		node[name] = all[name]
	}
	return node
}

func (s *Server) readAccount(c *call) answer {
	names, f := parseFields(accountNames, "AdAccount", c.params.Get("fields"), accountDefaults)
	if f != nil {
		return s.refuse(f)
	}
	s.lock()
	a, f := s.reachAccount(c)
	var node map[string]any
	if f == nil {
		node = a.node(names)
	}
	s.mu.Unlock()
	if f != nil {
		return s.refuse(f)
	}
	return reply(node)
}

// listAccounts answers a page of accounts, ordered by id.
func (s *Server) listAccounts(c *call) answer {
	names, f := parseFields(accountNames, "AdAccount", c.params.Get("fields"), accountDefaults)
	if f != nil {
		return s.refuse(f)
	}
	limit, f := c.number("limit", defaultLimit)
	if f != nil {
		return s.refuse(f)
	}
	s.lock()
	defer s.mu.Unlock()
	var page struct {
		Data   []map[string]any `json:"data"`
		Paging *paging          `json:"paging,omitempty"`
	}
	page.Data = []map[string]any{}
	first, last, more := "", "", false
	for _, a := range s.visible(s.token(c.token)) {
		if cursorTo("me", a.id) == c.params.Get("after") {
			page.Data, first, more = page.Data[:0], "", false
			continue
		}
		if len(page.Data) == limit {
			more = true
			continue
		}
		if first == "" {
			first = a.id
		}
		last = a.id
		page.Data = append(page.Data, a.node(names))
	}
	if len(page.Data) > 0 {
		page.Paging = &paging{Cursors: cursors{cursorTo("me", first), cursorTo("me", last)}}
		if more {
			page.Paging.Next = c.link("after", page.Paging.Cursors.After)
		}
	}
	return reply(page)
}

// debugToken answers GET /debug_token.
// https://developers.facebook.com/docs/graph-api/reference/debug_token
func (s *Server) debugToken(c *call) answer {
	token := c.params.Get("input_token")
	if token == "" {
		return s.refuse(invalid("The parameter input_token is required"))
	}
	s.lock()
	t := s.token(token)
	s.mu.Unlock()
	data := map[string]any{
		"app_id": t.App, "type": "SYSTEM_USER", "application": "Sandbox",
		"data_access_expires_at": 0, "expires_at": unixOrZero(t.Expires), "is_valid": true, "issued_at": s.start.Unix(),
		"scopes": t.scopes(), "user_id": "100000000000001",
	}
	if f := s.checkToken(token); f != nil {
		data["is_valid"] = false
		data["error"] = map[string]any{"code": f.code, "message": f.message, "subcode": f.sub}
		if f.code == 190 && f.sub == 463 {
			data["expires_at"] = min(time.Now().Unix(), cmp.Or(unixOrZero(t.Expires), math.MaxInt64))
		}
	}
	return reply(map[string]any{"data": data})
}

// unixOrZero is a time in Unix seconds, 0 for the zero time.
func unixOrZero(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}
