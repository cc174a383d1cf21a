package sandbox

import (
	"slices"
	"strconv"
)

// useColumns tell whether an image is used.
var useColumns = []string{"creatives", "is_associated_creatives_in_adgroups"}

func (q *query) hideUse() {
	q.columns = slices.DeleteFunc(slices.Clone(q.columns), func(c column) bool { return slices.Contains(useColumns, c.name) })
}

// replace has other columns write the fields of their names.
func (q *query) replace(odd []column) {
	q.columns = slices.Clone(q.columns)
	for i, c := range q.columns {
		if at := slices.IndexFunc(odd, func(o column) bool { return o.name == c.name }); at >= 0 {
			q.columns[i] = odd[at]
		}
	}
}

// Fields of a type that is documented nowhere.
var (
	oddUse = []column{
		{"creatives", func(dst []byte, _ view) []byte { return append(dst, `7`...) }},
		{"is_associated_creatives_in_adgroups", func(dst []byte, _ view) []byte { return append(dst, `"perhaps"`...) }},
	}
	oddTypes = func() []column {
		unix := func(at func(*record) uint32) func([]byte, view) []byte {
			return func(dst []byte, v view) []byte { return strconv.AppendUint(dst, uint64(at(v.record)), 10) }
		}
		side := func(of func(*record) int32) func([]byte, view) []byte {
			return func(dst []byte, v view) []byte {
				return append(strconv.AppendInt(append(dst, '"'), int64(of(v.record)), 10), '"')
			}
		}
		width, height := side(func(r *record) int32 { return r.width }), side(func(r *record) int32 { return r.height })
		return []column{
			{"name", func(dst []byte, _ view) []byte { return append(dst, `123`...) }},
			{"status", func(dst []byte, _ view) []byte { return append(dst, `1`...) }},
			{"width", width}, {"original_width", width}, {"height", height}, {"original_height", height},
			{"created_time", unix(func(r *record) uint32 { return r.created })},
			{"updated_time", unix(func(r *record) uint32 { return r.updated })},
			{"creatives", func(dst []byte, v view) []byte {
				if len(v.creatives()) == 0 {
					return nil
				}
				return append(dst, `[123]`...)
			}},
		}
	}()
)
