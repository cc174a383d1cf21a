package sandbox

import (
	"encoding/json"
	"fmt"
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

// imageField is one field of an image. A nil value leaves out the field, as Graph does with empty
// ones.
type imageField struct {
	name  string
	value func(v view) any
}

// imageFields are the fields of
// https://developers.facebook.com/documentation/ads-commerce/marketing-api/reference/ad-image
var imageFields = func() map[string]imageField {
	byName := map[string]imageField{}
	for _, f := range []imageField{
		{"id", func(v view) any { return v.account + ":" + v.hash }},
		{"account_id", func(v view) any { return v.account }},
		{"hash", func(v view) any { return v.hash }},
		{"name", func(v view) any { return filled(v.name) }},
		{"status", func(v view) any { return v.status }},
		{"url", view.url},
		{"url_128", func(v view) any { return thumbnailURL(v.base, v.account, v.hash) }},
		{"url_256", view.url},
		{"permalink_url", func(v view) any { return "https://www.facebook.com/ads/image/?d=" + cursorTo(v.account, v.hash) }},
		{"width", func(v view) any { return v.width }},
		{"height", func(v view) any { return v.height }},
		{"original_width", func(v view) any { return v.width }},
		{"original_height", func(v view) any { return v.height }},
		{"created_time", func(v view) any { return clock(v.created) }},
		{"updated_time", func(v view) any { return clock(v.updated) }},
		{"creatives", func(v view) any { return filled(v.creatives()) }},
		{"is_associated_creatives_in_adgroups", func(v view) any { return v.associated }},
		{"owner_business", func(view) any { return nil }},
	} {
		byName[f.name] = f
	}
	return byName
}()

func (v view) url() any { return imageURL(v.base, v.account, v.hash) }

func clock(unix uint32) string { return time.Unix(int64(unix), 0).UTC().Format(timeLayout) }

// filled is nil for an empty value.
func filled[T ~string | ~[]string](v T) any {
	if len(v) == 0 {
		return nil
	}
	return v
}

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
	separator := ""
	for _, c := range columns {
		if value := c.value(v); value != nil {
			dst = fmt.Appendf(dst, `%s"%s":`, separator, c.name)
			dst = appendValue(dst, value)
			separator = ","
		}
	}
	return append(dst, '}')
}

// appendValue writes what needs no escapes by itself, which most values are.
func appendValue(dst []byte, value any) []byte {
	if s, ok := value.(string); ok && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) {
		return append(append(append(dst, '"'), s...), '"')
	}
	return append(dst, encodeRaw(value)...)
}

// encodeRaw is JSON before its slashes are escaped.
func encodeRaw(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		return []byte("null") // cannot happen with our types
	}
	return text
}
