package spill

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"os"

	"adferry/plan"
)

// Row is an image, and what is to be remembered of it.
type Row struct {
	Hash plan.Hash // valid: 32 hex digits
	Text string    // any
}

// Error is a temporary file that cannot be written or read back.
type Error struct{ Err error }

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// File is the temporary file. First rows are added, then they are read, as often as
// needed. A row takes its text, 16 bytes for its hash, and the length of the text as a
// varint.
type File struct {
	file  *os.File
	w     *bufio.Writer
	size  int64
	pages map[plan.Account][]section
	rows  int
}

// section is the part of the file with the rows of one page, in bytes.
type section struct{ offset, size int64 }

// New makes a file, which has to be closed. An error is an *[Error].
func New() (*File, error) {
	f, err := os.CreateTemp("", "adferry-images-")
	if err != nil {
		return nil, &Error{err}
	}
	// Where an open file may lose its name, a crash leaves nothing behind.
	_ = os.Remove(f.Name())
	return &File{file: f, w: bufio.NewWriterSize(f, 256<<10), pages: map[plan.Account][]section{}}, nil
}

// Add appends the rows of one page of an account. An error is an *[Error].
func (f *File) Add(a plan.Account, page []Row) error {
	if len(page) == 0 {
		return nil
	}
	s := section{offset: f.size}
	var buf []byte
	for _, row := range page {
		hash, err := hex.DecodeString(string(row.Hash))
		if err != nil || len(hash) != hashSize {
			return fmt.Errorf("%q is not an image hash", row.Hash)
		}
		buf = append(buf[:0], hash...)
		buf = binary.AppendUvarint(buf, uint64(len(row.Text)))
		buf = append(buf, row.Text...)
		if _, err := f.w.Write(buf); err != nil {
			return &Error{err}
		}
		s.size += int64(len(buf))
	}
	f.size += s.size
	f.rows += len(page)
	f.pages[a] = append(f.pages[a], s)
	return nil
}

const hashSize = 16

// Len is the number of rows of all accounts.
func (f *File) Len() int { return f.rows }

// Rows are the rows of an account, in the order in which they were added. Errors are
// *[Error].
func (f *File) Rows(a plan.Account) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		if err := f.w.Flush(); err != nil {
			yield(Row{}, &Error{err})
			return
		}
		r := bufio.NewReaderSize(nil, 64<<10)
		for _, s := range f.pages[a] {
			r.Reset(io.NewSectionReader(f.file, s.offset, s.size))
			for {
				row, err := read(r)
				if err == io.EOF {
					break
				}
				if err != nil {
					yield(Row{}, &Error{err})
					return
				}
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

// read reads a row; io.EOF is the end of its section.
func read(r *bufio.Reader) (Row, error) {
	var hash [hashSize]byte
	if _, err := io.ReadFull(r, hash[:]); err != nil {
		return Row{}, err
	}
	n, err := binary.ReadUvarint(r)
	if err != nil {
		return Row{}, fmt.Errorf("read temporary file: %w", err)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return Row{}, fmt.Errorf("read temporary file: %w", err)
	}
	return Row{plan.Hash(hex.EncodeToString(hash[:])), string(text)}, nil
}

// Close removes the file.
func (f *File) Close() {
	_ = f.file.Close()
	_ = os.Remove(f.file.Name())
}
