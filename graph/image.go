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

// Image is an ad image as the edge shows it. Every field but the hash may be
// missing from an answer.
type Image struct {
	ID         string   `json:"id"`   // <account id>:<hash>
	Hash       string   `json:"hash"` // 32 lower-case hex digits
	Name       string   `json:"name"`
	Status     string   `json:"status"` // ACTIVE, INTERNAL or DELETED
	URL        string   `json:"url"`    // temporary
	Created    string   `json:"created_time"`
	Updated    string   `json:"updated_time"`
	Permalink  string   `json:"permalink_url"`
	Width      number   `json:"original_width"` // pixels, as uploaded
	Height     number   `json:"original_height"`
	Creatives  []string `json:"creatives"`
	Associated bool     `json:"is_associated_creatives_in_adgroups"`

	Raw json.RawMessage `json:"-"` // the image as the answer has it, when Query.Raw asked for it
}

// The field names that the program asks for.
const (
	FieldID         = "id"
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
)

// ImageFields are the documented fields of an ad image, by their names (Marketing
// API reference, "Ad Image"; owner_business is in Meta's SDK specification only).
var ImageFields = []string{
	FieldID, "account_id", FieldHash, FieldName, FieldStatus, FieldURL, "url_128", FieldPermalink,
	"width", "height", FieldWidth, FieldHeight, FieldCreated, FieldUpdated,
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

// InUse reports whether an ad creative is known to use the image. The list of
// creatives is documented to be incomplete, so false is no proof.
func (i Image) InUse() bool { return len(i.Creatives) > 0 || i.Associated }

// parsePage reads the answer to a read into r: a list under data, or, as one user
// reports, images keyed by hash.
func parsePage(body []byte, q Query, r *Reply) *Error {
	var page struct {
		Data   json.RawMessage `json:"data"`
		Paging struct {
			Cursors struct {
				After string `json:"after"`
			} `json:"cursors"`
			Next string `json:"next"`
		} `json:"paging"`
		Summary *struct {
			Total number `json:"total_count"`
		} `json:"summary"`
	}
	if err := json.Unmarshal(body, &page); err != nil {
		return unread(r.Status, body, "the list of images is not readable")
	}
	data := bytes.TrimSpace(page.Data)
	if len(data) > 0 && data[0] == '{' {
		var keyed map[string]json.RawMessage
		if err := json.Unmarshal(data, &keyed); err != nil {
			return unread(r.Status, body, "the list of images is not readable")
		}
		for _, hash := range slices.Sorted(maps.Keys(keyed)) {
			image, err := parseImage(keyed[hash], q.Raw)
			if err != nil {
				r.Images = nil
				return unread(r.Status, body, "the list of images is not readable")
			}
			if image.Hash == "" {
				image.Hash = hash
			}
			r.Images = append(r.Images, image)
		}
	} else if len(data) == 0 || string(data) == "null" {
		return unread(r.Status, body, "the answer holds no list of images")
	} else if err := parseList(data, q.Raw, &r.Images); err != nil {
		r.Images = nil
		return unread(r.Status, body, "the list of images is not readable")
	}
	for i := range r.Images {
		r.Images[i].Hash = strings.ToLower(r.Images[i].Hash)
	}
	if page.Summary != nil {
		r.Summed = true
		r.Total = max(0, page.Summary.Total.whole())
	}
	// A cursor stands on the last page, too; the end is where next is missing.
	if page.Paging.Next == "" {
		return nil
	}
	after := page.Paging.Cursors.After
	if after == "" {
		after = cursorOf(page.Paging.Next)
	}
	switch after {
	case "":
		r.Images = nil
		return lost(r.Status, nil, "the list of images goes on and names no cursor")
	case q.After: // Meta's own web client takes this for the end, too
		return nil
	}
	r.After = after
	return nil
}

// parseList reads a list of images, with each one's own JSON if raw.
func parseList(data []byte, raw bool, images *[]Image) error {
	if !raw {
		return json.Unmarshal(data, images)
	}
	var list []json.RawMessage
	if err := json.Unmarshal(data, &list); err != nil {
		return err
	}
	*images = make([]Image, len(list))
	for i, item := range list {
		var err error
		if (*images)[i], err = parseImage(item, raw); err != nil {
			return err
		}
	}
	return nil
}

func parseImage(data json.RawMessage, raw bool) (i Image, err error) {
	err = json.Unmarshal(data, &i)
	if raw {
		i.Raw = data
	}
	return i, err
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
// the source hash for a copy, by "bytes" or the file name for an upload. A lone
// entry is taken whatever its key.
func parseStored(body []byte, key string, r *Reply) *Error {
	var answer struct {
		Images map[string]Image `json:"images"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return unread(r.Status, body, "the answer to the write is not readable")
	}
	for k, image := range answer.Images {
		if len(answer.Images) == 1 || strings.EqualFold(k, key) {
			r.Hash = strings.ToLower(image.Hash)
		}
	}
	if r.Hash == "" {
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
