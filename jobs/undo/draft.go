package undo

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"adferry/jobs/store"
	"adferry/plan"
)

// The columns of the draft that Lines reads, in the order of [plan.Line].
const (
	verbColumn   = 0
	sourceColumn = 1
	hashColumn   = 2
	noteColumn   = 5
)

// Lines are the rows of the draft, each with its operation, source, hash and note. Errors
// are a *store.DiskError.
func (j Job) Lines() iter.Seq2[plan.Line, error] {
	return func(yield func(plan.Line, error) bool) {
		f, err := os.Open(j.Draft())
		if err != nil {
			yield(plan.Line{}, &store.DiskError{Err: err})
			return
		}
		defer f.Close()
		r := csv.NewReader(f)
		r.ReuseRecord = true
		_, err = r.Read() // the header
		for err == nil {
			var cells []string
			if cells, err = r.Read(); err != nil {
				break
			}
			var line plan.Line
			if line, err = lineOf(cells); err == nil && !yield(line, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(plan.Line{}, &store.DiskError{Err: fmt.Errorf("read %s: %w", j.Draft(), err)})
		}
	}
}

func lineOf(cells []string) (l plan.Line, err error) {
	if len(cells) <= noteColumn {
		return l, fmt.Errorf("a row has %d cells", len(cells))
	}
	if err := l.Verb.UnmarshalText([]byte(cells[verbColumn])); err != nil {
		return l, err
	}
	l.Note = cells[noteColumn]
	if l.Verb == plan.Upload { // from a file
		return l, nil
	}
	if l.Source, err = plan.ParseAccount(cells[sourceColumn]); err != nil {
		return l, err
	}
	l.Hash, err = plan.ParseHash(cells[hashColumn])
	return l, err
}
