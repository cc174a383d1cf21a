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

// Image is an ad image as the API returns it. Any field may be missing from an answer or
// have another type than documented. Such a field is empty, which means unknown.
type Image struct {
	ID        string // <account id>:<hash>
	AccountID string // bare digits
	Hash      string // 32 lower-case hex digits
	Name      string
	Status    string // ACTIVE, INTERNAL or DELETED
	URL       string // of the picture; expires
	Created   string
	Updated   string
	Permalink string
	Thumbnail string // URL of a picture that fits 128x128 pixels; expires
	Width     number // pixels, as uploaded
	Height    number

	ServedWidth  number // pixels, of the file at URL
	ServedHeight number

	Creatives     []string // ids of creatives that use it; documented to be incomplete
	Associated    bool     // is_associated_creatives_in_adgroups
	UseKnown      bool     // the answer has its use, in a form that was understood
	StatusUnknown bool     // the status is not a documented one

	Raw json.RawMessage // the image's JSON in the answer, if Query.Raw is set
}

// Names of the fields above.
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
	FieldThumbnail  = "url_128"
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
	FieldID, FieldAccountID, FieldHash, FieldName, FieldStatus, FieldURL, FieldThumbnail, FieldPermalink,
	FieldServedWidth, FieldServedHeight, FieldWidth, FieldHeight, FieldCreated, FieldUpdated,
	FieldCreatives, FieldAssociated, "owner_business",
}

// timeLayout has a zone offset without a colon, as seen in answers about other objects.
const timeLayout = "2006-01-02T15:04:05-0700"

// CreatedAt is when the image was added to its ad account, by the API's clock and in whole
// seconds. ok is false if the answer does not say.
func (i Image) CreatedAt() (at time.Time, ok bool) { return parseTime(i.Created) }

// UpdatedAt is when the image was last changed, by the API's clock and in whole seconds.
func (i Image) UpdatedAt() (at time.Time, ok bool) { return parseTime(i.Updated) }

func parseTime(text string) (at time.Time, ok bool) {
	for _, layout := range []string{timeLayout, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// Deleted reports whether the image was deleted. It is undocumented whether reads return
// deleted images, so the status is checked.
func (i Image) Deleted() bool { return strings.EqualFold(i.Status, "DELETED") }

// Active reports whether the image is said to be active; a status may be missing.
func (i Image) Active() bool { return strings.EqualFold(i.Status, "ACTIVE") }

// Use says whether ad creatives use an image.
type Use uint8

// The uses. An image whose use the answer does not give is UseUnknown, never Unused.
const (
	UseUnknown Use = iota
	Unused         // the answer names no creative; its list is documented to be incomplete
	Used
)

// Use is the image's use by ad creatives, as far as the answer gives it.
func (i Image) Use() Use {
	switch {
	case len(i.Creatives) > 0 || i.Associated:
		return Used
	case i.UseKnown:
		return Unused
	}
	return UseUnknown
}

// Account is the bare id of the image's ad account, "" if the answer does not give it.
func (i Image) Account() string {
	if account, _, ok := strings.Cut(i.ID, ":"); ok {
		return strings.TrimPrefix(account, "act_")
	}
	return strings.TrimPrefix(i.AccountID, "act_")
}

// UnmarshalJSON reads an image. Fields that it does not understand stay empty.
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
		Thumbnail  text            `json:"url_128"`
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
		Permalink: string(wire.Permalink), Thumbnail: string(wire.Thumbnail), Width: wire.Width, Height: wire.Height,
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
	i.StatusUnknown = json.Unmarshal(data, &i.Status) != nil
	switch strings.ToUpper(i.Status) {
	case "ACTIVE", "INTERNAL", "DELETED":
	default:
		i.StatusUnknown = true
	}
}

// readUse reads the two fields about use. One is enough, because the API leaves out empty
// fields; if one has an unknown form, the use is unknown.
func (i *Image) readUse(creatives, associated json.RawMessage) {
	var list []text
	var used *bool
	malformed := creatives != nil && json.Unmarshal(creatives, &list) != nil
	if associated != nil && json.Unmarshal(associated, &used) != nil {
		malformed = true
	}
	for _, id := range list {
		i.Creatives = append(i.Creatives, string(id))
	}
	i.Associated = used != nil && *used
	i.UseKnown = !malformed && (list != nil || used != nil)
}

// IsHash reports whether the text has the form of an image hash: 32 hex digits
// (undocumented, and so in all answers ever recorded).
func IsHash(s string) bool {
	return len(s) == 32 && strings.Trim(strings.ToLower(s), "0123456789abcdef") == ""
}

// parsePage reads the answer to a read into r. data is a list or, as one user reports, an
// object of images keyed by hash. Entries that name no image are only counted.
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
		return unreadable(r.Status, body, "the list of images cannot be parsed")
	}
	switch data := bytes.TrimSpace(page.Data); {
	case len(data) > 0 && data[0] == '{':
		var keyed map[string]json.RawMessage
		if json.Unmarshal(data, &keyed) != nil {
			return unreadable(r.Status, body, "the list of images cannot be parsed")
		}
		for _, hash := range slices.Sorted(maps.Keys(keyed)) {
			r.add(keyed[hash], hash, q.Raw)
		}
	case len(data) > 0 && data[0] == '[':
		var list []json.RawMessage
		if json.Unmarshal(data, &list) != nil {
			return unreadable(r.Status, body, "the list of images cannot be parsed")
		}
		for _, item := range list {
			r.add(item, "", q.Raw)
		}
		r.Empty = len(list) == 0
	default:
		return unreadable(r.Status, body, "the answer has no list of images")
	}
	if page.Summary != nil {
		r.HasTotal = true
		r.Total = max(0, page.Summary.Total.toInt())
		r.Empty = r.Empty && r.Total == 0
	}
	// The last page has a cursor, too, but no next.
	if page.Paging.Next == "" {
		return nil
	}
	r.Empty = false
	if r.After = string(page.Paging.Cursors.After); r.After == "" {
		r.After = cursorOf(string(page.Paging.Next))
	}
	if r.After == "" {
		r.Images = nil
		return lostAnswer(r.Status, nil, "the list of images has a next page but no cursor")
	}
	return nil
}

// add adds an entry of a list, or of an object keyed by hash.
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

// cursorOf returns the cursor in paging.next. The rest of that URL is not used.
func cursorOf(next string) string {
	u, err := url.Parse(next)
	if err != nil {
		return ""
	}
	return u.Query().Get("after")
}

// parseStored reads the answer to a copy or an upload: an object of images keyed by the
// source hash for a copy, by "bytes" or the file name for an upload.
func parseStored(body []byte, r *Reply) *Error {
	var answer struct {
		Images map[string]json.RawMessage `json:"images"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return unreadable(r.Status, body, "the answer to the write cannot be parsed")
	}
	for _, key := range slices.Sorted(maps.Keys(answer.Images)) {
		var i Image
		if err := json.Unmarshal(answer.Images[key], &i); err != nil {
			i = Image{}
		}
		r.Stored = append(r.Stored, Stored{Key: key, Hash: i.Hash})
	}
	if len(r.Stored) == 0 {
		return unreadable(r.Status, body, "the answer to the write names no image")
	}
	return nil
}

// parseDeleted reads the answer to a delete. Only {"success":true} is a success.
func parseDeleted(body []byte, r *Reply) *Error {
	var answer struct {
		Success bool `json:"success"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || !answer.Success {
		return unreadable(r.Status, body, "the answer to the delete does not report success")
	}
	return nil
}
