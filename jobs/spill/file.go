package spill

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"

	"adferry/plan"
)

// Error is a temporary file that cannot be written or read back.
type Error struct{ Err error }

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// File is the temporary file. First rows are added, then they are read, as often as
// needed. It has one row a line, in JSON.
type File[Row any] struct {
	file  *os.File
	w     *bufio.Writer
	size  int64
	pages map[plan.Account][]section
	rows  int
}

// section is the part of the file with the rows of one page, in bytes.
type section struct{ offset, size int64 }

// New makes a file, which has to be closed. An error is an *[Error].
func New[Row any]() (*File[Row], error) {
	f, err := os.CreateTemp("", "adferry-images-")
	if err != nil {
		return nil, &Error{err}
	}
	// Where an open file may lose its name, a crash leaves nothing behind.
	_ = os.Remove(f.Name())
	return &File[Row]{file: f, w: bufio.NewWriterSize(f, 256<<10), pages: map[plan.Account][]section{}}, nil
}

// Add appends the rows of one page of an account. An error is an *[Error].
func (f *File[Row]) Add(a plan.Account, page []Row) error {
	if len(page) == 0 {
		return nil
	}
	s := section{offset: f.size}
	for _, row := range page {
		text, err := json.Marshal(row)
		if err == nil {
			_, err = f.w.Write(append(text, '\n'))
		}
		if err != nil {
			return &Error{err}
		}
		s.size += int64(len(text)) + 1
	}
	f.size += s.size
	f.rows += len(page)
	f.pages[a] = append(f.pages[a], s)
	return nil
}

// Len is the number of rows of all accounts.
func (f *File[Row]) Len() int { return f.rows }

// Rows are the rows of the accounts, in their order, those of each as they were added. Errors are
// *[Error].
func (f *File[Row]) Rows(accounts ...plan.Account) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		if err := f.w.Flush(); err != nil {
			yield(*new(Row), &Error{err})
			return
		}
		for _, a := range accounts {
			for _, s := range f.pages[a] {
				for rows := json.NewDecoder(io.NewSectionReader(f.file, s.offset, s.size)); ; {
					var row Row
					err := rows.Decode(&row)
					if err == io.EOF {
						break
					}
					if err != nil {
						yield(row, &Error{fmt.Errorf("read temporary file: %w", err)})
						return
					}
					if !yield(row, nil) {
						return
					}
				}
			}
		}
	}
}

// Close removes the file.
func (f *File[Row]) Close() {
	_ = f.file.Close()
	_ = os.Remove(f.file.Name())
}
