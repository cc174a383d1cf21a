package sandbox

import (
	"slices"
	"strconv"
)

// useFields tell whether an image is used.
var useFields = []string{"creatives", "is_associated_creatives_in_adgroups"}

func (q *query) hideUse() {
	q.fields = slices.DeleteFunc(slices.Clone(q.fields), func(c imageField) bool { return slices.Contains(useFields, c.name) })
}

// replace writes the fields with these names in another form.
func (q *query) replace(odd []imageField) {
	q.fields = slices.Clone(q.fields)
	for i, c := range q.fields {
		if at := slices.IndexFunc(odd, func(o imageField) bool { return o.name == c.name }); at >= 0 {
			q.fields[i] = odd[at]
		}
	}
}

// Fields with values of undocumented types.
var (
	oddUse = []imageField{
		{"creatives", func(dst []byte, _ view) []byte { return append(dst, `7`...) }},
		{"is_associated_creatives_in_adgroups", func(dst []byte, _ view) []byte { return append(dst, `"perhaps"`...) }},
	}
	oddTypes = func() []imageField {
		unix := func(at func(*storedImage) uint32) func([]byte, view) []byte {
			return func(dst []byte, v view) []byte { return strconv.AppendUint(dst, uint64(at(v.storedImage)), 10) }
		}
		side := func(of func(*storedImage) int32) func([]byte, view) []byte {
			return func(dst []byte, v view) []byte {
				return append(strconv.AppendInt(append(dst, '"'), int64(of(v.storedImage)), 10), '"')
			}
		}
		width, height := side(func(r *storedImage) int32 { return r.width }), side(func(r *storedImage) int32 { return r.height })
		return []imageField{
			{"name", func(dst []byte, _ view) []byte { return append(dst, `123`...) }},
			{"status", func(dst []byte, _ view) []byte { return append(dst, `1`...) }},
			{"width", width}, {"original_width", width}, {"height", height}, {"original_height", height},
			{"created_time", unix(func(r *storedImage) uint32 { return r.created })},
			{"updated_time", unix(func(r *storedImage) uint32 { return r.updated })},
			{"creatives", func(dst []byte, v view) []byte {
				if len(v.creatives()) == 0 {
					return nil
				}
				return append(dst, `[123]`...)
			}},
		}
	}()
)
