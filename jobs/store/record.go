package store

import (
	"cmp"
	"database/sql"
	"fmt"
)

// record receives the rows of a query and hands out their columns from left to right. It costs
// less than one destination for each column: nothing is converted, and nothing allocated for a
// row but its texts.
type record struct {
	columns []any // of the row that was read last: string, int64 or nil
	into    []any
	next    int
	err     error // the first column that has another type than expected
}

// eachRecord visits the rows of a query as eachRow does, one record for all of them.
func eachRecord(rows *sql.Rows, err error, visit func(*record) error) error {
	r := &record{}
	return eachRow(rows, err, func(scan func(...any) error) error {
		if r.into == nil {
			names, err := rows.Columns()
			if err != nil {
				return err
			}
			r.columns, r.into = make([]any, len(names)), make([]any, len(names))
			for i := range r.columns {
				r.into[i] = &r.columns[i]
			}
		}
		r.next, r.err = 0, nil
		if err := scan(r.into...); err != nil {
			return err
		}
		return cmp.Or(visit(r), r.err)
	})
}

// value is the next column. PostgreSQL has a type for conditions, and the text of rows as bytes.
func (r *record) value() any {
	v := r.columns[r.next]
	r.next++
	switch v := v.(type) {
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	case []byte:
		return string(v)
	}
	return v
}

// text is the next column, "" if it is NULL.
func (r *record) text() string {
	switch v := r.value().(type) {
	case nil:
	case string:
		return v
	default:
		r.fail(v)
	}
	return ""
}

// int is the next column, 0 if it is NULL.
func (r *record) int() int64 {
	switch v := r.value().(type) {
	case nil:
	case int64:
		return v
	default:
		r.fail(v)
	}
	return 0
}

func (r *record) bool() bool { return r.int() != 0 }

func (r *record) fail(v any) {
	if r.err == nil {
		r.err = fmt.Errorf("column %d is %v", r.next, v)
	}
}
