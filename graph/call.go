package graph

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Action is the kind of a call.
type Action string

// The actions: those of the adimages edge, and GET /me and GET /debug_token.
const (
	ActionUnknown      Action = ""
	ActionRead         Action = "read"
	ActionCopy         Action = "copy"
	ActionDelete       Action = "delete"
	ActionUpload       Action = "upload"
	ActionWhoAmI       Action = "who_am_i"
	ActionInspectToken Action = "inspect_token"
)

func (a Action) String() string { return cmp.Or(string(a), "unknown") }

// Write reports whether the action changes an ad account.
func (a Action) Write() bool { return a == ActionCopy || a == ActionDelete || a == ActionUpload }

// Call is one call on the adimages edge of one ad account, which the API charges for it.
// Build it with Read, Copy, Delete or Upload. WhoAmI and InspectToken are without an account.
type Call struct {
	Action  Action
	Account string // ad account id, bare digits
	Hash    string // copy, delete: the image
	Source  string // copy: the ad account the image is copied from, bare digits
	Query   Query  // read
	File    File   // upload

	// Credential names whose token WhoAmI and InspectToken are about, for a program with
	// several. A Client has one, and ignores it.
	Credential string

	// ConnectBy is the latest time at which the call may get a connection. After it the
	// call is not sent, and the error's class is Unreachable. Zero is no limit.
	ConnectBy time.Time
}

// MaxHashes is how many images one read may ask about. The limit is undocumented; published
// code asks for up to 50, which is 2 KB of URL.
const MaxHashes = 50

// Query says what a read asks for. Zero fields are not sent.
type Query struct {
	Fields     []string
	Hashes     []string // only these images
	Name       string
	MinWidth   int
	MinHeight  int
	BusinessID string
	BizTagID   string
	Limit      int    // page size; the API's own default is 25
	After      string // cursor of the page before
	Total      bool   // ask for summary.total_count
	Raw        bool   // keep each image's own JSON, for fields that Image does not name
}

// Filtered reports whether the query leaves out images by a property, so that their
// absence from the answer proves nothing.
func (q Query) Filtered() bool {
	return q.Name != "" || q.MinWidth > 0 || q.MinHeight > 0 || q.BusinessID != "" || q.BizTagID != ""
}

// Read lists images of an ad account.
func Read(account string, q Query) Call {
	return Call{Action: ActionRead, Account: account, Query: q}
}

// ReadHashes asks about the named images in one call. An image that the account
// does not have is absent from the answer. The limit is raised to the number of
// hashes, because the default page has 25 images.
func ReadHashes(account string, hashes []string, fields ...string) Call {
	return Read(account, Query{Hashes: hashes, Fields: fields, Limit: len(hashes)})
}

// Copy copies an image from another ad account (POST with copy_from).
func Copy(target, source, hash string) Call {
	return Call{Action: ActionCopy, Account: target, Source: source, Hash: hash}
}

// Delete dissociates an image from an ad account.
func Delete(account, hash string) Call {
	return Call{Action: ActionDelete, Account: account, Hash: hash}
}

// Upload sends the bytes of an image file, in a request of its own.
func Upload(account string, f File) Call {
	return Call{Action: ActionUpload, Account: account, File: f}
}

// WhoAmI asks who the token belongs to (GET /me). It involves no ad account, so a refusal
// is about the token or the app.
func WhoAmI() Call { return Call{Action: ActionWhoAmI} }

// InspectToken asks what the API knows of the token (GET /debug_token). The token is a
// parameter of it, so the client sends it in the body of a batch.
// https://developers.facebook.com/docs/graph-api/reference/debug_token
func InspectToken() Call { return Call{Action: ActionInspectToken} }

// wire returns the call's method, its URL relative to the endpoint, and its form. The
// form of an upload lacks the bytes, which are encoded while they are sent.
func (c Call) wire(version string) (method, relative string, f form) {
	relative = version + "/act_" + url.PathEscape(c.Account) + "/adimages"
	switch c.Action {
	case ActionWhoAmI:
		return http.MethodGet, version + "/me?fields=id", nil
	case ActionInspectToken:
		return http.MethodGet, version + "/debug_token", nil // its parameter is a secret
	case ActionCopy:
		from := appendMember(nil, '{', "source_account_id", c.Source)
		from = append(appendMember(from, ',', "hash", c.Hash), '}')
		return http.MethodPost, relative, form{{"copy_from", string(from)}}
	case ActionUpload:
		f = form{}
		if c.File.Name != "" {
			f = append(f, param{"name", c.File.Name})
		}
		return http.MethodPost, relative, f
	case ActionDelete:
		return http.MethodDelete, relative + "?" + form{{"hash", c.Hash}}.encode(), nil
	default:
		if v := c.Query.values(); len(v) > 0 {
			relative += "?" + v.Encode()
		}
		return http.MethodGet, relative, nil
	}
}

func (q Query) values() url.Values {
	v := url.Values{}
	if len(q.Fields) > 0 {
		v.Set("fields", strings.Join(q.Fields, ","))
	}
	if len(q.Hashes) > 0 {
		list, _ := json.Marshal(q.Hashes) // strings: cannot fail
		v.Set("hashes", string(list))
	}
	for _, p := range []struct {
		name  string
		value int
	}{{"minwidth", q.MinWidth}, {"minheight", q.MinHeight}, {"limit", q.Limit}} {
		if p.value > 0 {
			v.Set(p.name, strconv.Itoa(p.value))
		}
	}
	for _, p := range [][2]string{{"name", q.Name}, {"business_id", q.BusinessID}, {"biz_tag_id", q.BizTagID}, {"after", q.After}} {
		if p[1] != "" {
			v.Set(p[0], p[1])
		}
	}
	if q.Total {
		v.Set("summary", "total_count")
	}
	return v
}
