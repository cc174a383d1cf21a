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

// Row is what is to be remembered of an image, in exported fields.
type Row interface {
	Image() (plan.Account, plan.Hash)
}

// check says what is wrong with a row of an account. A manifest is made of it, so that an image that
// is not the one that was listed must not be named.
func check(a plan.Account, r Row) error {
	account, hash := r.Image()
	if account != a {
		return fmt.Errorf("an image of %s is among those of %s", account.Act(), a.Act())
	}
	if valid, err := plan.ParseHash(string(hash)); err != nil || valid != hash {
		return fmt.Errorf("%q is not an image hash", hash)
	}
	return nil
}

// File is the temporary file. First rows are added, then they are read, as often as
// needed. It has one row a line, in JSON.
type File[R Row] struct {
	file  *os.File
	w     *bufio.Writer
	size  int64
	pages map[plan.Account][]section
	rows  int
}

// section is the part of the file with the rows of one page, in bytes.
type section struct{ offset, size int64 }

// New makes a file, which has to be closed. An error is an *[Error].
func New[R Row]() (*File[R], error) {
	f, err := os.CreateTemp("", "adferry-images-")
	if err != nil {
		return nil, &Error{err}
	}
	// Where an open file may lose its name, a crash leaves nothing behind.
	_ = os.Remove(f.Name())
	return &File[R]{file: f, w: bufio.NewWriterSize(f, 256<<10), pages: map[plan.Account][]section{}}, nil
}

// Add appends the rows of one page of an account. An error is an *[Error], unless a row is not of an
// image of the account with a valid hash.
func (f *File[R]) Add(a plan.Account, page []R) error {
	if len(page) == 0 {
		return nil
	}
	s := section{offset: f.size}
	for _, row := range page {
		if err := check(a, row); err != nil {
			return err
		}
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
func (f *File[R]) Len() int { return f.rows }

// Rows are the rows of the accounts, in their order, those of each as they were added. Errors are
// *[Error].
func (f *File[R]) Rows(accounts ...plan.Account) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		if err := f.w.Flush(); err != nil {
			yield(*new(R), &Error{err})
			return
		}
		for _, a := range accounts {
			for _, s := range f.pages[a] {
				for rows := json.NewDecoder(io.NewSectionReader(f.file, s.offset, s.size)); ; {
					var row R
					err := rows.Decode(&row)
					if err == io.EOF {
						break
					}
					if err == nil {
						err = check(a, row)
					}
					if err != nil {
						yield(*new(R), &Error{fmt.Errorf("read temporary file: %w", err)})
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
func (f *File[R]) Close() {
	_ = f.file.Close()
	_ = os.Remove(f.file.Name())
}
