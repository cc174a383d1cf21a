package sandbox

import (
	"fmt"
	"slices"
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
		{"creatives", func(view) any { return 7 }},
		{"is_associated_creatives_in_adgroups", func(view) any { return "perhaps" }},
	}
	oddTypes = []imageField{
		{"name", func(view) any { return 123 }},
		{"status", func(view) any { return 1 }},
		{"width", view.oddWidth}, {"original_width", view.oddWidth},
		{"height", view.oddHeight}, {"original_height", view.oddHeight},
		{"created_time", func(v view) any { return v.created }},
		{"updated_time", func(v view) any { return v.updated }},
		{"creatives", func(v view) any {
			if len(v.creatives()) == 0 {
				return nil
			}
			return []int{123}
		}},
	}
)

func (v view) oddWidth() any  { return fmt.Sprint(v.width) }
func (v view) oddHeight() any { return fmt.Sprint(v.height) }
