package sandbox

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// defaultVersion serves calls whose path has no version.
const defaultVersion = "v25.0"

var versionPattern = regexp.MustCompile(`^v\d+\.\d+$`)

// A call is one operation on the API: a whole request, or one entry of a batch.
type call struct {
	method  string
	version string // "" if the path has none
	node    string
	edge    string
	params  url.Values
	files   []file
	accept  string
	base    string
	batched bool

	token      string
	tokenInURL bool

	kind    Kind
	account string // bare digits, "" if the call is about none
	subject string // tells calls of one kind and account apart, for drawing faults
	copy    copySource
	uploads []upload
	problem *failure // found while parsing; reported after the quota is charged
}

func newCall(method, path string, query, form url.Values, files []file) *call {
	c := &call{method: strings.ToUpper(method), params: url.Values{}, files: files}
	c.version, c.node, c.edge = splitPath(path)
	maps.Copy(c.params, query)
	for key, values := range form {
		c.params[key] = append(slices.Clone(c.params[key]), values...)
	}
	if token := query.Get("access_token"); token != "" {
		c.token, c.tokenInURL = token, true
	} else {
		c.token = form.Get("access_token")
	}
	c.describe()
	return c
}

func splitPath(path string) (version, node, edge string) {
	path = strings.Trim(path, "/")
	if first, rest, _ := strings.Cut(path, "/"); versionPattern.MatchString(first) {
		version, path = first, rest
	}
	node, edge, _ = strings.Cut(path, "/")
	return version, node, edge
}

// describe sets what the call is about. It needs no lock, so the costly part of an
// upload is done here.
func (c *call) describe() {
	if digits, ok := strings.CutPrefix(c.node, "act_"); ok && isDigits(digits) {
		c.account = digits
	}
	switch {
	case c.account == "" || c.edge == "" || c.edge != "adimages":
		c.kind = Node
		c.subject = c.node + "/" + c.edge
	case c.method == "GET":
		c.kind = Read
		c.subject = c.params.Get("hashes") + "|" + c.params.Get("after") + "|" + c.params.Get("fields")
	case c.method == "DELETE":
		c.kind = Delete
		c.subject = c.params.Get("hash")
	case c.method == "POST" && c.params.Has("copy_from"):
		c.kind = Copy
		c.copy, c.problem = parseCopyFrom(c.params.Get("copy_from"))
		c.subject = c.copy.hash
	case c.method == "POST":
		c.kind = Upload
		c.uploads, c.problem = c.readUploads()
		if len(c.uploads) > 0 {
			c.subject = c.uploads[0].hash
		}
	default:
		c.kind = Node
	}
}

// served is the version that serves the call.
func (c *call) served() string { return cmp.Or(c.version, defaultVersion) }

// names reports whether the call is about an image, or about several with it.
func (c *call) names(hash string) bool {
	if c.kind == Read {
		hashes, _ := c.list("hashes")
		return slices.Contains(hashes, hash)
	}
	return c.subject == hash
}

// list parses a parameter that is a JSON array or in PHP style, as in
// hashes[]=a&hashes[]=b. It drops empty elements.
func (c *call) list(name string) ([]string, *failure) {
	var items []string
	if text := c.params.Get(name); text != "" {
		if err := json.Unmarshal([]byte(text), &items); err != nil {
			return nil, invalid("Param %s must be an array", name)
		}
	}
	for key, values := range c.params {
		if strings.HasPrefix(key, name+"[") && strings.HasSuffix(key, "]") {
			items = append(items, values...)
		}
	}
	return slices.DeleteFunc(items, func(s string) bool { return s == "" }), nil
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
