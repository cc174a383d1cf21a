package graph

import (
	"encoding/json"
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

// image reads an image. Fields that are not understood stay empty, and so do all of what is no
// object.
func (j *jsonReader) image() (i Image) {
	var use imageUse
	for name := range j.members() {
		switch string(name) {
		case FieldID:
			i.ID = j.lenientText()
		case FieldAccountID:
			i.AccountID = j.lenientText()
		case FieldHash:
			i.Hash = strings.ToLower(j.lenientText())
		case FieldName:
			i.Name = j.lenientText()
		case FieldStatus:
			i.readStatus(j)
		case FieldURL:
			i.URL = j.lenientText()
		case FieldCreated:
			i.Created = j.lenientText()
		case FieldUpdated:
			i.Updated = j.lenientText()
		case FieldPermalink:
			i.Permalink = j.lenientText()
		case FieldThumbnail:
			i.Thumbnail = j.lenientText()
		case FieldWidth:
			i.Width = j.number()
		case FieldHeight:
			i.Height = j.number()
		case FieldServedWidth:
			i.ServedWidth = j.number()
		case FieldServedHeight:
			i.ServedHeight = j.number()
		case FieldCreatives:
			use.creatives = i.readCreatives(j)
		case FieldAssociated:
			use.associated = i.readAssociated(j)
		}
	}
	i.UseKnown = use.known()
	if i.Hash == "" {
		_, hash, _ := strings.Cut(i.ID, ":")
		i.Hash = strings.ToLower(hash)
	}
	if !IsHash(i.Hash) {
		i.Hash = ""
	}
	return i
}

func (i *Image) readStatus(j *jsonReader) {
	i.Status, _ = j.string()
	switch strings.ToUpper(i.Status) {
	case "ACTIVE", "INTERNAL", "DELETED":
		i.StatusUnknown = false
	default:
		i.StatusUnknown = true
	}
}

// told says how an answer has a field.
type told uint8

const (
	notTold told = iota // it is missing or null
	understood
	malformed // it has an unknown form
)

// imageUse is how an answer has the two fields about use.
type imageUse struct{ creatives, associated told }

// known reports whether the use is known. One field is enough, because the API leaves out empty
// ones; but if one has an unknown form, it is not.
func (u imageUse) known() bool {
	return u != imageUse{} && u.creatives != malformed && u.associated != malformed
}

func (i *Image) readCreatives(j *jsonReader) told {
	i.Creatives = nil
	switch j.kind() {
	case '[':
		for range j.elements() {
			i.Creatives = append(i.Creatives, j.lenientText())
		}
		return understood
	case 'n':
		return notTold
	}
	return malformed
}

func (i *Image) readAssociated(j *jsonReader) told {
	if j.kind() == 'n' {
		i.Associated = false
		return notTold
	}
	var ok bool
	if i.Associated, ok = j.bool(); ok {
		return understood
	}
	return malformed
}

// IsHash reports whether the text has the form of an image hash: 32 hex digits
// (undocumented, and so in all answers ever recorded).
func IsHash(s string) bool {
	if len(s) != 32 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'f', 'A' <= c && c <= 'F':
		default:
			return false
		}
	}
	return true
}
