package graph

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Image is an ad image as the edge shows it. Every field may be missing from an
// answer, or come in another type than documented; such a field is left empty, and
// what it would have told is not known.
type Image struct {
	ID        string // <account id>:<hash>
	AccountID string // bare digits
	Hash      string // 32 lower-case hex digits
	Name      string
	Status    string // ACTIVE, INTERNAL or DELETED
	URL       string // temporary
	Created   string
	Updated   string
	Permalink string
	Width     number // pixels, as uploaded
	Height    number

	ServedWidth  number // pixels, of the file at URL
	ServedHeight number

	Creatives  []string // those that use it; documented to be incomplete
	Associated bool     // is_associated_creatives_in_adgroups
	UseTold    bool     // the answer told of its use, and all that it told was understood
	StatusOdd  bool     // the answer gave a status that is none of the documented ones

	Raw json.RawMessage // the image as the answer has it, when Query.Raw asked for it
}

// The field names that the program asks for.
const (
	FieldID         = "id"
	FieldAccountID  = "account_id"
	FieldHash       = "hash"
	FieldName       = "name"
	FieldStatus     = "status"
	FieldURL        = "url"
	FieldCreated    = "created_time"
	FieldUpdated    = "updated_time"
	FieldPermalink  = "permalink_url"
	FieldWidth      = "original_width"
	FieldHeight     = "original_height"
	FieldCreatives  = "creatives"
	FieldAssociated = "is_associated_creatives_in_adgroups"

	FieldServedWidth  = "width"
	FieldServedHeight = "height"
)

// ImageFields are the documented fields of an ad image, by their names (Marketing
// API reference, "Ad Image"; owner_business is in Meta's SDK specification only).
var ImageFields = []string{
	FieldID, FieldAccountID, FieldHash, FieldName, FieldStatus, FieldURL, "url_128", FieldPermalink,
	FieldServedWidth, FieldServedHeight, FieldWidth, FieldHeight, FieldCreated, FieldUpdated,
	FieldCreatives, FieldAssociated, "owner_business",
}

// timeLayout has an offset without a colon, as recorded on other nodes.
const timeLayout = "2006-01-02T15:04:05-0700"

// CreatedAt is when the image came into its ad account, by the API's clock and
// in whole seconds; ok is false when the answer does not tell.
func (i Image) CreatedAt() (at time.Time, ok bool) { return moment(i.Created) }

// UpdatedAt is when the image was last changed, likewise.
func (i Image) UpdatedAt() (at time.Time, ok bool) { return moment(i.Updated) }

func moment(text string) (at time.Time, ok bool) {
	for _, layout := range []string{timeLayout, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// Deleted reports whether the account has lost the image: whether a listing
// still shows such rows is undocumented, so their status is read.
func (i Image) Deleted() bool { return strings.EqualFold(i.Status, "DELETED") }

// Use is what an answer tells of an image's use by ad creatives.
type Use uint8

// The uses. What an answer does not tell is not known, and no image is taken to
// be unused because of it.
const (
	UseUnknown Use = iota
	Unused         // told, and no creative was named: the list is documented to be incomplete
	Used
)

// Use is what the answer tells of the image's use.
func (i Image) Use() Use {
	switch {
	case len(i.Creatives) > 0 || i.Associated:
		return Used
	case i.UseTold:
		return Unused
	}
	return UseUnknown
}

// Account is the bare id of the ad account that the image says it is of, "" when
// it does not tell.
func (i Image) Account() string {
	if account, _, ok := strings.Cut(i.ID, ":"); ok {
		return strings.TrimPrefix(account, "act_")
	}
	return strings.TrimPrefix(i.AccountID, "act_")
}

// UnmarshalJSON reads an image, and leaves out what it does not understand of it.
func (i *Image) UnmarshalJSON(data []byte) error {
	var wire struct {
		ID         text            `json:"id"`
		AccountID  text            `json:"account_id"`
		Hash       text            `json:"hash"`
		Name       text            `json:"name"`
		Status     json.RawMessage `json:"status"`
		URL        text            `json:"url"`
		Created    text            `json:"created_time"`
		Updated    text            `json:"updated_time"`
		Permalink  text            `json:"permalink_url"`
		Width      number          `json:"original_width"`
		Height     number          `json:"original_height"`
		ServedW    number          `json:"width"`
		ServedH    number          `json:"height"`
		Creatives  json.RawMessage `json:"creatives"`
		Associated json.RawMessage `json:"is_associated_creatives_in_adgroups"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	*i = Image{
		ID: string(wire.ID), AccountID: string(wire.AccountID), Hash: strings.ToLower(string(wire.Hash)),
		Name: string(wire.Name), URL: string(wire.URL), Created: string(wire.Created), Updated: string(wire.Updated),
		Permalink: string(wire.Permalink), Width: wire.Width, Height: wire.Height,
		ServedWidth: wire.ServedW, ServedHeight: wire.ServedH,
	}
	if i.Hash == "" {
		_, hash, _ := strings.Cut(i.ID, ":")
		i.Hash = strings.ToLower(hash)
	}
	if !IsHash(i.Hash) {
		i.Hash = ""
	}
	i.readStatus(wire.Status)
	i.readUse(wire.Creatives, wire.Associated)
	return nil
}

func (i *Image) readStatus(data json.RawMessage) {
	if data == nil {
		return
	}
	i.StatusOdd = json.Unmarshal(data, &i.Status) != nil
	switch strings.ToUpper(i.Status) {
	case "ACTIVE", "INTERNAL", "DELETED":
	default:
		i.StatusOdd = true
	}
}

// readUse reads the two fields that tell of use. One alone is enough, for the API
// leaves empty ones out; one in a shape that is not understood leaves the use
// unknown.
func (i *Image) readUse(creatives, associated json.RawMessage) {
	var list []text
	var used *bool
	odd := creatives != nil && json.Unmarshal(creatives, &list) != nil
	if associated != nil && json.Unmarshal(associated, &used) != nil {
		odd = true
	}
	for _, id := range list {
		i.Creatives = append(i.Creatives, string(id))
	}
	i.Associated = used != nil && *used
	i.UseTold = !odd && (list != nil || used != nil)
}

// IsHash reports whether the text has the form of an image hash: 32 hex digits
// (undocumented, and so in all answers ever recorded).
func IsHash(s string) bool {
	return len(s) == 32 && strings.Trim(strings.ToLower(s), "0123456789abcdef") == ""
}

// parsePage reads the answer to a read into r: a list under data, or, as one user
// reports, images keyed by hash. An entry that names no image is counted and
// otherwise passed over.
func parsePage(body []byte, q Query, r *Reply) *Error {
	var page struct {
		Data   json.RawMessage `json:"data"`
		Paging struct {
			Cursors struct {
				After text `json:"after"`
			} `json:"cursors"`
			Next text `json:"next"`
		} `json:"paging"`
		Summary *struct {
			Total number `json:"total_count"`
		} `json:"summary"`
	}
	if err := json.Unmarshal(body, &page); err != nil {
		return unread(r.Status, body, "the list of images is not readable")
	}
	switch data := bytes.TrimSpace(page.Data); {
	case len(data) > 0 && data[0] == '{':
		var keyed map[string]json.RawMessage
		if json.Unmarshal(data, &keyed) != nil {
			return unread(r.Status, body, "the list of images is not readable")
		}
		for _, hash := range slices.Sorted(maps.Keys(keyed)) {
			r.add(keyed[hash], hash, q.Raw)
		}
	case len(data) > 0 && data[0] == '[':
		var list []json.RawMessage
		if json.Unmarshal(data, &list) != nil {
			return unread(r.Status, body, "the list of images is not readable")
		}
		for _, item := range list {
			r.add(item, "", q.Raw)
		}
		r.Empty = len(list) == 0
	default:
		return unread(r.Status, body, "the answer holds no list of images")
	}
	if page.Summary != nil {
		r.Summed = true
		r.Total = max(0, page.Summary.Total.whole())
		r.Empty = r.Empty && r.Total == 0
	}
	// A cursor stands on the last page, too; the end is where next is missing.
	if page.Paging.Next == "" {
		return nil
	}
	r.Empty = false
	if r.After = string(page.Paging.Cursors.After); r.After == "" {
		r.After = cursorOf(string(page.Paging.Next))
	}
	if r.After == "" {
		r.Images = nil
		return lost(r.Status, nil, "the list of images goes on and names no cursor")
	}
	return nil
}

// add takes one entry of a list, or of a map under its hash.
func (r *Reply) add(data json.RawMessage, hash string, raw bool) {
	var i Image
	if err := json.Unmarshal(data, &i); err != nil {
		i = Image{}
	}
	if i.Hash == "" && IsHash(hash) && string(data) != "null" {
		i.Hash = strings.ToLower(hash)
	}
	if i.Hash == "" {
		r.Nameless++
		return
	}
	if raw {
		i.Raw = data
	}
	r.Images = append(r.Images, i)
}

// cursorOf takes the cursor out of paging.next, the only part that is used.
func cursorOf(next string) string {
	u, err := url.Parse(next)
	if err != nil {
		return ""
	}
	return u.Query().Get("after")
}

// parseStored reads the answer to a copy or an upload: a map of images keyed by
// the source hash for a copy, by "bytes" or the file name for an upload. Which of
// them is the call's own is for the caller to say: see Reply.Stored.
func parseStored(body []byte, r *Reply) *Error {
	var answer struct {
		Images map[string]json.RawMessage `json:"images"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return unread(r.Status, body, "the answer to the write is not readable")
	}
	for _, key := range slices.Sorted(maps.Keys(answer.Images)) {
		var i Image
		if err := json.Unmarshal(answer.Images[key], &i); err != nil {
			i = Image{}
		}
		r.Stored = append(r.Stored, Stored{Key: key, Hash: i.Hash})
	}
	if len(r.Stored) == 0 {
		return unread(r.Status, body, "the answer to the write names no image")
	}
	return nil
}

// parseDeleted reads the answer to a delete. {"success":true} alone counts.
func parseDeleted(body []byte, r *Reply) *Error {
	var answer struct {
		Success bool `json:"success"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || !answer.Success {
		return unread(r.Status, body, "the answer to the delete is no success")
	}
	return nil
}
