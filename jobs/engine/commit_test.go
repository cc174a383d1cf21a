package engine

import (
	"reflect"
	"testing"

	"adferry/jobs"
)

// Whatever a change has is in the one that many were made into.
func TestMergeKeepsAll(t *testing.T) {
	t.Parallel()
	for i := range reflect.TypeFor[jobs.Change]().NumField() {
		var c jobs.Change
		f := reflect.ValueOf(&c).Elem().Field(i)
		if f.Kind() == reflect.Pointer {
			f.Set(reflect.New(f.Type().Elem()))
		} else {
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
		}
		got := reflect.ValueOf(merge([]entry{{}, {change: c}, {}})).Field(i)
		if got.IsNil() || got.Kind() == reflect.Slice && got.Len() != 1 {
			t.Errorf("%s is lost", reflect.TypeFor[jobs.Change]().Field(i).Name)
		}
	}
}
