package graph

import (
	"bytes"
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// interpret turns the answer to one call into its reply. It reads with j.
func interpret(j *jsonReader, call Call, status int, header http.Header, body []byte) Reply {
	r := interpretBody(j, call, status, body)
	r.Usage, r.Notice = parseUsage(j, header, call.Account), header.Get(noticeHeader)
	return r
}

// interpretBody does so for all that is not in the headers.
func interpretBody(j *jsonReader, call Call, status int, body []byte) Reply {
	r := Reply{Status: status}
	a := answer{call: call, status: status, body: body}
	a.read(j)
	if r.Err = a.fault(); r.Err == nil {
		r.Err = a.fill(&r)
	}
	return r
}

// parseError returns the error in an answer, nil if there is none.
func parseError(status int, body []byte) *Error {
	a := answer{status: status, body: body}
	a.read(newJSONReader(body))
	return a.fault()
}

// answer is what the answer to a call has that matters.
type answer struct {
	call   Call
	status int
	body   []byte

	object  bool   // it is a JSON object
	failure *Error // error
	success string // success, as JSON; "" if it is missing
	id      bool   // there is an id
	odd     bool   // what was asked for has another form than documented

	// Of a read.
	list        []listedImage
	listed      bool // data is a list or an object of images
	emptyList   bool // data is []
	after, next string
	hasTotal    bool
	total       number

	stored []listedImage // of a write: images
	token  *Token        // of InspectToken: data; nil: it is not what is documented
}

// listedImage is an entry of a list of images, or of an object of images by key.
type listedImage struct {
	key   string
	null  bool
	image Image
}

// read reads the answer once.
func (a *answer) read(j *jsonReader) {
	j.reset(a.body)
	read := a.call.Action == ActionRead
	write := a.call.Action == ActionCopy || a.call.Action == ActionUpload
	a.object = j.kind() == '{' || j.kind() == 'n'
	for name := range j.members() {
		switch {
		case string(name) == "error":
			a.failure = j.failure(a.status)
		case string(name) == "success":
			a.success = string(j.raw())
		case string(name) == "id":
			a.id = true
		case string(name) == "data" && read:
			a.readData(j)
		case string(name) == "data" && a.call.Action == ActionInspectToken:
			a.readToken(j)
		case string(name) == "paging" && read:
			a.readPaging(j)
		case string(name) == "summary" && read:
			a.readSummary(j)
		case string(name) == "images" && write:
			a.readStored(j)
		}
	}
	a.object = j.end() && a.object
}

// fault is the error in the answer, nil if there is none. Answers with HTTP 200 may have one,
// too.
func (a *answer) fault() *Error {
	switch {
	case !a.object:
		return unreadable(a.status, a.body, "the answer is not a JSON object")
	case a.failure != nil:
		return a.failure
	case a.status < 200 || a.status > 299:
		return lostAnswer(a.status, nil, "the API answered HTTP %d without an error", a.status)
	case a.success != "" && a.success != "null" && a.success != "true":
		// Meta's Python SDK treats this as a failure, whatever else the answer has.
		return unreadable(a.status, a.body, "the API reported neither success nor an error")
	}
	return nil
}

// fill puts what the call asked for into its reply.
func (a *answer) fill(r *Reply) *Error {
	switch a.call.Action {
	case ActionRead:
		return a.fillPage(r)
	case ActionCopy, ActionUpload:
		return a.fillStored(r)
	case ActionDelete:
		if a.success != "true" {
			return unreadable(a.status, a.body, "the answer to the delete does not report success")
		}
	case ActionWhoAmI:
		if !a.id {
			return unreadable(a.status, a.body, "the answer to GET /me has no id")
		}
	case ActionInspectToken:
		if r.Token = a.token; r.Token == nil {
			return unreadable(a.status, a.body, "the answer to GET /debug_token does not say whether the token is valid")
		}
	}
	return nil
}

// readData reads a list or, as one user reports, an object of images keyed by hash.
func (a *answer) readData(j *jsonReader) {
	a.list, a.listed, a.emptyList = nil, true, false
	switch j.kind() {
	case '{':
		for key := range j.keyed() {
			a.list = append(a.list, a.readImage(j, key))
		}
		a.list = lastOfEachKey(a.list)
	case '[':
		for range j.elements() {
			if a.list == nil {
				a.list = make([]listedImage, 0, len(a.call.Query.Hashes))
			}
			a.list = append(a.list, a.readImage(j, ""))
		}
		a.emptyList = len(a.list) == 0
	default:
		a.listed = false
	}
}

// readStored reads an object of images keyed by the source hash for a copy, by "bytes" or the
// file name for an upload.
func (a *answer) readStored(j *jsonReader) {
	switch j.kind() {
	case '{':
		for key := range j.keyed() {
			a.stored = append(a.stored, a.readImage(j, key))
		}
	case 'n':
		a.stored = nil
	default:
		a.odd = true
	}
}

func (a *answer) readImage(j *jsonReader, key string) listedImage {
	i := listedImage{key: key, null: j.kind() == 'n'}
	if !a.call.Query.Raw {
		i.image = j.image()
		return i
	}
	text := bytes.Clone(j.raw())
	if !j.failed {
		i.image = newJSONReader(text).image()
		i.image.Raw = text
	}
	return i
}

// lastOfEachKey sorts images by their keys. Of those with the same key it keeps the last.
func lastOfEachKey(all []listedImage) []listedImage {
	slices.Reverse(all)
	slices.SortStableFunc(all, func(x, y listedImage) int { return cmp.Compare(x.key, y.key) })
	return slices.CompactFunc(all, func(x, y listedImage) bool { return x.key == y.key })
}

// readPaging reads the cursor of the page, and the URL of the next one.
func (a *answer) readPaging(j *jsonReader) {
	a.expectObject(j)
	for name := range j.members() {
		switch string(name) {
		case "cursors":
			a.expectObject(j)
			for name := range j.members() {
				if string(name) == "after" {
					a.after = j.lenientText()
				}
			}
		case "next":
			a.next = j.lenientText()
		}
	}
}

func (a *answer) readSummary(j *jsonReader) {
	a.expectObject(j)
	a.hasTotal = j.kind() == '{'
	for name := range j.members() {
		if string(name) == "total_count" {
			a.total = j.number()
		}
	}
}

// expectObject notes a value that is neither an object nor null.
func (a *answer) expectObject(j *jsonReader) {
	a.odd = a.odd || j.kind() != '{' && j.kind() != 'n'
}

// fillPage fills the reply to a read. Entries that name no image are only counted.
func (a *answer) fillPage(r *Reply) *Error {
	switch {
	case a.odd:
		return unreadable(a.status, a.body, "the list of images cannot be parsed")
	case !a.listed:
		return unreadable(a.status, a.body, "the answer has no list of images")
	}
	// The last page has a cursor, too, but no next.
	if a.next != "" {
		if r.After = cmp.Or(a.after, cursorOf(a.next)); r.After == "" {
			return lostAnswer(a.status, nil, "the list of images has a next page but no cursor")
		}
	}
	if a.hasTotal {
		r.HasTotal, r.Total = true, max(0, a.total.toInt())
	}
	r.Empty = a.emptyList && r.Total == 0 && a.next == ""
	r.Images = make([]Image, 0, len(a.list))
	for _, i := range a.list {
		if i.image.Hash == "" && IsHash(i.key) && !i.null {
			i.image.Hash = strings.ToLower(i.key)
		}
		if i.image.Hash == "" {
			r.Nameless++
			continue
		}
		r.Images = append(r.Images, i.image)
	}
	return nil
}

// fillStored fills the reply to a copy or an upload, in the order of the keys.
func (a *answer) fillStored(r *Reply) *Error {
	if a.odd {
		return unreadable(a.status, a.body, "the answer to the write cannot be parsed")
	}
	for _, i := range lastOfEachKey(a.stored) {
		r.Stored = append(r.Stored, Stored{Key: i.key, Hash: i.image.Hash})
	}
	if len(r.Stored) == 0 {
		return unreadable(a.status, a.body, "the answer to the write names no image")
	}
	return nil
}

// cursorOf returns the cursor in paging.next. The rest of that URL is not used.
func cursorOf(next string) string {
	u, err := url.Parse(next)
	if err != nil {
		return ""
	}
	return u.Query().Get("after")
}
