package sandbox

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// timeLayout has a zone offset without a colon, as recorded for other objects.
const timeLayout = "2006-01-02T15:04:05-0700"

// view is the image whose fields are written, and the account that is shown as its own.
type view struct {
	account string
	base    string
	*storedImage
}

// imageField writes one field of an image. A nil result leaves out the field, as Graph does
// with empty ones.
type imageField struct {
	name  string
	value func(dst []byte, v view) []byte
}

// imageFields are the fields of
// https://developers.facebook.com/documentation/ads-commerce/marketing-api/reference/ad-image
var imageFields = func() map[string]imageField {
	link := func(dst []byte, v view) []byte { return appendText(dst, imageURL(v.base, v.account, v.hash)) }
	width := func(dst []byte, v view) []byte { return strconv.AppendInt(dst, int64(v.width), 10) }
	height := func(dst []byte, v view) []byte { return strconv.AppendInt(dst, int64(v.height), 10) }
	all := []imageField{
		{"id", func(dst []byte, v view) []byte { return appendText(dst, v.account+":"+v.hash) }},
		{"account_id", func(dst []byte, v view) []byte { return appendText(dst, v.account) }},
		{"hash", func(dst []byte, v view) []byte { return appendText(dst, v.hash) }},
		{"name", func(dst []byte, v view) []byte { return appendFilled(dst, v.name) }},
		{"status", func(dst []byte, v view) []byte { return appendText(dst, v.status) }},
		{"url", link},
		{"url_128", func(dst []byte, v view) []byte { return appendText(dst, thumbnailURL(v.base, v.account, v.hash)) }},
		{"url_256", link},
		{"permalink_url", func(dst []byte, v view) []byte {
			return appendText(dst, "https://www.facebook.com/ads/image/?d="+cursorTo(v.account, v.hash))
		}},
		{"width", width},
		{"height", height},
		{"original_width", width},
		{"original_height", height},
		{"created_time", func(dst []byte, v view) []byte { return appendTime(dst, v.created) }},
		{"updated_time", func(dst []byte, v view) []byte { return appendTime(dst, v.updated) }},
		{"creatives", func(dst []byte, v view) []byte {
			if len(v.creatives()) == 0 {
				return nil
			}
			return append(dst, encodeRaw(v.creatives())...)
		}},
		{"is_associated_creatives_in_adgroups", func(dst []byte, v view) []byte {
			return strconv.AppendBool(dst, v.associated)
		}},
		{"owner_business", func([]byte, view) []byte { return nil }},
	}
	byName := make(map[string]imageField, len(all))
	for _, c := range all {
		byName[c.name] = c
	}
	return byName
}()

// parseFields parses the fields parameter. id is always added.
func parseFields[C any](known map[string]C, node, fields string, usual []string) ([]C, *failure) {
	names := usual
	if strings.Trim(fields, ", ") != "" {
		names = strings.Split(fields, ",")
	}
	var columns []C
	seen := map[string]bool{}
	for _, name := range append(names[:len(names):len(names)], "id") {
		name = strings.TrimSpace(name)
		name, _, _ = strings.Cut(name, "{") // owner_business{id}
		if name == "" || seen[name] {
			continue
		}
		column, ok := known[name]
		if !ok {
			return nil, invalid("Tried accessing nonexisting field (%s) on node type (%s)", name, node)
		}
		seen[name] = true
		columns = append(columns, column)
	}
	return columns, nil
}

func appendRow(dst []byte, columns []imageField, v view) []byte {
	dst = append(dst, '{')
	empty := true
	for _, c := range columns {
		start := len(dst)
		if !empty {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), c.name...), '"', ':')
		filled := c.value(dst, v)
		if filled == nil {
			dst = dst[:start]
			continue
		}
		dst, empty = filled, false
	}
	return append(dst, '}')
}

func appendText(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return append(dst, encodeRaw(s)...)
		}
	}
	return append(append(append(dst, '"'), s...), '"')
}

func appendFilled(dst []byte, s string) []byte {
	if s == "" {
		return nil
	}
	return appendText(dst, s)
}

func appendTime(dst []byte, unix uint32) []byte {
	dst = append(dst, '"')
	dst = time.Unix(int64(unix), 0).UTC().AppendFormat(dst, timeLayout)
	return append(dst, '"')
}

// encodeRaw is JSON before its slashes are escaped.
func encodeRaw(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		return []byte("null") // cannot happen with our types
	}
	return text
}
